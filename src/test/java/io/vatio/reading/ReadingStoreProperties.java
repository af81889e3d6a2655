package io.vatio.reading;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.kernel.Problem;
import io.vatio.platform.db.Database;
import io.vatio.platform.db.StorageException;
import io.vatio.testing.Databases;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.jspecify.annotations.Nullable;

/// Whatever happens to a store, in any order, it answers as a plain sorted map would: late,
/// duplicate and corrected readings, restarts, sealing and merging at any moment, and faults in the
/// middle of them.
class ReadingStoreProperties {
  private static final int SERIES = 3;
  private static final int STEPS = 120;
  private static final ChunkShape SHAPE = new ChunkShape(16, 4);
  private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

  @Property(tries = 6, shrinking = ShrinkingMode.OFF)
  void sqlite_answers_as_a_map_would(@ForAll long seed) {
    live(Databases.SQLITE, seed, false);
  }

  @Property(tries = 6, shrinking = ShrinkingMode.OFF)
  void sqlite_answers_as_a_map_would_after_faults(@ForAll long seed) {
    live(Databases.SQLITE, seed, true);
  }

  @Property(tries = 3, shrinking = ShrinkingMode.OFF)
  void postgresql_answers_as_a_map_would(@ForAll long seed) {
    live(Databases.POSTGRESQL, seed, false);
  }

  @Property(tries = 3, shrinking = ShrinkingMode.OFF)
  void postgresql_answers_as_a_map_would_after_faults(@ForAll long seed) {
    live(Databases.POSTGRESQL, seed, true);
  }

  private static void live(Databases kind, long seed, boolean faults) {
    Path folder = temporaryFolder();
    try (Life life = new Life(kind.newUrl(folder), new Random(seed), faults)) {
      for (int step = 0; step < STEPS; step++) {
        life.step();
        if (step % 5 == 0) {
          life.compare();
        }
      }
      life.reopen();
      life.compareAll();
    } finally {
      delete(folder);
    }
  }

