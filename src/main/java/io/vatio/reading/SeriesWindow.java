package io.vatio.reading;

import io.vatio.device.DispositivoLimits;
import io.vatio.kernel.Micros;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.http.Request;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// From when to when a request asks, and in what pieces: `desde`, `hasta`, `intervalo`, `puntos`.
///
/// @param from microseconds since 1970 UTC
/// @param to first microsecond behind it
/// @param interval null for the readings themselves
/// @param points most pieces or readings
record SeriesWindow(long from, long to, @Nullable Interval interval, int points) {
  static final String RAW = "crudo";
  static final int USUAL_POINTS = 1_500;
  static final int MOST_POINTS = 20_000;
  private static final String AUTOMATIC = "auto";
  private static final Duration USUAL = Duration.ofDays(1);
  private static final Instant FIRST = Instant.parse("1900-01-01T00:00:00Z");
  private static final Instant LAST = Instant.parse("9999-12-30T00:00:00Z");

  private static final List<Interval> LADDER =
      List.of(
              "1s", "5s", "10s", "30s", "1m", "5m", "10m", "15m", "30m", "1h", "2h", "3h", "6h",
              "12h", "1d", "2d", "1w", "1mo", "3mo", "1y", "2y", "5y", "10y", "50y", "200y")
          .stream()
          .map(code -> Interval.parse(code).orElseThrow())
          .toList();

  /// @param zone of moments that name none, and of the intervals
  /// @param now end of a window that names none
  static SeriesWindow of(Request request, ZoneId zone, Instant now) {
    Instant to = moment(request, "hasta", zone);
    Instant end = to == null ? now : to;
    Instant from = moment(request, "desde", zone);
    Instant begin = from == null ? end.minus(USUAL) : from;
    if (!begin.isBefore(end)) {
      throw Problem.invalid("desde", Text.of("http.from_after_to"));
    }
    int points = request.queryInt("puntos", USUAL_POINTS, 1, MOST_POINTS);
    long first = Micros.of(begin);
    long last = Micros.of(end);
    return new SeriesWindow(first, last, interval(request, first, last, points, zone), points);
  }

  private static @Nullable Instant moment(Request request, String name, ZoneId zone) {
    Instant at = request.queryInstant(name, zone);
    if (at != null && (at.isBefore(FIRST) || at.isAfter(LAST))) {
      throw Problem.invalid(name, Text.of("http.moment"));
    }
    return at;
  }

  private static @Nullable Interval interval(
      Request request, long from, long to, int points, ZoneId zone) {
    Optional<String> code = request.query("intervalo");
    if (code.filter(RAW::equals).isPresent()) {
      return null;
    }
    Interval finest = finest(from, to, points, zone);
    if (code.isEmpty() || code.get().equals(AUTOMATIC)) {
      return finest;
    }
    Interval asked =
        Interval.parse(code.get())
            .orElseThrow(
                () ->
                    Problem.invalid(
                        "intervalo",
                        Text.of("series.interval", DispositivoLimits.shown(code.get()))));
    if (!fits(asked, from, to, points, zone)) {
      throw Problem.invalid(
          "intervalo", Text.of("series.interval_fine", Integer.toString(points), finest.code()));
    }
    return asked;
  }

  private static Interval finest(long from, long to, int points, ZoneId zone) {
    return LADDER.stream()
        .filter(interval -> fits(interval, from, to, points, zone))
        .findFirst()
        .orElseThrow(() -> Problem.invalid("puntos", Text.of("series.points_few")));
  }

  private static boolean fits(Interval interval, long from, long to, int points, ZoneId zone) {
    return interval.atLeastIn(from, to) <= points
        && interval.bounds(from, to, zone).length - 1 <= points;
  }

  /// The bounds of its pieces.
  long[] bounds(ZoneId zone) {
    return interval == null ? new long[] {from, to} : interval.bounds(from, to, zone);
  }
}
