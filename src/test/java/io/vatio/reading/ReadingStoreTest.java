package io.vatio.reading;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.platform.db.Database;
import io.vatio.testing.Databases;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What every store of readings must do, on both real databases.
class ReadingStoreTest {
  private static final long ALWAYS = Long.MAX_VALUE;

  @TempDir Path folder;
  private String url;
  private Database database;
  private ReadingStore store;

  @AfterEach
  void close() {
    if (database != null) {
      database.close();
    }
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void gives_back_what_was_committed_newest_first(Databases kind) {
    open(kind);

    append(timed(1, 100, 1.5), timed(1, 300, 3.5), timed(1, 200, 2.5), timed(2, 250, 9));

    assertEquals(List.of(300L, 200L, 100L), times(store.newest(1, 0, ALWAYS, 10)));
    assertEquals(List.of(300L, 200L), times(store.newest(1, 0, ALWAYS, 2)));
    assertEquals(List.of(200L, 100L), times(store.newest(1, 100, 300, 10)));
    assertEquals(3.5, store.latest(1).orElseThrow().value());
    assertEquals(9, store.latest(2).orElseThrow().value());
    assertTrue(store.latest(3).isEmpty());
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void stores_the_same_series_and_time_once_and_keeps_the_first(Databases kind) {
    open(kind);

    Appended first = append(timed(1, 100, 1), timed(1, 100, 2));
    Appended second = append(timed(1, 100, 3), timed(1, 101, 4));

    assertEquals(1, first.stored());
    assertNull(first.rows().get(1));
    assertEquals(1, second.stored());
    assertNull(second.rows().get(0));
    assertEquals(1.0, store.newest(1, 100, 101, 10).getFirst().value());
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void recognises_a_duplicate_after_a_restart(Databases kind) {
    open(kind);
    append(timed(1, 100, 1));

    reopen();
    Appended again = append(timed(1, 100, 1), timed(1, 200, 2));

    assertNull(again.rows().get(0));
    assertEquals(List.of(200L, 100L), times(store.newest(1, 0, ALWAYS, 10)));
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void keeps_every_reading_that_has_no_time_of_its_own(Databases kind) {
    open(kind);

    append(untimed(1, 100, 1), untimed(1, 100, 2), untimed(1, 100, 3));
    append(untimed(1, 100, 4), timed(1, 105, 5), untimed(1, 105, 6));
    reopen();
    append(untimed(1, 100, 7));

    List<Reading> all = store.newest(1, 0, ALWAYS, 100);
    assertEquals(7, all.size());
    assertEquals(7, all.stream().mapToLong(Reading::ts).distinct().count());
    assertEquals(28.0, all.stream().mapToDouble(Reading::value).sum());
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void knows_a_redelivered_message_by_its_fingerprint_even_after_a_restart(Databases kind) {
    open(kind);

    append(delivered(1, 100, 1, 77, false));
    Appended again = append(delivered(1, 500, 1, 77, true));
    reopen();
    Appended afterRestart = append(delivered(1, 900, 1, 77, true));
    Appended another = append(delivered(1, 950, 1, 78, true));

    assertEquals(0, again.stored());
    assertEquals(0, afterRestart.stored());
    assertEquals(1, another.stored());
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void shows_nothing_of_a_transaction_that_failed(Databases kind) {
    open(kind);
    append(timed(1, 100, 1));

    assertThrows(
        IllegalStateException.class,
        () ->
            database.write(
                handle -> {
                  store.append(handle, List.of(timed(1, 200, 2)));
                  throw new IllegalStateException("the rest of the transaction failed");
                }));
    store.abandoned();

    assertEquals(List.of(100L), times(store.newest(1, 0, ALWAYS, 10)));
    assertEquals(1, append(timed(1, 200, 2)).stored());
    assertEquals(List.of(200L, 100L), times(store.newest(1, 0, ALWAYS, 10)));
  }

  @Test
  void a_message_is_known_again_when_the_answer_to_its_commit_was_lost() {
    open(Databases.POSTGRESQL);
    append(timed(1, 50, 5));

    // Committed, but the connection broke before the server could say so.
    database.write(handle -> store.append(handle, List.of(delivered(1, 100, 1, 77, false))));
    store.abandoned();
    Appended again = append(delivered(1, 500, 1, 77, true), delivered(1, 600, 2, 78, true));

    assertNull(again.rows().get(0));
    assertEquals(1, again.stored());
    assertEquals(3, store.newest(1, 0, ALWAYS, 10).size());
    assertEquals(List.of(50L, 100L, 600L), times(store.recentSince(0, 10)));
    assertEquals(2.0, store.latest(1).orElseThrow().value());
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void gives_rising_numbers_that_go_on_after_a_restart(Databases kind) {
    open(kind);
    append(timed(1, 100, 1), timed(2, 100, 1));
    long before = store.lastSeq();

    reopen();
    append(timed(1, 200, 2));

    assertEquals(before, store.recentSince(0, 10).get(1).seq());
    assertTrue(store.lastSeq() > before);
    assertEquals(List.of(200L), times(store.recentSince(before, 10)));
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void a_clock_in_the_future_does_not_hide_the_present(Databases kind) {
    open(kind);

    append(timed(1, 100, 1));
    append(new NewReading(1, 1_000_000, true, 99, Quality.CLOCK.bit(), null, 0, false));
    append(timed(1, 200, 2));

    assertEquals(2.0, store.latest(1).orElseThrow().value());
    reopen();
    assertEquals(2.0, store.latest(1).orElseThrow().value());
    assertEquals(3, store.newest(1, 0, ALWAYS, 10).size());
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void keeps_value_quality_and_meta_to_the_last_bit(Databases kind) {
    open(kind);
    List<Double> values =
        List.of(0.1, 0.0, 1e-300, 1.7976931348623157e308, Math.PI, 4.9e-324, 123456789.123456789);
    List<NewReading> rows = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      rows.add(new NewReading(1, i, true, values.get(i), i, "{\"n\":\"ñ€😀\"}", 0, false));
    }

    append(rows.toArray(NewReading[]::new));
    reopen();

    List<Reading> back = new ArrayList<>();
    store.scan(1, Long.MIN_VALUE, ALWAYS, back::add);
    assertEquals(values, back.stream().map(Reading::value).toList());
    assertEquals(
        LongStream.range(0, values.size()).boxed().toList(),
        back.stream().map(r -> (long) r.quality()).toList());
    assertEquals("{\"n\":\"ñ€😀\"}", back.getFirst().meta());
  }

  @Test
  void answers_the_same_while_and_after_sealing() {
    open(Databases.SQLITE);
    int n = 24_500;
    List<NewReading> rows = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      // Shuffled by a step that shares no factor with n.
      rows.add(timed(i % 7, (i * 11_003L) % n, i));
    }
    append(rows.toArray(NewReading[]::new));
    List<List<Reading>> before = everything();

    boolean more;
    do {
      more = ((SqliteReadingStore) store).seal();
      assertEquals(before, everything());
    } while (more);
    reopen();
    Appended again = append(rows.toArray(NewReading[]::new));

    assertEquals(before, everything());
    assertEquals(0, again.stored());
    assertTrue(store.fullness() < 1);
  }

  private List<List<Reading>> everything() {
    List<List<Reading>> all = new ArrayList<>();
    for (int series = 0; series < 7; series++) {
      List<Reading> rows = new ArrayList<>();
      store.scan(series, Long.MIN_VALUE, ALWAYS, rows::add);
      all.add(rows);
      all.add(store.newest(series, 1_000, 20_000, 50));
      all.add(store.latest(series).stream().toList());
    }
    return all;
  }

  private void open(Databases kind) {
    url = kind.newUrl(folder);
    database = Databases.open(url);
    store = ReadingStore.open(database);
  }

  private void reopen() {
    database.close();
    database = Databases.open(url);
    store = ReadingStore.open(database);
  }

  private Appended append(NewReading... rows) {
    Appended appended = database.write(handle -> store.append(handle, List.of(rows)));
    store.committed(appended);
    return appended;
  }

  private static NewReading timed(int series, long ts, double value) {
    return new NewReading(series, ts, true, value, 0, null, 0, false);
  }

  private static NewReading untimed(int series, long ts, double value) {
    return new NewReading(series, ts, false, value, 0, null, 0, false);
  }

  private static NewReading delivered(
      int series, long ts, double value, long delivery, boolean redelivered) {
    return new NewReading(series, ts, false, value, 0, null, delivery, redelivered);
  }

  private static List<Long> times(List<Reading> readings) {
    return readings.stream().map(Reading::ts).toList();
  }
}
