package io.vatio.reading;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vatio.audit.AuditLog;
import io.vatio.kernel.Micros;
import io.vatio.sensor.SeriesCatalogue;
import io.vatio.testing.Databases;
import io.vatio.testing.FixedClock;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RollupsTest {
  private static final ZoneId MADRID = ZoneId.of("Europe/Madrid");

  @TempDir private Path folder;
  private final FixedClock clock = FixedClock.at("2026-03-10T12:00:00Z");
  private Readings readings;

  @AfterEach
  void close() {
    readings.close();
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void a_late_reading_changes_hours_and_days_that_were_done(Databases kind) {
    open(kind, MADRID);
    readings.append(1, "2026-03-09T10:00:00Z", 10);
    readings.work();
    assertEquals(Buckets.Source.DAYS, readings.buckets.over(1, dayOf("2026-03-09")).source());

    readings.append(1, "2026-03-09T10:05:00Z", 20);

    assertEquals(2, dayOfReadings("2026-03-09").count());
    readings.work();
    assertEquals(2, dayOfReadings("2026-03-09").count());
    assertEquals(List.of(), dirty());
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void what_was_heard_before_a_crash_is_added_up_after_it(Databases kind) {
    open(kind, MADRID);
    readings.append(1, "2026-03-09T10:00:00Z", 10);
    readings.reopen();
    readings.append(1, "2026-03-09T10:05:00Z", 20);
    readings.reopen();

    assertEquals(2, dayOfReadings("2026-03-09").count());
    readings.work();
    readings.reopen();

    Buckets.Answer answer = readings.buckets.over(1, dayOf("2026-03-09"));
    assertEquals(Buckets.Source.DAYS, answer.source());
    assertEquals(2, answer.cells().getFirst().count());
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void the_running_hour_counts_while_everything_is_added_up_again(Databases kind) {
    open(kind, MADRID);
    readings.append(1, "2026-03-10T11:59:00Z", 10);
    readings.append(1, "2026-03-10T12:01:00Z", 20);
    readings.append(1, "2026-03-10T14:30:00Z", 30);
    readings.work();
    moveTo(ZoneId.of("Asia/Kolkata"));
    readings.work();
    readings.reopen();

    Readings.assertSame(
        readings.expected(1, dayOf("2026-03-10")), cells(dayOf("2026-03-10")), "the day");
    clock.advance(Duration.ofHours(4));
    readings.work();
    assertEquals(3, dayOfReadings("2026-03-10").count());
    assertEquals(List.of(), dirty());
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void a_device_that_moves_to_a_site_with_another_clock_has_its_days_there(Databases kind) {
    open(kind, MADRID);
    readings.append(1, "2026-03-08T20:00:00Z", 10);
    readings.append(2, "2026-03-08T20:00:00Z", 10);
    readings.work();
    ZoneId kolkata = ZoneId.of("Asia/Kolkata");
    readings.zones.put(1, kolkata);
    readings.rollups.followZones();

    long[] there =
        Interval.DAY.bounds(at("2026-03-08T12:00:00Z"), at("2026-03-09T12:00:00Z"), kolkata);
    Readings.assertSame(readings.expected(1, there), cells(there), "at once");
    readings.work();
    for (int i = 0; i < 2; i++) {
      Readings.assertSame(readings.expected(1, there), cells(there), "added up " + i);
      assertEquals(Buckets.Source.DAYS, readings.buckets.over(1, there).source());
      assertEquals(Buckets.Source.DAYS, readings.buckets.over(2, dayOf("2026-03-08")).source());
      assertEquals(0, readings.rollups.backlog());
      readings.reopen();
    }
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void another_clock_of_the_site_has_everything_added_up_again(Databases kind) {
    open(kind, MADRID);
    fill("2026-03-08T00:00:00Z", 300);
    readings.work();
    moveTo(ZoneId.of("Asia/Kolkata"));

    assertSame();
    readings.work();
    assertSame();
    assertEquals(Buckets.Source.DAYS, readings.buckets.over(1, dayOf("2026-03-08")).source());
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void sums_outlive_the_readings_they_were_made_of(Databases kind) {
    open(kind, MADRID);
    fill("2026-03-01T00:00:00Z", 3_000);
    long[] minutes =
        Interval.MINUTE.bounds(at("2026-03-02T10:00:00Z"), at("2026-03-02T12:00:00Z"), MADRID);
    long[] hours =
        Interval.HOUR.bounds(at("2026-03-01T00:00:00Z"), at("2026-03-10T12:00:00Z"), MADRID);
    List<Aggregate> hoursBefore = cells(hours);

    retain(new RetentionRule(null, 3, 5, null));

    Readings.assertSame(hoursBefore, cells(hours), "hours");
    assertEquals(at("2026-03-07T00:00:00Z"), readings.store.firstTs(1).orElseThrow());
    assertEquals(0, readings.buckets.over(1, minutes).cells().getFirst().count());
    long[] kept =
        Interval.MINUTE.bounds(at("2026-03-06T10:00:00Z"), at("2026-03-06T12:00:00Z"), MADRID);
    Readings.assertSame(readings.expected(1, kept), cells(kept), "kept");

    readings.reopen();
    retain(new RetentionRule(null, 3, 5, 5));
    long[] days =
        Interval.DAY.bounds(at("2026-03-01T00:00:00Z"), at("2026-03-10T12:00:00Z"), MADRID);
    Readings.assertSame(readings.expected(1, days), cells(days), "days");
    assertEquals(0, readings.buckets.over(1, hours).cells().getFirst().count());
  }

  /// The days of before are not those of the new clock; where they overlap nothing counts twice.
  @ParameterizedTest
  @EnumSource(Databases.class)
  void sums_that_outlived_their_readings_count_once_after_the_clock_of_the_site_changed(
      Databases kind) {
    open(kind, MADRID);
    fill("2026-03-01T00:00:00Z", 2_600);
    long[] all = {at("2026-02-15T00:00:00Z"), at("2026-03-15T00:00:00Z")};
    Aggregate before = readings.buckets.over(1, all).cells().getFirst();
    retain(new RetentionRule(null, 3, null, null));
    String url = readings.url;
    readings.close();

    readings = new Readings(url, clock, ZoneId.of("America/New_York"), List.of(1, 2));
    Aggregate during = readings.buckets.over(1, all).cells().getFirst();
    readings.work();
    Aggregate after = readings.buckets.over(1, all).cells().getFirst();

    assertEquals(2_600, before.count() + before.flagged());
    assertEquals(before.count() + " of " + before.sum(), during.count() + " of " + during.sum());
    assertEquals(before.count() + " of " + before.sum(), after.count() + " of " + after.sum());

    // Once more, with nothing left but days in the far past.
    retain(new RetentionRule(null, 3, 3, 5));
    readings.close();
    readings = new Readings(url, clock, ZoneId.of("Asia/Tokyo"), List.of(1, 2));
    readings.work();
    readings.rollups.rebuild(1);
    readings.work();
    Aggregate last = readings.buckets.over(1, all).cells().getFirst();
    assertEquals(before.count() + " of " + before.sum(), last.count() + " of " + last.sum());
  }

  @Test
  void a_late_reading_does_not_undo_what_is_frozen() {
    open(Databases.SQLITE, MADRID);
    fill("2026-03-01T00:00:00Z", 3_000);
    retain(new RetentionRule(null, 3, null, null));
    Aggregate before = dayOfReadings("2026-03-02");

    readings.append(1, "2026-03-02T10:00:01Z", 1_000);
    readings.work();

    Readings.assertSame(List.of(before), List.of(dayOfReadings("2026-03-02")), "the day");
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void percentiles_lie_between_readings_in_proportion(Databases kind) {
    open(kind, MADRID);
    for (int i = 0; i < 5; i++) {
      readings.append(1, "2026-03-09T10:0" + i + ":00Z", i * 10);
    }
    readings.append(
        List.of(Readings.reading(1, at("2026-03-09T10:30:00Z"), 1e6, Quality.STUCK.bit())));

    double[][] found =
        BucketsPercentiles.of(
            readings.store,
            1,
            Interval.HOUR.bounds(at("2026-03-09T10:00:00Z"), at("2026-03-09T12:00:00Z"), MADRID),
            new double[] {0, 50, 95, 100});

    assertArrayEquals(new double[] {0, Double.NaN}, found[0]);
    assertArrayEquals(new double[] {20, Double.NaN}, found[1]);
    assertArrayEquals(new double[] {38, Double.NaN}, found[2]);
    assertArrayEquals(new double[] {40, Double.NaN}, found[3]);
  }

  @Test
  void a_value_is_held_for_three_of_its_intervals() {
    open(Databases.SQLITE, MADRID);
    assertEquals(15 * 60_000_000L, HoldLimits.limit("{}"));
    assertEquals(30_000_000L, HoldLimits.limit("{\"intervalo\":10}"));
    assertEquals(HoldLimits.USUAL, HoldLimits.limit("{\"intervalo\":\"x\"}"));
    assertEquals(HoldLimits.LONGEST, HoldLimits.limit("{\"intervalo\":1e300}"));
  }

  @Test
  void minutes_come_back_to_the_last_bit() {
    open(Databases.SQLITE, MADRID);
    long from = at("2026-03-09T10:00:00Z");
    AggregateFold fold =
        new AggregateFold(
            RollupMinutes.bounds(from, from + 3_600_000_000L), 900_000_000L, Long.MAX_VALUE);
    for (int i = 0; i < 500; i++) {
      fold.add(from + i * 6_100_000L, Math.sin(i) * 1e6, i % 50 != 7);
    }
    Aggregate[] cells = fold.results();

    Aggregate[] back = RollupMinutes.decode(from, RollupMinutes.encode(from, cells));

    assertEquals(cells.length, back.length);
    for (int i = 0; i < cells.length; i++) {
      Readings.assertSame(List.of(cells[i]), List.of(back[i]), "minute " + i);
      assertEquals(cells[i].firstTs, back[i].firstTs);
      assertEquals(cells[i].lastTs, back[i].lastTs);
    }
  }

  private void open(Databases kind, ZoneId zone) {
    readings = new Readings(kind.newUrl(folder), clock, zone, List.of(1, 2));
  }

  /// A reading every five minutes or so.
  private void moveTo(ZoneId zone) {
    Readings before = readings;
    before.close();
    readings = new Readings(before.url, clock, zone, List.of(1, 2));
    readings.model.putAll(before.model);
  }

  private void fill(String from, int n) {
    List<NewReading> rows = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      rows.add(Readings.reading(1, at(from) + i * 300_000_000L, i % 17, i % 40 == 0 ? 1 : 0));
    }
    readings.append(rows);
  }

  private void retain(RetentionRule rule) {
    long site =
        readings.database.write(
            handle -> {
              handle.execute(
                  "INSERT INTO site (name, timezone, currency, language, created_at) VALUES ('s', 'UTC', 'EUR', 'es', 0)");
              return handle.createQuery("SELECT max(id) FROM site").mapTo(Long.class).one();
            });
    readings.database.write(
        handle -> {
          handle.execute("DELETE FROM series");
          handle.execute("DELETE FROM sensor");
          handle.execute("DELETE FROM device");
          handle.execute(
              "INSERT INTO device (id, site_id, serial, name, type, model, description, location, lifecycle_state, operating_state, parameters, configuration, claimed, created_at, updated_at) VALUES (1, ?, 'd', '', '', '', '', '', '', '', '{}', '{}', 1, 0, 0)",
              site);
          handle.execute(
              "INSERT INTO sensor (id, name, type, unit, range_min, range_max, state, description, automatic, created_at, updated_at) VALUES (1, 's', '', '', 0, 1, '', '', 1, 0, 0)");
          return handle.execute(
              "INSERT INTO series (id, device_id, sensor_id, key, configuration, active, assigned_at) VALUES (1, 1, 1, 'k', '{}', 1, 0)");
        });
    RetentionStore rules = new RetentionStore(readings.database, site);
    rules.replace(List.of(rule), 0);
    assertEquals(List.of(rule), rules.list());
    new RetentionJob(
            rules,
            SeriesCatalogue.open(readings.database, clock, new AuditLog(readings.database, clock)),
            readings.rollups,
            readings.zone)
        .run();
  }

  private void assertSame() {
    for (String code : List.of("1h", "6h", "1d", "1w")) {
      long[] bounds =
          Interval.parse(code)
              .orElseThrow()
              .bounds(at("2026-03-07T00:00:00Z"), at("2026-03-10T00:00:00Z"), readings.zone);
      Readings.assertSame(readings.expected(1, bounds), cells(bounds), code);
    }
  }

  private List<Aggregate> cells(long[] bounds) {
    return readings.buckets.over(1, bounds).cells();
  }

  private Aggregate dayOfReadings(String date) {
    return readings.buckets.over(1, dayOf(date)).cells().getFirst();
  }

  private long[] dayOf(String date) {
    long from = Interval.DAY.floor(at(date + "T12:00:00Z"), readings.zone);
    return new long[] {from, Interval.DAY.next(from, readings.zone)};
  }

  private List<Integer> dirty() {
    return List.copyOf(new RollupStore(readings.database).dirty().keySet());
  }

  private static long at(String iso) {
    return Micros.of(Instant.parse(iso));
  }
}
