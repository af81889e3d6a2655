package io.vatio.reading;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.kernel.Micros;
import io.vatio.platform.db.Database;
import io.vatio.testing.Databases;
import io.vatio.testing.TestPostgres;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Months that are over become chunks in PostgreSQL.
class PostgresSealingTest {
  private static final Instant LATER = Instant.parse("2020-04-10T00:00:00Z");
  private static final int SERIES = 4;

  private Database database;
  private PostgresReadingStore store;
  private final Random random = new Random(3);

  @BeforeEach
  void open() {
    database = Databases.open(TestPostgres.newDatabase());
    store = PostgresReadingStore.open(database);
  }

  @AfterEach
  void close() {
    store.close();
    database.close();
  }

  @Test
  void a_month_that_is_over_answers_the_same_from_few_bytes_a_reading() {
    List<NewReading> rows = month("2020-03-01T00:00:00Z", 31 * 1_440);
    append(rows);
    List<List<Reading>> before = everything();
    long last = store.lastSeq();

    store.seal(LATER);
    while (store.merge(LATER)) {
      // Some days at a time.
    }

    assertEquals(0, rowsLeft());
    assertEquals(before, everything());
    store = PostgresReadingStore.open(database);
    assertEquals(before, everything());
    assertEquals(last, store.lastSeq());
    assertEquals(last, store.heldSince());
    double bytes = number("SELECT pg_total_relation_size('reading_chunk')") / (double) rows.size();
    assertTrue(bytes <= 6, bytes + " bytes a reading");
  }

  @Test
  void a_late_reading_of_a_sealed_month_is_known_or_added_and_sealed_in_its_turn() {
    List<NewReading> rows = month("2020-03-01T00:00:00Z", 2_000);
    append(rows);
    store.seal(LATER);
    long first = rows.getFirst().ts();

    Appended again = append(List.of(rows.getFirst(), timed(1, first + 1, 7)));

    assertNull(again.rows().get(0));
    assertEquals(1, again.stored());
    assertEquals(1, rowsLeft());
    assertEquals(2_001, store.count(1, Long.MIN_VALUE, Long.MAX_VALUE));
    store.seal(LATER);
    assertEquals(0, rowsLeft());
    assertEquals(2_001, store.count(1, Long.MIN_VALUE, Long.MAX_VALUE));
    assertEquals(7, store.find(1, first + 1).orElseThrow().value());
    assertEquals(
        List.of(first, first + 1),
        store.newest(1, first, first + 2, 9).reversed().stream().map(Reading::ts).toList());
  }

  @Test
  void a_correction_of_a_sealed_reading_counts_before_and_after_it_is_sealed() {
    List<NewReading> rows = month("2020-03-01T00:00:00Z", 500);
    append(rows);
    store.seal(LATER);
    long ts = rows.getFirst().ts();

    store.correct(new Correction(1, ts, 55, 0, "r", "a", LATER));

    assertEquals(55, store.find(1, ts).orElseThrow().value());
    assertEquals(500, store.count(1, Long.MIN_VALUE, Long.MAX_VALUE));
    assertEquals(
        List.of(55.0), store.after(store.lastSeq() - 1, 10).stream().map(Reading::value).toList());
    store.seal(LATER);
    assertEquals(0, rowsLeft());
    assertEquals(55, store.find(1, ts).orElseThrow().value());
  }

  @Test
  void a_month_stays_while_it_goes_on_or_somebody_has_not_passed_it() {
    append(month("2020-03-01T00:00:00Z", 100));
    ReadingCursor cursor = store.cursor("follower");

    store.seal(Instant.parse("2020-04-02T00:00:00Z"));
    assertEquals(100 * SERIES, rowsLeft());
    store.seal(LATER);
    assertEquals(100 * SERIES, rowsLeft());
    long to = store.lastSeq();
    database.write(
        handle -> {
          cursor.advance(handle, to);
          return true;
        });
    cursor.advanced(to);
    store.seal(LATER);

    assertEquals(0, rowsLeft());
    assertEquals(to, store.heldSince());
  }

  @Test
  void sealing_that_broke_off_harms_nothing_and_goes_on() {
    append(month("2020-03-01T00:00:00Z", 3 * 1_440));
    List<List<Reading>> before = everything();
    FaultyDatabase faulty = new FaultyDatabase(database);
    for (FaultyDatabase.Fault fault : FaultyDatabase.Fault.values()) {
      for (int write = 1; write < 8; write++) {
        store = PostgresReadingStore.open(faulty);
        faulty.failAt(write, fault);
        try {
          store.seal(LATER);
        } catch (io.vatio.platform.db.StorageException _) {
          // As planned.
        }
        faulty.work();
        assertEquals(before, everything());
      }
    }

    store = PostgresReadingStore.open(database);
    store.seal(LATER);
    assertEquals(0, rowsLeft());
    assertEquals(before, everything());
  }

  private List<List<Reading>> everything() {
    List<List<Reading>> all = new ArrayList<>();
    for (int series = 1; series <= SERIES; series++) {
      List<Reading> rows = new ArrayList<>();
      store.scan(series, Long.MIN_VALUE, Long.MAX_VALUE, rows::add);
      all.add(rows);
      all.add(store.newest(series, Long.MIN_VALUE, Long.MAX_VALUE, 100));
      all.add(store.latest(series).stream().toList());
      assertEquals(rows.size(), store.count(series, Long.MIN_VALUE, Long.MAX_VALUE));
      assertEquals(rows.getFirst().ts(), store.firstTs(series).orElseThrow());
    }
    return all;
  }

  /// One reading a minute and series, a millisecond early or late, with noise in the second
  /// decimal.
  private List<NewReading> month(String start, int minutes) {
    List<NewReading> rows = new ArrayList<>();
    long ts = Micros.of(Instant.parse(start));
    for (int i = 0; i < minutes; i++) {
      for (int series = 1; series <= SERIES; series++) {
        double value =
            Math.round((20 + series + 5 * Math.sin(i / 300.0) + random.nextGaussian()) * 100)
                / 100.0;
        rows.add(timed(series, ts + random.nextInt(3) * 1_000L, value));
      }
      ts += 60_000_000L;
    }
    return rows;
  }

  private Appended append(List<NewReading> rows) {
    Appended appended = database.write(handle -> store.append(handle, rows));
    store.committed(appended);
    return appended;
  }

  private long rowsLeft() {
    return number("SELECT count(*) FROM reading");
  }

  private long number(String sql) {
    return database.read(handle -> handle.createQuery(sql).mapTo(Long.class).one());
  }

  private static NewReading timed(int series, long ts, double value) {
    return new NewReading(series, ts, true, value, 0, null, 0, false);
  }
}