  private static Path temporaryFolder() {
    try {
      return Files.createTempDirectory("vatio-model");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path folder) {
    try (var files = Files.walk(folder)) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// One store beside its model.
  private static final class Life implements AutoCloseable {
    private final String url;
    private final Random random;
    private final boolean faults;
    private final Map<Integer, TreeMap<Long, Reading>> model = new TreeMap<>();
    private final TreeMap<Long, Reading> log = new TreeMap<>();
    private final List<Corrected> corrections = new ArrayList<>();
    private FaultyDatabase database;
    private ReadingStore store;
    private @Nullable ReadingCursor cursor;

    Life(String url, Random random, boolean faults) {
      this.url = url;
      this.random = random;
      this.faults = faults;
      this.database = new FaultyDatabase(Databases.open(url));
      this.store = openStore();
      for (int series = 1; series <= SERIES; series++) {
        model.put(series, new TreeMap<>());
      }
      if (random.nextBoolean()) {
        cursor = store.cursor("follower");
      }
    }

    private ReadingStore openStore() {
      return switch (database.dialect()) {
        case SQLITE ->
            SqliteReadingStore.open(database, new HotLimits(5, 10_000, 20), new ChunkShape(16, 4));
        case POSTGRESQL -> PostgresReadingStore.open(database, new ChunkShape(16, 4));
      };
    }

    void step() {
      switch (random.nextInt(12)) {
        case 0, 1, 2, 3 -> append();
        case 4 -> correct();
        case 5 -> undo();
        case 6, 7 -> withFault(this::seal);
        case 8 -> withFault(this::merge);
        case 9 -> advanceCursor();
        case 10 -> {
          if (random.nextInt(3) == 0) {
            reopen();
          }
        }
        default -> {
          if (random.nextInt(4) == 0) {
            deleteBefore();
          }
        }
      }
    }

    private void append() {
      List<NewReading> rows = new ArrayList<>();
      int n = random.nextInt(25);
      for (int i = 0; i < n; i++) {
        rows.add(
            new NewReading(
                series(),
                time(),
                random.nextInt(5) > 0,
                random.nextBoolean() ? random.nextInt(100) / 10.0 : random.nextGaussian(),
                random.nextInt(4) == 0 ? 1 << random.nextInt(7) : 0,
                random.nextInt(6) == 0 ? "{\"n\":" + random.nextInt(3) + "}" : null,
                0,
                false));
      }
      Appended appended = database.write(handle -> store.append(handle, rows));
      store.committed(appended);
      for (int i = 0; i < n; i++) {
        take(rows.get(i), appended.rows().get(i));
      }
    }

    private void take(NewReading asked, @Nullable Reading stored) {
      TreeMap<Long, Reading> rows = rows(asked.seriesId());
      if (stored == null) {
        assertTrue(asked.timed() && rows.containsKey(asked.ts()), () -> "refused " + asked);
        return;
      }
      assertTrue(asked.timed() ? stored.ts() == asked.ts() : stored.ts() >= asked.ts());
      assertEquals(asked.value(), stored.value());
      assertEquals(null, rows.put(stored.ts(), stored), () -> "stored twice: " + stored);
      log.put(stored.seq(), stored);
    }

    private void correct() {
      int series = series();
      Reading before = random.nextInt(5) == 0 ? null : anyReading(series);
      long ts = before == null ? 77_777_777_777L : before.ts();
      int doubts = random.nextInt(3) == 0 ? Quality.CLOCK.bit() : 0;
      Optional<Corrected> corrected =
          store.correct(new Correction(series, ts, random.nextInt(50), doubts, "r", "a", NOW));
      assertEquals(before != null, corrected.isPresent());
      corrected.ifPresent(
          c -> {
            assertEquals(before == null ? null : before.value(), c.oldValue());
            corrections.add(c);
            replace(series, ts, c.newValue(), c.newQuality());
          });
    }

    private void undo() {
      if (corrections.isEmpty()) {
        return;
      }
      Corrected corrected = corrections.get(random.nextInt(corrections.size()));
      int series = corrected.seriesId();
      boolean later =
          corrections.stream()
              .anyMatch(
                  c ->
                      c.seriesId() == series
                          && c.ts() == corrected.ts()
                          && c.id() > corrected.id());
      try {
        boolean done = store.undo(corrected.id(), "b", NOW).isPresent();
        assertEquals(rows(series).containsKey(corrected.ts()), done);
        assertTrue(!later);
        if (done) {
          replace(series, corrected.ts(), corrected.oldValue(), corrected.oldQuality());
          corrections.remove(corrected);
        }
      } catch (Problem.Conflict _) {
        assertTrue(later);
      }
    }

    private void replace(int series, long ts, double value, int quality) {
      Reading old = rows(series).get(ts);
      Reading fresh =
          new Reading(store.lastSeq(), series, ts, value, quality, old == null ? null : old.meta());
      rows(series).put(ts, fresh);
      log.put(fresh.seq(), fresh);
    }

    private void seal() {
      if (store instanceof SqliteReadingStore sqlite) {
        int times = 1 + random.nextInt(4);
        for (int i = 0; i < times && sqlite.seal(); i++) {
          // Piece by piece.
        }
      } else if (store instanceof PostgresReadingStore postgres) {
        postgres.seal(NOW);
      }
    }

    private void merge() {
      if (store instanceof SqliteReadingStore sqlite) {
        sqlite.merge(NOW);
      } else if (store instanceof PostgresReadingStore postgres) {
        postgres.merge(NOW);
      }
    }

    private void deleteBefore() {
      int series = series();
      long ts = time();
      long day = UtcDay.start(ts);
      int expected = rows(series).headMap(day).size();
      long[] removed = new long[1];
      boolean failed = withFault(() -> removed[0] = store.deleteBefore(series, ts));
      if (failed) {
        // Some are gone; the next call removes the rest.
        store.deleteBefore(series, ts);
      } else {
        assertEquals(expected, removed[0]);
      }
      rows(series).headMap(day).values().forEach(gone -> log.remove(gone.seq()));
      rows(series).headMap(day).clear();
    }

    private void advanceCursor() {
      ReadingCursor moved = cursor;
      if (moved != null && store.lastSeq() > moved.seq()) {
        long to = moved.seq() + 1 + random.nextLong(store.lastSeq() - moved.seq());
        database.write(
            handle -> {
              moved.advance(handle, to);
              return true;
            });
        moved.advanced(to);
      }
    }

    /// Does it, perhaps with a fault on the way; after one the process starts again.
    private boolean withFault(Runnable work) {
      if (!faults || random.nextBoolean()) {
        work.run();
        return false;
      }
      FaultyDatabase.Fault[] kinds = FaultyDatabase.Fault.values();
      database.failAt(1 + random.nextInt(6), kinds[random.nextInt(kinds.length)]);
      try {
        work.run();
        return false;
      } catch (StorageException _) {
        reopen();
        return true;
      } finally {
        database.work();
      }
    }

    void reopen() {
      store.close();
      database.close();
      database = new FaultyDatabase(Databases.open(url));
      store = openStore();
      if (cursor != null) {
        long before = cursor.seq();
        cursor = store.cursor("follower");
        assertEquals(before, cursor.seq());
      }
    }

    void compareAll() {
      for (int i = 0; i < 30; i++) {
        compare();
      }
    }

    void compare() {
      for (int series = 1; series <= SERIES; series++) {
        TreeMap<Long, Reading> rows = rows(series);
        assertEquals(List.copyOf(rows.values()), scan(series, Long.MIN_VALUE, Long.MAX_VALUE));
        long a = time();
        long b = time();
        long from = Math.min(a, b);
        long to = Math.max(a, b);
        List<Reading> range = List.copyOf(rows.subMap(from, to).values());
        assertEquals(range, scan(series, from, to));
        int limit = 1 + random.nextInt(30);
        List<Reading> newest = range.reversed().stream().limit(limit).toList();
        assertEquals(newest, store.newest(series, from, to, limit));
        assertEquals(range.size(), store.count(series, from, to));
        assertEquals(rows.size(), store.count(series, Long.MIN_VALUE, Long.MAX_VALUE));
        assertEquals(Optional.ofNullable(rows.get(from)), store.find(series, from));
        assertEquals(
            Optional.ofNullable(rows.lowerEntry(to)).map(Map.Entry::getValue),
            store.before(series, to));
        assertEquals(
            rows.isEmpty() ? OptionalLong.empty() : OptionalLong.of(rows.firstKey()),
            store.firstTs(series));
        assertEquals(
            rows.descendingMap().values().stream()
                .filter(r -> (r.quality() & Quality.CLOCK.bit()) == 0)
                .findFirst(),
            store.latest(series));
      }
      compareSequence();
      if (store instanceof SqliteReadingStore) {
        checkChunks();
      }
    }

    /// The chunks of a series do not overlap, lie within a day each and are not too large.
    private void checkChunks() {
      for (int series = 1; series <= SERIES; series++) {
        int id = series;
        List<ChunkHeader> chunks =
            database.read(
                handle ->
                    handle
                        .createQuery(
                            "SELECT id, from_ts, to_ts, count FROM reading_chunk"
                                + " WHERE series_id = ? ORDER BY from_ts")
                        .bind(0, id)
                        .map(
                            (row, _) ->
                                new ChunkHeader(
                                    row.getLong(1), row.getLong(2), row.getLong(3), row.getInt(4)))
                        .list());
        long last = Long.MIN_VALUE;
        for (ChunkHeader chunk : chunks) {
          assertTrue(chunk.fromTs() > last, () -> "overlap at " + chunk);
          assertEquals(UtcDay.of(chunk.fromTs()), UtcDay.of(chunk.toTs()));
          assertTrue(chunk.count() >= 1 && chunk.count() <= SHAPE.most());
          last = chunk.toTs();
        }
      }
    }

    private void compareSequence() {
      ReadingCursor follower = cursor;
      if (follower != null) {
        assertTrue(store.heldSince() <= follower.seq());
      }
      long from = store.heldSince();
      List<Reading> after = store.after(from, Integer.MAX_VALUE);
      assertEquals(
          after.stream().map(Reading::seq).distinct().sorted().toList(),
          after.stream().map(Reading::seq).toList());
      List<Reading> current = new ArrayList<>();
      model.values().forEach(rows -> current.addAll(rows.values()));
      current.removeIf(reading -> reading.seq() <= from);
      assertTrue(after.containsAll(current), "everything newer is there");
      assertTrue(log.values().containsAll(after), "and nothing that never was");
    }

    private List<Reading> scan(int series, long from, long to) {
      List<Reading> result = new ArrayList<>();
      store.scan(series, from, to, result::add);
      return result;
    }

    private @Nullable Reading anyReading(int series) {
      List<Reading> rows = List.copyOf(rows(series).values());
      return rows.isEmpty() ? null : rows.get(random.nextInt(rows.size()));
    }

    private TreeMap<Long, Reading> rows(int series) {
      return model.computeIfAbsent(series, _ -> new TreeMap<>());
    }

    private int series() {
      return 1 + random.nextInt(SERIES);
    }

    /// Few enough moments that they meet, over some days on both sides of 1970, or of the end of a
    /// month where months are what is sealed.
    private long time() {
      long middle =
          database.dialect() == Database.Dialect.POSTGRESQL
              ? PostgresPartitions.start(YearMonth.of(2020, 3))
              : 0;
      return middle + (random.nextInt(6) - 3) * UtcDay.MICROS + random.nextInt(40) * 1_000_000L;
    }

    @Override
    public void close() {
      store.close();
      database.close();
    }
  }
}
