package io.vatio.reading;

import io.vatio.kernel.Micros;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRules;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A length of time that readings are added up in, such as `15m` or `1mo`. Intervals begin where
/// the clock on the wall of a zone says so: at full minutes, quarters, hours, midnights, Mondays,
/// firsts of the month. A day has 23 or 25 hours when the clock changes; intervals of up to an hour
/// begin anew in the moment of the change.
///
/// Moments are microseconds since 1970 UTC.
///
/// @param count of units, at least 1
public record Interval(int count, Unit unit) {
  private static final Pattern CODE = Pattern.compile("([1-9][0-9]{0,5})(mo|s|m|h|d|w|y)");
  private static final long SECOND = 1_000_000L;
  private static final int HOUR_S = 3_600;
  private static final int DAY_S = 86_400;

  /// The Monday before 1970, as a day since 1970.
  private static final long MONDAY = -3;

  public static final Interval MINUTE = new Interval(1, Unit.MINUTE);
  public static final Interval HOUR = new Interval(1, Unit.HOUR);
  public static final Interval DAY = new Interval(1, Unit.DAY);

  /// What intervals are counted in.
  public enum Unit {
    SECOND("s", 1),
    MINUTE("m", 60),
    HOUR("h", 3_600),
    DAY("d", DAY_S),
    WEEK("w", 7L * DAY_S),
    MONTH("mo", 30L * DAY_S),
    YEAR("y", 365L * DAY_S);

    private final String code;
    private final long seconds;

    Unit(String code, long seconds) {
      this.code = code;
      this.seconds = seconds;
    }
  }

  public Interval {
    if (count < 1 || (unit.seconds < DAY_S && DAY_S % (count * unit.seconds) != 0)) {
      throw new IllegalArgumentException("a day is not full of " + count + unit.code);
    }
  }

  /// The interval of a wire word: a number and one of s, m, h, d, w, mo, y. Seconds, minutes and
  /// hours must fill a day; a multiple of 24 hours counts days. Empty for anything else.
  public static Optional<Interval> parse(String code) {
    Matcher matcher = CODE.matcher(code);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    int count = Integer.parseInt(matcher.group(1));
    Unit unit =
        Arrays.stream(Unit.values())
            .filter(u -> u.code.equals(matcher.group(2)))
            .findFirst()
            .orElseThrow();
    long seconds = count * unit.seconds;
    if (unit.seconds < DAY_S && seconds % DAY_S == 0) {
      return Optional.of(new Interval((int) (seconds / DAY_S), Unit.DAY));
    }
    if (seconds > 200L * Unit.YEAR.seconds || (unit.seconds < DAY_S && DAY_S % seconds != 0)) {
      return Optional.empty();
    }
    return Optional.of(new Interval(count, unit));
  }

  /// The wire word.
  public String code() {
    return count + unit.code;
  }

  /// The usual length, microseconds.
  public long length() {
    return count * unit.seconds * SECOND;
  }

  /// A lower bound of the number of intervals that a window touches.
  public long atLeastIn(long from, long to) {
    // A day is at most a few hours longer than usual, a month a day, a leap year too.
    long longest =
        unit.seconds < DAY_S ? length() : length() + length() / 15 + 2L * HOUR_S * SECOND;
    return (to - from) / longest;
  }

  /// The bounds of all intervals that share a moment with [from, to), in order: interval i lies
  /// between bound i and bound i + 1. Empty for an empty window.
  public long[] bounds(long from, long to, ZoneId zone) {
    if (from >= to) {
      return new long[0];
    }
    long[] bounds = new long[(int) Math.min(10_000, atLeastIn(from, to) + 8)];
    int size = 0;
    long at = floor(from, zone);
    bounds[size++] = at;
    while (at < to) {
      at = next(at, zone);
      if (size == bounds.length) {
        bounds = Arrays.copyOf(bounds, size * 2);
      }
      bounds[size++] = at;
    }
    return Arrays.copyOf(bounds, size);
  }

