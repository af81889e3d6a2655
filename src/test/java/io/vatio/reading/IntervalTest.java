package io.vatio.reading;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.kernel.Micros;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IntervalTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          10s | Europe/Madrid | 2026-03-01T10:00:05Z | 2026-03-01T10:00:15Z | 10:00 10:00 10:00
          1m  | Europe/Madrid | 2026-03-01T10:00:30Z | 2026-03-01T10:02:00Z | 10:00 10:01 10:02
          5m  | Europe/Madrid | 2026-03-01T10:01:00Z | 2026-03-01T10:05:01Z | 10:00 10:05 10:10
          15m | Asia/Kolkata  | 2026-03-01T10:01:00Z | 2026-03-01T10:16:00Z | 10:00 10:15 10:30
          30m | Asia/Kathmandu| 2026-03-01T10:01:00Z | 2026-03-01T10:16:00Z | 09:45 10:15 10:45
          1h  | Asia/Kolkata  | 2026-03-01T10:00:00Z | 2026-03-01T11:00:00Z | 09:30 10:30 11:30
          6h  | Asia/Kolkata  | 2026-03-01T10:00:00Z | 2026-03-01T13:00:00Z | 06:30 12:30 18:30
          90m | Europe/Madrid | 2026-03-01T10:00:00Z | 2026-03-01T11:00:00Z | 09:30 11:00
          1d  | Europe/Madrid | 2026-03-01T10:00:00Z | 2026-03-01T11:00:00Z | 23:00 23:00
          """)
  void begins_where_the_clock_of_the_site_says_so(
      String code, ZoneId zone, Instant from, Instant to, String bounds) {
    assertEquals(bounds, times(bounds(code, from, to, zone)));
  }

  @ParameterizedTest
  @CsvSource({
    "1w,  2026-03-04, 2026-03-02 2026-03-09",
    "2w,  2026-03-04, 2026-02-23 2026-03-09",
    "1mo, 2026-02-10, 2026-02-01 2026-03-01",
    "3mo, 2026-02-10, 2026-01-01 2026-04-01",
    "1y,  2024-02-29, 2024-01-01 2025-01-01",
    "7d,  1969-12-31, 1969-12-25 1970-01-01",
  })
  void long_ones_begin_on_mondays_and_firsts(String code, LocalDate date, String dates) {
    ZoneId zone = ZoneId.of("Europe/Madrid");
    Instant noon = date.atTime(12, 0).atZone(zone).toInstant();

    List<Instant> found = bounds(code, noon, noon.plusSeconds(1), zone);

    assertEquals(
        dates,
        found.stream()
            .map(i -> i.atZone(zone).toLocalDate().toString())
            .collect(Collectors.joining(" ")));
  }

  @ParameterizedTest
  @CsvSource({
    "Europe/Madrid, 2026-03-29, 23",
    "Europe/Madrid, 2026-10-25, 25",
    "Europe/Madrid, 2026-06-01, 24",
    "America/St_Johns, 2026-03-08, 23",
    "America/St_Johns, 2026-11-01, 25",
    "America/Sao_Paulo, 2018-11-04, 23"
  })
  void a_day_is_as_long_as_it_is_and_full_of_whole_hours(ZoneId zone, String date, int hours) {
    Instant from = LocalDate.parse(date).atStartOfDay(zone).toInstant();
    Instant to = LocalDate.parse(date).plusDays(1).atStartOfDay(zone).toInstant();

    assertEquals(List.of(from, to), bounds("1d", from, to, zone));
    List<Instant> bounds = bounds("1h", from, to, zone);
    assertEquals(hours + 1, bounds.size());
    for (int i = 0; i < hours; i++) {
      assertEquals(Duration.ofHours(1), Duration.between(bounds.get(i), bounds.get(i + 1)));
    }
  }

  @Test
  void both_two_o_clocks_of_the_autumn_night_have_their_minutes() {
    Instant first = Instant.parse("2026-10-25T00:00:00Z");

    List<Instant> bounds =
        bounds("30m", first, first.plus(Duration.ofHours(2)), ZoneId.of("Europe/Madrid"));

    assertEquals("00:00 00:30 01:00 01:30 02:00", times(bounds));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          Australia/Lord_Howe | 2026-04-04T13:30:00Z | 2026-04-04T17:30:00Z | 13:00 14:00 15:00 15:30 16:30 17:30
          Australia/Lord_Howe | 2026-10-03T14:00:00Z | 2026-10-03T17:00:00Z | 13:30 14:30 15:30 16:00 17:00
          America/St_Johns    | 2010-11-07T01:30:00Z | 2010-11-07T05:00:00Z | 01:30 02:30 02:31 03:30 04:30 05:30
          """)
  void hours_begin_anew_when_the_clock_changes(
      ZoneId zone, Instant from, Instant to, String bounds) {
    assertEquals(bounds, times(bounds("1h", from, to, zone)));
  }

  /// The clock went from one minute past midnight back to the day before: the day began once.
  @Test
  void midnight_comes_once_a_day() {
    ZoneId zone = ZoneId.of("America/St_Johns");
    Instant secondEvening = Instant.parse("2010-11-07T03:00:00Z");

    List<Instant> bounds = bounds("1d", secondEvening, secondEvening.plusSeconds(1), zone);

    assertEquals("02:30 03:30", times(bounds));
    assertEquals(Duration.ofHours(25), Duration.between(bounds.getFirst(), bounds.getLast()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Europe/Madrid",
        "Asia/Kolkata",
        "Australia/Lord_Howe",
        "America/St_Johns",
        "Pacific/Apia"
      })
  void every_moment_lies_in_one_interval_of_every_length(ZoneId zone) {
    for (String code : List.of("10s", "1m", "15m", "1h", "2h", "6h", "90m", "1d", "1w", "1mo")) {
      Interval interval = Interval.parse(code).orElseThrow();
      for (String day :
          List.of(
              "2011-12-29",
              "2010-11-06",
              "2026-03-28",
              "2026-04-04",
              "2026-10-03",
              "2026-10-24",
              "2026-11-01",
              "2026-03-07")) {
        long from = Micros.of(Instant.parse(day + "T00:00:00Z"));
        long step = interval.length() < 3_600_000_000L ? 61_000_000L : 599_000_000L;
        for (long ts = from; ts < from + 172_800_000_000L; ts += step) {
          long start = interval.floor(ts, zone);
          long end = interval.next(start, zone);
          assertTrue(start <= ts && ts < end, code + " " + Micros.toInstant(ts));
          assertEquals(start, interval.floor(start, zone));
          assertEquals(start, interval.floor(end - 1, zone));
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"60s, 60s", "24h, 1d", "48h, 2d", "86400s, 1d", "12mo, 12mo"})
  void knows_what_fills_a_day(String code, String same) {
    assertEquals(same, Interval.parse(code).orElseThrow().code());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "0m",
        "7m",
        "1",
        "m",
        "-1h",
        "1M",
        "25h",
        "1 h",
        "9999999d",
        "999999y",
        "1.5h"
      })
  void knows_no_others(String code) {
    assertEquals(Optional.empty(), Interval.parse(code));
  }

  @Test
  void an_empty_window_has_no_intervals() {
    Instant noon = Instant.parse("2026-03-01T12:00:00Z");

    assertEquals(List.of(), bounds("1m", noon, noon, ZoneId.of("UTC")));
  }

  private static List<Instant> bounds(String code, Instant from, Instant to, ZoneId zone) {
    long[] bounds = Interval.parse(code).orElseThrow().bounds(Micros.of(from), Micros.of(to), zone);
    return Arrays.stream(bounds).mapToObj(Micros::toInstant).toList();
  }

  private static String times(List<Instant> bounds) {
    return bounds.stream()
        .map(i -> i.toString().substring(11, 16))
        .collect(Collectors.joining(" "));
  }
}
