package io.vatio.reading;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.kernel.Problem;
import io.vatio.platform.db.Database;
import io.vatio.testing.Databases;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The order in which readings and corrections are committed, and who follows it; on both real
/// databases.
class ReadingSequenceTest {
  private static final long ALWAYS = Long.MAX_VALUE;
  private static final long DAY = 86_400_000_000L;
  private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

  @TempDir Path folder;
  private String url;
  private Database database;
  private ReadingStore store;

  @AfterEach
  void close() {
    if (database != null) {
      store.close();
      database.close();
    }
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void gives_everything_after_a_seq_also_after_a_restart(Databases kind) {
    open(kind);
    append(reading(1, 100, 1), reading(2, 50, 2), reading(1, 90, 3));
    reopen();
    append(reading(1, 80, 4));

    List<Reading> all = store.after(0, 100);

    assertEquals(4, all.size());
    assertEquals(4.0, all.getLast().value());
    assertEquals(all.subList(1, 3), store.after(all.getFirst().seq(), 2));
    assertEquals(List.of(), store.after(store.lastSeq(), 10));
    assertEquals(0, store.heldSince());
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void a_cursor_moves_with_the_transaction_of_its_reader(Databases kind) {
    open(kind);
    append(reading(1, 100, 1));
    ReadingCursor cursor = store.cursor("sums");
    assertEquals(0, cursor.seq());

    assertThrows(
        IllegalStateException.class,
        () ->
            database.write(
                handle -> {
                  cursor.advance(handle, 1);
                  throw new IllegalStateException("the rest failed");
                }));
    reopen();
    assertEquals(0, store.cursor("sums").seq());

    ReadingCursor again = store.cursor("sums");
    database.write(
        handle -> {
          again.advance(handle, 1);
          return true;
        });
    again.advanced(1);
    assertEquals(1, again.seq());
    reopen();
    assertEquals(1, store.cursor("sums").seq());
    assertEquals(0, store.cursor("others").seq());
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void finds_a_reading_by_its_time_and_the_one_before(Databases kind) {
    open(kind);
    append(reading(1, 100, 1), reading(1, 200, 2), reading(2, 150, 3));

    assertEquals(2.0, store.find(1, 200).orElseThrow().value());
    assertTrue(store.find(1, 150).isEmpty());
    assertEquals(1.0, store.before(1, 200).orElseThrow().value());
    assertEquals(2.0, store.before(1, 201).orElseThrow().value());
    assertTrue(store.before(1, 100).isEmpty());
    assertEquals(2, store.count(1, 0, ALWAYS));
    assertEquals(1, store.count(1, 101, 201));
    assertEquals(OptionalLong.of(100), store.firstTs(1));
    assertEquals(OptionalLong.empty(), store.firstTs(3));
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void a_correction_is_a_new_step_and_keeps_the_old_value(Databases kind) {
    open(kind);
    append(
        new NewReading(1, 100, true, 999, Quality.OUT_OF_RANGE.bit(), "{\"n\":1}", 0, false),
        reading(1, 90, 1));
    long before = store.lastSeq();

    Corrected corrected =
        store.correct(new Correction(1, 100, 9.99, 0, "decimal point", "ana", NOW)).orElseThrow();

    Reading now = store.find(1, 100).orElseThrow();
    assertEquals(9.99, now.value());
    assertEquals(Quality.CORRECTED.bit(), now.quality());
    assertEquals("{\"n\":1}", now.meta());
    assertEquals(List.of(now), store.after(before, 10));
    assertEquals(now, store.latest(1).orElseThrow());
    assertEquals(2, store.count(1, 0, ALWAYS));
    assertEquals(999, corrected.oldValue());
    assertEquals("ana", corrected.author());
    reopen();
    assertEquals(now, store.find(1, 100).orElseThrow());
    assertEquals(List.of(corrected), store.corrections(1, 0, ALWAYS, 10));
    assertEquals(List.of(), store.corrections(1, 0, 100, 10));
    // The device sends the wrong value once more: it is there already.
    assertEquals(0, append(reading(1, 100, 999)).stored());
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void a_correction_can_be_taken_back_the_newest_first(Databases kind) {
    open(kind);
    append(new NewReading(1, 100, true, 999, Quality.STUCK.bit(), null, 0, false));
    long before = store.lastSeq();
    Corrected first = store.correct(new Correction(1, 100, 5, 0, "why", "ana", NOW)).orElseThrow();
    Corrected second = store.correct(new Correction(1, 100, 6, 0, "why", "ana", NOW)).orElseThrow();

    assertThrows(Problem.Conflict.class, () -> store.undo(first.id(), "eva", NOW));
    Corrected undone = store.undo(second.id(), "eva", NOW).orElseThrow();
    assertEquals(5.0, store.find(1, 100).orElseThrow().value());
    assertEquals("eva", undone.undoneBy());
    assertThrows(Problem.Conflict.class, () -> store.undo(second.id(), "eva", NOW));
    store.undo(first.id(), "eva", NOW);

    Reading back = store.find(1, 100).orElseThrow();
    assertEquals(999, back.value());
    assertEquals(Quality.STUCK.bit(), back.quality());
    assertEquals(back, store.after(before + 3, 10).getFirst());
    assertTrue(store.undo(12_345, "eva", NOW).isEmpty());
    assertTrue(
        store.correct(new Correction(1, 101, 6, 0, "why", "ana", NOW)).isEmpty(),
        "no such reading");
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void the_latest_follows_when_a_correction_says_that_its_clock_was_wrong(Databases kind) {
    open(kind);
    append(reading(1, 100, 1), reading(1, 200, 2));

    Correction doubt = new Correction(1, 200, 2, Quality.CLOCK.bit(), "clock", "ana", NOW);
    Corrected corrected = store.correct(doubt).orElseThrow();
    assertEquals(1.0, store.latest(1).orElseThrow().value());
    store.undo(corrected.id(), "ana", NOW);

    assertEquals(2.0, store.latest(1).orElseThrow().value());
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void deletes_whole_days_of_a_series(Databases kind) {
    open(kind);
    append(reading(1, DAY - 1, 1), reading(1, DAY, 2), reading(1, 2 * DAY, 3), reading(2, 5, 4));

    assertEquals(1, store.deleteBefore(1, 2 * DAY - 1));
    reopen();

    List<Reading> left = new ArrayList<>();
    store.scan(1, Long.MIN_VALUE, ALWAYS, left::add);
    assertEquals(List.of(2.0, 3.0), left.stream().map(Reading::value).toList());
    assertEquals(1, store.count(2, 0, ALWAYS));
    assertEquals(0, store.deleteBefore(1, DAY));
    assertEquals(2, store.deleteBefore(1, ALWAYS));
    assertTrue(store.latest(1).isEmpty());
    long before = store.lastSeq();
    reopen();
    append(reading(1, 7, 7));
    assertTrue(store.lastSeq() > before);
  }

  private void open(Databases kind) {
    url = kind.newUrl(folder);
    database = Databases.open(url);
    store = ReadingStore.open(database);
  }

  private void reopen() {
    store.close();
    database.close();
    database = Databases.open(url);
    store = ReadingStore.open(database);
  }

  private Appended append(NewReading... rows) {
    Appended appended = database.write(handle -> store.append(handle, List.of(rows)));
    store.committed(appended);
    return appended;
  }

  private static NewReading reading(int series, long ts, double value) {
    return new NewReading(series, ts, true, value, 0, null, 0, false);
  }
}