  /// The beginning of the interval that a moment lies in.
  public long floor(long ts, ZoneId zone) {
    ZoneRules rules = zone.getRules();
    if (isWithinHours()) {
      return floorWithinHours(ts, rules);
    }
    long start = resolve(floor(local(ts, rules)), rules);
    // Where the clock goes back over midnight, the first midnight is the one that counts.
    for (long next = next(start, zone); next <= ts; next = next(start, zone)) {
      start = next;
    }
    return start;
  }

  /// The beginning of the interval after the one that begins here.
  public long next(long start, ZoneId zone) {
    ZoneRules rules = zone.getRules();
    if (isWithinHours()) {
      return nextWithinHours(start, rules);
    }
    LocalDateTime at = floor(local(start, rules));
    long next;
    do {
      at = plus(at);
      next = resolve(at, rules);
    } while (next <= start);
    return next;
  }

  private boolean isWithinHours() {
    return unit.seconds < DAY_S && HOUR_S % (count * unit.seconds) == 0;
  }

  private long floorWithinHours(long ts, ZoneRules rules) {
    int offset = offset(ts, rules);
    long floor = floorAt(ts, offset);
    return offset(floor, rules) == offset
        ? floor
        : Micros.of(rules.previousTransition(Micros.toInstant(ts).plusNanos(1)).getInstant());
  }

  private long nextWithinHours(long start, ZoneRules rules) {
    int offset = offset(start, rules);
    long next = floorAt(start, offset) + length();
    return offset(next - 1, rules) == offset
        ? next
        : Micros.of(rules.nextTransition(Micros.toInstant(start)).getInstant());
  }

  private long floorAt(long ts, int offset) {
    long shift = offset * SECOND;
    return Math.floorDiv(ts + shift, length()) * length() - shift;
  }

  private static int offset(long ts, ZoneRules rules) {
    return rules.getOffset(Micros.toInstant(ts)).getTotalSeconds();
  }

  private static LocalDateTime local(long ts, ZoneRules rules) {
    Instant at = Micros.toInstant(ts);
    return LocalDateTime.ofEpochSecond(at.getEpochSecond(), at.getNano(), rules.getOffset(at));
  }

  private LocalDateTime floor(LocalDateTime time) {
    LocalDate date = time.toLocalDate();
    return switch (unit) {
      case SECOND, MINUTE, HOUR -> {
        int seconds = (int) (count * unit.seconds);
        yield date.atStartOfDay()
            .plusSeconds(time.toLocalTime().toSecondOfDay() / seconds * (long) seconds);
      }
      case DAY -> date(Math.floorDiv(date.toEpochDay(), count) * count);
      case WEEK ->
          date(MONDAY + Math.floorDiv(date.toEpochDay() - MONDAY, 7L * count) * 7L * count);
      case MONTH -> {
        long month = Math.floorDiv(date.getYear() * 12L + date.getMonthValue() - 1, count) * count;
        yield LocalDate.of((int) Math.floorDiv(month, 12L), (int) Math.floorMod(month, 12L) + 1, 1)
            .atStartOfDay();
      }
      case YEAR -> LocalDate.of(Math.floorDiv(date.getYear(), count) * count, 1, 1).atStartOfDay();
    };
  }

  private static LocalDateTime date(long epochDay) {
    return LocalDateTime.of(LocalDate.ofEpochDay(epochDay), LocalTime.MIDNIGHT);
  }

  private LocalDateTime plus(LocalDateTime start) {
    return switch (unit) {
      case SECOND, MINUTE, HOUR -> start.plusSeconds(count * unit.seconds);
      case DAY -> start.plusDays(count);
      case WEEK -> start.plusWeeks(count);
      case MONTH -> start.plusMonths(count);
      case YEAR -> start.plus(count, ChronoUnit.YEARS);
    };
  }

  /// What the clock on the wall shows, as a moment: of two the first, and of none the change.
  private static long resolve(LocalDateTime time, ZoneRules rules) {
    ZoneOffsetTransition change = rules.getTransition(time);
    if (change == null) {
      return Micros.of(time.toInstant(rules.getOffset(time)));
    }
    return Micros.of(
        change.isGap() ? change.getInstant() : time.toInstant(change.getOffsetBefore()));
  }
}
