package io.vatio.wind;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IntervalTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          1m  | Europe/Madrid | 2026-03-01T10:00:30Z | 2026-03-01T10:02:00Z | 10:00 10:01 10:02
          5m  | Europe/Madrid | 2026-03-01T10:01:00Z | 2026-03-01T10:05:01Z | 10:00 10:05 10:10
          15m | Asia/Kolkata  | 2026-03-01T10:01:00Z | 2026-03-01T10:16:00Z | 10:00 10:15 10:30
          30m | Asia/Kathmandu| 2026-03-01T10:01:00Z | 2026-03-01T10:16:00Z | 09:45 10:15 10:45
          1h  | Asia/Kolkata  | 2026-03-01T10:00:00Z | 2026-03-01T11:00:00Z | 09:30 10:30 11:30
          1d  | Europe/Madrid | 2026-03-01T10:00:00Z | 2026-03-01T11:00:00Z | 23:00 23:00
          """)
  void begins_where_the_clock_of_the_site_says_so(
      String code, ZoneId zone, Instant from, Instant to, String bounds) {
    List<Instant> found = Interval.findByCode(code).orElseThrow().bounds(from, to, zone);

    assertEquals(
        bounds, String.join(" ", found.stream().map(i -> i.toString().substring(11, 16)).toList()));
  }

  @ParameterizedTest
  @CsvSource({
    "Europe/Madrid, 2026-03-29, 23",
    "Europe/Madrid, 2026-10-25, 25",
    "Europe/Madrid, 2026-06-01, 24",
    "America/Sao_Paulo, 2018-11-04, 23"
  })
  void a_day_is_as_long_as_it_is_and_full_of_whole_hours(ZoneId zone, String date, int hours) {
    Instant from = java.time.LocalDate.parse(date).atStartOfDay(zone).toInstant();
    Instant to = java.time.LocalDate.parse(date).plusDays(1).atStartOfDay(zone).toInstant();

    assertEquals(List.of(from, to), Interval.DAY.bounds(from, to, zone));
    List<Instant> bounds = Interval.HOUR.bounds(from, to, zone);
    assertEquals(hours + 1, bounds.size());
    for (int i = 0; i < hours; i++) {
      assertEquals(Duration.ofHours(1), Duration.between(bounds.get(i), bounds.get(i + 1)));
    }
  }

  @Test
  void both_two_o_clocks_of_the_autumn_night_have_their_minutes() {
    Instant first = Instant.parse("2026-10-25T00:00:00Z");

    List<Instant> bounds =
        Interval.HALF_HOUR.bounds(
            first, first.plus(Duration.ofHours(2)), ZoneId.of("Europe/Madrid"));

    assertEquals(
        List.of("00:00", "00:30", "01:00", "01:30", "02:00"),
        bounds.stream().map(i -> i.toString().substring(11, 16)).toList());
  }

  @Test
  void where_the_clock_moves_by_half_an_hour_hours_stay_on_the_hour() {
    ZoneId zone = ZoneId.of("Australia/Lord_Howe");
    Instant from = Instant.parse("2026-04-04T12:00:00Z");

    List<Instant> bounds = Interval.HOUR.bounds(from, from.plus(Duration.ofHours(6)), zone);

    assertTrue(
        bounds.stream().skip(4).allMatch(bound -> bound.atZone(zone).getMinute() == 0),
        () -> bounds.stream().map(b -> b.atZone(zone).toLocalTime()).toList().toString());
    for (int i = 1; i < bounds.size(); i++) {
      assertTrue(bounds.get(i).isAfter(bounds.get(i - 1)));
    }
  }

  @Test
  void an_empty_window_has_no_intervals() {
    Instant noon = Instant.parse("2026-03-01T12:00:00Z");

    assertEquals(List.of(), Interval.MINUTE.bounds(noon, noon, ZoneId.of("UTC")));
  }
}
