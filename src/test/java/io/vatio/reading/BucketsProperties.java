package io.vatio.reading;

import io.vatio.kernel.Micros;
import io.vatio.testing.Databases;
import io.vatio.testing.FixedClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;

/// Late, duplicate, shuffled, doubtful and corrected readings, restarts at any moment and roll-ups
/// anywhere between begun and done: the answer is always the one that the readings give.
class BucketsProperties {
  /// A zone and a day on which its clock changes.
  private static final List<List<String>> CHANGES =
      List.of(
          List.of("Europe/Madrid", "2026-03-28T12:00:00Z"),
          List.of("Europe/Madrid", "2026-10-24T12:00:00Z"),
          List.of("Asia/Kolkata", "2026-05-01T00:00:00Z"),
          List.of("Australia/Lord_Howe", "2026-04-04T02:00:00Z"),
          List.of("Australia/Lord_Howe", "2026-10-03T02:00:00Z"),
          List.of("America/St_Johns", "2026-03-07T12:00:00Z"),
          List.of("America/St_Johns", "2010-11-06T12:00:00Z"));

  private static final List<String> INTERVALS =
      List.of("10s", "1m", "7m", "15m", "1h", "90m", "6h", "1d", "1w", "1mo");

  @Property(tries = 14, shrinking = ShrinkingMode.OFF)
  void sqlite_answers_what_the_readings_say(@ForAll long seed) throws IOException {
    run(Databases.SQLITE, seed);
  }

  @Property(tries = 7, shrinking = ShrinkingMode.OFF)
  void postgresql_answers_what_the_readings_say(@ForAll long seed) throws IOException {
    run(Databases.POSTGRESQL, seed);
  }

  private static void run(Databases kind, long seed) throws IOException {
    Random random = new Random(seed);
    List<String> change = CHANGES.get(random.nextInt(CHANGES.size()));
    ZoneId zone = ZoneId.of(change.getFirst());
    FixedClock clock = FixedClock.at(change.getLast());
    Path folder = Files.createTempDirectory("vatio-buckets");
    try (Readings readings = new Readings(kind.newUrl(folder), clock, zone, List.of(1, 2))) {
      for (int step = 0; step < 40; step++) {
        switch (random.nextInt(11)) {
          case 0, 1, 2, 3 -> readings.append(batch(random, clock.instant()));
          case 4, 5 -> clock.advance(Duration.ofMinutes(random.nextInt(180)));
          case 6 -> readings.rollups.work();
          case 7 -> readings.work();
          case 8 -> {
            if (random.nextInt(4) == 0) {
              readings.reopen();
            }
          }
          case 9 -> {
            if (random.nextInt(4) == 0) {
              move(readings, random);
            }
          }
          default -> correct(readings, random);
        }
        check(readings, random, clock.instant(), "seed " + seed + " step " + step);
      }
      readings.work();
      check(readings, random, clock.instant(), "seed " + seed + " at the end");
      hoursAddUpToDays(readings, clock.instant());
    }
  }

  private static List<NewReading> batch(Random random, Instant now) {
    List<NewReading> rows = new ArrayList<>();
    int n = random.nextInt(60);
    long at = Micros.of(now) - random.nextInt(100_000) * 1_000_000L;
    long step = 1 + random.nextInt(1_500_000_000);
    int id = 1 + random.nextInt(2);
    for (int i = 0; i < n; i++) {
      // Whole steps, so that some come twice.
      long ts = random.nextInt(5) == 0 ? at - random.nextInt(90) * 60_000_000L : at + i * step;
      if (ts < Micros.of(now) + 300_000_000L) {
        int quality = random.nextInt(8) == 0 ? Quality.OUT_OF_RANGE.bit() : 0;
        rows.add(Readings.reading(id, ts, random.nextInt(1_000) / 10.0 - 20, quality));
      }
    }
    return rows;
  }

  private static void correct(Readings readings, Random random) {
    List<Long> times = new ArrayList<>(readings.model(1).keySet());
    if (!times.isEmpty()) {
      readings.correct(1, times.get(random.nextInt(times.size())), random.nextInt(50));
    }
  }

  /// The device of a series comes to a site with another clock.
  private static void move(Readings readings, Random random) {
    String zone = CHANGES.get(random.nextInt(CHANGES.size())).getFirst();
    readings.zones.put(2, ZoneId.of(zone));
    readings.rollups.followZones();
  }

  private static void check(Readings readings, Random random, Instant now, String what) {
    for (int id : readings.series) {
      String code = INTERVALS.get(random.nextInt(INTERVALS.size()));
      long to = Micros.of(now) - random.nextInt(50_000) * 1_000_000L + 40_000_000_000L;
      long[] bounds =
          code.equals("7m")
              ? odd(random, to)
              : Interval.parse(code)
                  .orElseThrow()
                  .bounds(
                      to - 1_000_000L * random.nextInt(code.equals("10s") ? 9_000 : 200_000),
                      to,
                      readings.zone);
      Readings.assertSame(
          readings.expected(id, bounds),
          readings.buckets.over(id, bounds).cells(),
          what + " " + code);
    }
    readings
        .buckets
        .today(readings.series)
        .forEach(
            (id, sums) ->
                Readings.assertSame(
                    readings.expected(id, today(readings, id, now)),
                    List.of(sums),
                    what + " today of " + id));
  }

  private static long[] today(Readings readings, int id, Instant now) {
    ZoneId zone = readings.zones.getOrDefault(id, readings.zone);
    long from = Interval.DAY.floor(Micros.of(now), zone);
    return new long[] {from, Interval.DAY.next(from, zone)};
  }

  /// Bounds that no clock has.
  private static long[] odd(Random random, long to) {
    long[] bounds = new long[1 + random.nextInt(30)];
    long at = to - 172_800_000_000L;
    for (int i = 0; i < bounds.length; i++) {
      bounds[i] = at;
      at += 1 + random.nextInt(2_000_000_000) * 7L;
    }
    return bounds;
  }

  private static void hoursAddUpToDays(Readings readings, Instant now) {
    long to = Micros.of(now) + 1;
    long from = to - 3 * Interval.DAY.length();
    long[] days = Interval.DAY.bounds(from, to, readings.zone);
    for (int id : readings.series) {
      Buckets.Answer byDay = readings.buckets.over(id, days);
      for (int i = 0; i + 1 < days.length; i++) {
        Aggregate sum = new Aggregate();
        readings
            .buckets
            .over(id, Interval.HOUR.bounds(days[i], days[i + 1], readings.zone))
            .cells()
            .forEach(sum::merge);
        Readings.assertSame(List.of(sum), List.of(byDay.cells().get(i)), "day " + i);
      }
    }
  }
}
