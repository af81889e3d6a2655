package io.vatio.reading;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.kernel.Micros;
import io.vatio.platform.db.Database;
import io.vatio.testing.Databases;
import io.vatio.testing.TestPostgres;
import java.time.Instant;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// How readings lie in PostgreSQL.
class PostgresPartitionsTest {
  private Database database;

  @BeforeEach
  void open() {
    database = Databases.open(TestPostgres.newDatabase());
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void a_month_gets_its_partition_with_its_first_reading() {
    ReadingStore store = PostgresReadingStore.open(database);

    append(store, at("2020-01-31T23:59:59.999999Z"), at("2020-02-01T00:00:00Z"));
    append(store, at("2020-02-01T00:00:01Z"), at("1969-12-31T00:00:00Z"));

    assertEquals(1, rows("reading_2020_01"));
    assertEquals(2, rows("reading_2020_02"));
    assertEquals(1, rows("reading_before"));
    assertEquals(4, store.count(1, Long.MIN_VALUE, Long.MAX_VALUE));
  }

  @Test
  void no_clock_makes_partitions_without_end() {
    ReadingStore store = PostgresReadingStore.open(database);
    Random random = new Random(7);
    List<NewReading> rows = new ArrayList<>();
    for (int i = 0; i < 2_000; i++) {
      rows.add(reading(1, random.nextLong()));
      rows.add(reading(1, at("2300-01-01T00:00:00Z") + i * 2_592_000_000_000L));
    }

    append(store, rows);

    assertEquals(2, partitions());
    assertEquals(4_000, store.count(1, Long.MIN_VALUE, Long.MAX_VALUE));
    assertTrue(rows("reading_before") + rows("reading_after") == 4_000);
  }

  @Test
  void a_transaction_that_failed_leaves_no_partition_and_no_memory_of_one() {
    ReadingStore store = PostgresReadingStore.open(database);
    List<NewReading> rows = List.of(reading(1, at("2021-06-01T00:00:00Z")));
    try {
      database.write(
          handle -> {
            store.append(handle, rows);
            throw new IllegalStateException("the rest failed");
          });
    } catch (IllegalStateException _) {
      store.abandoned();
    }

    append(store, rows);

    assertEquals(1, rows("reading_2021_06"));
  }

  @Test
  void what_waits_for_its_month_moves_there_when_the_month_comes_near() {
    PostgresPartitions partitions = loaded();
    partitions.rollForward(database, Instant.parse("2026-11-21T00:00:00Z"), () -> {});
    ReadingStore store = PostgresReadingStore.open(database);
    append(store, at("2099-03-05T00:00:00Z"), at("2099-05-05T00:00:00Z"));
    assertEquals(2, rows("reading_after"));

    partitions = loaded();
    partitions.rollForward(database, Instant.parse("2099-02-27T00:00:00Z"), () -> {});
    partitions.rollForward(database, Instant.parse("2099-02-28T00:00:00Z"), () -> {});

    assertEquals(1, rows("reading_2099_03"));
    assertEquals(1, rows("reading_after"));
    assertTrue(partitions.months().contains(YearMonth.of(2099, 3)));
    assertEquals(2, store.count(1, Long.MIN_VALUE, Long.MAX_VALUE));
  }

  @Test
  void the_newest_reading_is_found_without_a_look_at_old_months() {
    ReadingStore store = PostgresReadingStore.open(database);
    List<NewReading> rows = new ArrayList<>();
    for (YearMonth m = YearMonth.of(2021, 1);
        m.isBefore(YearMonth.of(2024, 1));
        m = m.plusMonths(1)) {
      for (int series = 1; series <= 20; series++) {
        rows.add(reading(series, PostgresPartitions.start(m) + series));
      }
    }
    append(store, rows);

    List<String> plan =
        database.read(
            handle ->
                handle
                    .createQuery(
                        "EXPLAIN (ANALYZE, TIMING OFF, COSTS OFF, SUMMARY OFF) "
                            + PostgresRows.LATEST.replace("?", "7"))
                    .mapTo(String.class)
                    .list());
    long looked =
        plan.stream().filter(line -> line.contains("Scan") && line.contains("actual")).count();

    assertTrue(looked <= 3, String.join("\n", plan));
    assertEquals(
        PostgresPartitions.start(YearMonth.of(2023, 12)) + 7, store.latest(7).orElseThrow().ts());
  }

  @Test
  void readings_of_version_1_move_into_partitions_and_go_on_after_a_kill() {
    int n = 50_000;
    // What a kill leaves: the first steps committed, the rest not.
    database.write(
        handle -> {
          handle.execute(
              """
              CREATE TABLE reading_v1 (
                series_id BIGINT NOT NULL, ts BIGINT NOT NULL, seq BIGINT NOT NULL,
                value DOUBLE PRECISION NOT NULL, quality BIGINT NOT NULL, meta TEXT,
                delivery BIGINT, PRIMARY KEY (series_id, ts));
              CREATE INDEX reading_v1_seq ON reading_v1 (seq);
              """);
          handle.execute(
              """
              INSERT INTO reading_v1
              SELECT i % 10, 1700000000000000 + i * 600000000::bigint, i, i, i % 2,
                     CASE WHEN i % 100 = 0 THEN '{"n":1}' END, CASE WHEN i = 50000 THEN 77 END
                FROM generate_series(1, 50000) i
              """);
          handle.execute("ALTER SEQUENCE reading_number RESTART WITH " + (n + 1));
          return true;
        });
    PostgresPartitions partitions = loaded();
    partitions.rollForward(database, Instant.parse("2026-11-21T00:00:00Z"), () -> {});
    database.write(partitions::moveSlice);

    ReadingStore store = PostgresReadingStore.open(database);

    long stored = 0;
    for (int series = 0; series < 10; series++) {
      stored += store.count(series, Long.MIN_VALUE, Long.MAX_VALUE);
    }
    assertEquals(n, stored);
    assertEquals(n, store.lastSeq());
    Reading hundredth = store.after(99, 1).getFirst();
    assertEquals(
        new Reading(100, 0, 1700000000000000L + 100 * 600000000L, 100, 0, "{\"n\":1}"), hundredth);
    assertFalse(hasV1());
    // The newest message is still known by its fingerprint.
    Appended again =
        database.write(
            handle ->
                store.append(
                    handle,
                    List.of(new NewReading(0, 1, false, 1, 0, null, 77, true), reading(0, 5))));
    store.committed(again);
    assertEquals(1, again.stored());
    assertTrue(again.rows().get(1).seq() > n);
  }

  @Test
  void a_restored_heap_of_readings_is_sorted_at_the_start() {
    // A restore fills the table before any month has a partition.
    database.write(
        handle -> {
          handle.execute("ALTER SEQUENCE reading_number RESTART WITH 50001");
          return handle.execute(
              """
                INSERT INTO reading (series_id, ts, seq, value, quality)
                SELECT i % 10, 1700000000000000 + i * 60000000::bigint, i, i, 0
                  FROM generate_series(1, 50000) i
                """);
        });

    ReadingStore store = PostgresReadingStore.open(database);
    append(store, at("2023-12-01T00:00:00.000001Z"));

    assertEquals(0, rows("reading_after"));
    assertTrue(rows("reading_2023_12") > 20_000);
    assertEquals(50_001, rows("reading"));
    assertTrue(store.lastSeq() > 50_000);
  }

  private PostgresPartitions loaded() {
    PostgresPartitions partitions = new PostgresPartitions();
    database.read(
        handle -> {
          partitions.load(handle);
          return true;
        });
    return partitions;
  }

  private boolean hasV1() {
    return database.read(
        h ->
            h.createQuery("SELECT to_regclass('reading_v1') IS NOT NULL")
                .mapTo(boolean.class)
                .one());
  }

  private long rows(String table) {
    return database.read(
        h -> h.createQuery("SELECT count(*) FROM " + table).mapTo(Long.class).one());
  }

  private long partitions() {
    return database.read(
        h ->
            h.createQuery("SELECT count(*) FROM pg_inherits WHERE inhparent = 'reading'::regclass")
                .mapTo(Long.class)
                .one());
  }

  private void append(ReadingStore store, long... times) {
    List<NewReading> rows = new ArrayList<>();
    for (long ts : times) {
      rows.add(reading(1, ts));
    }
    append(store, rows);
  }

  private void append(ReadingStore store, List<NewReading> rows) {
    store.committed(database.write(handle -> store.append(handle, rows)));
  }

  private static NewReading reading(int series, long ts) {
    return new NewReading(series, ts, true, 1, 0, null, 0, false);
  }

  private static long at(String iso) {
    return Micros.of(Instant.parse(iso));
  }
}
