package io.vatio.reading;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.platform.db.Database;
import io.vatio.testing.Databases;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// How hot readings become chunks, and what a damaged chunk does to others.
class SealingTest {
  private static final Instant LATER = Instant.parse("1970-01-05T12:00:00Z");
  private static final HotLimits NONE_HOT = new HotLimits(0, 1_000, 10_000);

  @TempDir Path folder;
  private Database database;
  private SqliteReadingStore store;

  @BeforeEach
  void open() {
    database = Databases.open(Databases.SQLITE.newUrl(folder));
    store = SqliteReadingStore.open(database, NONE_HOT, new ChunkShape(100, 10));
  }

  @AfterEach
  void close() {
    store.close();
    database.close();
  }

  @Test
  void small_chunks_grow_and_large_ones_are_left_alone() {
    appendAndSeal(0, 4);
    appendAndSeal(4, 8);
    assertEquals(List.of(8), counts());
    appendAndSeal(8, 30);
    assertEquals(List.of(30), counts());
    appendAndSeal(30, 33);
    assertEquals(List.of(30, 3), counts());
    appendAndSeal(33, 400);

    assertEquals(List.of(30, 92, 93, 92, 93), counts());
    assertEquals(400, scan().size());
  }

  @Test
  void a_late_reading_is_folded_into_the_chunk_it_falls_in() {
    appendAndSeal(0, 30);
    long untouched = ids().getFirst();
    appendAndSeal(40, 70);

    append(reading(55_500_000, 5), reading(35_000_000, 5));
    store.seal();

    assertEquals(62, scan().size());
    assertEquals(untouched, ids().getFirst());
    assertEquals(List.of(30, 32), counts());
  }

  @Test
  void finished_days_are_merged_once() {
    for (int i = 0; i < 10; i++) {
      appendAndSeal(i * 15, i * 15 + 15);
    }
    List<Reading> before = scan();
    assertEquals(10, counts().size());

    store.merge(Instant.parse("1970-01-02T02:59:59Z"));
    assertEquals(10, counts().size(), "late data may still come");
    store.merge(Instant.parse("1970-01-02T03:00:00Z"));
    assertEquals(List.of(75, 75), counts());
    List<Long> merged = ids();
    store.merge(LATER);

    assertEquals(merged, ids());
    assertEquals(before, scan());
  }

  @Test
  void a_damaged_chunk_hides_only_its_own_readings() {
    appendAndSeal(0, 30);
    appendAndSeal(40, 70);
    appendAndSeal(80, 110);
    damage(ids().get(1));

    assertEquals(60, scan().size());
    assertEquals(1, store.damagedChunks());
    assertEquals(30, store.newest(1, 0, 80_000_000, 100).size());
    assertTrue(store.find(1, 50_000_000).isEmpty());
    assertEquals(0, append(reading(1_000_000, 1)).stored());

    // The device sends it once more: now it is there again.
    assertEquals(1, append(reading(50_000_000, 5)).stored());
    store.seal();
    assertEquals(61, scan().size());
    store.merge(LATER);
    assertEquals(61, scan().size());
    assertEquals(List.of(61), counts());
    assertEquals(1, count("SELECT count(*) FROM reading_chunk WHERE series_id = -1"));
  }

  @Test
  void the_newest_readings_need_only_the_last_chunk() {
    appendAndSeal(0, 30);
    appendAndSeal(40, 70);
    damage(ids().getFirst());

    assertEquals(30, store.newest(1, Long.MIN_VALUE, Long.MAX_VALUE, 30).size());
    assertEquals(69.0, store.latest(1).orElseThrow().value());
    assertEquals(60, store.count(1, 0, Long.MAX_VALUE));
    assertEquals(0, store.damagedChunks(), "the other was not even looked at");
  }

  @Test
  void what_a_cursor_has_not_passed_stays_hot_until_the_store_is_full() {
    ReadingCursor cursor = store.cursor("slow");
    appendAndSeal(0, 1_000);
    assertEquals(1_000, store.after(0, 5_000).size());
    assertTrue(store.fullness() <= 1);
    append(reading(-1, 1));
    assertTrue(store.fullness() > 1);

    database.write(
        handle -> {
          cursor.advance(handle, 600);
          return true;
        });
    cursor.advanced(600);
    store.seal();

    assertTrue(store.fullness() <= 1);
    assertEquals(600, store.heldSince());
    assertEquals(401, store.after(600, 5_000).size());
    assertEquals(401, count("SELECT count(*) FROM reading_hot"));
  }

  @Test
  void seals_by_itself_every_so_often() throws InterruptedException {
    append(reading(0, 1), reading(1, 2));
    store.start(Clock.systemUTC(), new ReadingSettings(Duration.ofMillis(5)));

    long patience = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (store.heldSince() < 2 && System.nanoTime() < patience) {
      Thread.onSpinWait();
    }

    assertEquals(2, store.heldSince());
    assertEquals(2, scan().size());
  }

  /// One reading a second, its value the second.
  private void appendAndSeal(int from, int to) {
    append(
        LongStream.range(from, to)
            .mapToObj(i -> reading(i * 1_000_000, i))
            .toArray(NewReading[]::new));
    store.seal();
  }

  private Appended append(NewReading... rows) {
    Appended appended = database.write(handle -> store.append(handle, List.of(rows)));
    store.committed(appended);
    return appended;
  }

  private static NewReading reading(long ts, double value) {
    return new NewReading(1, ts, true, value, 0, null, 0, false);
  }

  private List<Reading> scan() {
    List<Reading> all = new ArrayList<>();
    store.scan(1, Long.MIN_VALUE, Long.MAX_VALUE, all::add);
    return all;
  }

  private List<Long> ids() {
    return column("id").stream().toList();
  }

  private List<Integer> counts() {
    return column("count").stream().map(Long::intValue).toList();
  }

  private List<Long> column(String name) {
    return database.read(
        handle ->
            handle
                .createQuery(
                    "SELECT " + name + " FROM reading_chunk WHERE series_id = 1 ORDER BY from_ts")
                .mapTo(Long.class)
                .list());
  }

  private long count(String sql) {
    return database.read(handle -> handle.createQuery(sql).mapTo(Long.class).one());
  }

  private void damage(long id) {
    database.write(
        handle -> {
          byte[] data =
              handle
                  .createQuery("SELECT data FROM reading_chunk WHERE id = ?")
                  .bind(0, id)
                  .mapTo(byte[].class)
                  .one();
          data[data.length / 2] ^= 0x10;
          return handle.execute("UPDATE reading_chunk SET data = ? WHERE id = ?", data, id);
        });
  }
}
