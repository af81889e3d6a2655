package io.vatio.wind;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// The lengths of time that aggregates come in. Intervals begin where the clock on the wall says
/// so:
/// at full minutes, quarters, hours, midnights; a day has 23 or 25 hours when the clock changes.
enum Interval {
  MINUTE("1m", Duration.ofMinutes(1)),
  FIVE_MINUTES("5m", Duration.ofMinutes(5)),
  TEN_MINUTES("10m", Duration.ofMinutes(10)),
  QUARTER("15m", Duration.ofMinutes(15)),
  HALF_HOUR("30m", Duration.ofMinutes(30)),
  HOUR("1h", Duration.ofHours(1)),
  DAY("1d", Duration.ofDays(1));

  private final String code;
  private final Duration length;

  Interval(String code, Duration length) {
    this.code = code;
    this.length = length;
  }

  /// The wire word.
  String code() {
    return code;
  }

  static Optional<Interval> findByCode(String code) {
    return Arrays.stream(values()).filter(i -> i.code.equals(code)).findFirst();
  }

  /// All wire words, shortest first.
  static List<String> codes() {
    return Arrays.stream(values()).map(Interval::code).toList();
  }

  /// A lower bound of the number of intervals that a window touches.
  long atLeastIn(Instant from, Instant to) {
    // No interval is longer than an hour more than its nominal length.
    return Duration.between(from, to).dividedBy(length.plusHours(this == DAY ? 1 : 0));
  }

  /// The bounds of all intervals that share a moment with [from, to), in order: interval i lies
  /// between bound i and bound i + 1. Empty for an empty window.
  List<Instant> bounds(Instant from, Instant to, ZoneId zone) {
    List<Instant> bounds = new ArrayList<>();
    if (!from.isBefore(to)) {
      return bounds;
    }
    ZonedDateTime at = floor(from.atZone(zone));
    bounds.add(at.toInstant());
    while (at.toInstant().isBefore(to)) {
      at = next(at);
      bounds.add(at.toInstant());
    }
    return bounds;
  }

  private ZonedDateTime next(ZonedDateTime at) {
    if (this == DAY) {
      return at.toLocalDate().plusDays(1).atStartOfDay(at.getZone());
    }
    ZonedDateTime next = at.plus(length);
    ZonedDateTime aligned = floor(next);
    // Where the clock goes back by half an hour the aligned time may lie behind us.
    return aligned.isAfter(at) ? aligned : next;
  }

  private ZonedDateTime floor(ZonedDateTime time) {
    if (this == DAY) {
      return time.toLocalDate().atStartOfDay(time.getZone());
    }
    LocalDateTime hour = time.toLocalDateTime().truncatedTo(ChronoUnit.HOURS);
    long minutes = time.getMinute() / length.toMinutes() * length.toMinutes();
    // Keeps the offset, so that the second three o'clock of an autumn night stays the second.
    return time.with(hour.plusMinutes(minutes));
  }
}
