package io.vatio.protocol.simulator;

import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;

/// The local hour as people feel it.
///
/// @param hour 0 to below 24, with its fraction
record DayTime(double hour, boolean weekend) {

  static DayTime of(Instant now, ZoneId zone) {
    ZonedDateTime local = now.atZone(zone);
    DayOfWeek day = local.getDayOfWeek();
    LocalTime time = local.toLocalTime();
    return new DayTime(
        time.toSecondOfDay() / 3600.0, day == DayOfWeek.SATURDAY || day == DayOfWeek.SUNDAY);
  }

  boolean between(double from, double to) {
    return hour >= from && hour < to;
  }

  /// 0 outside the hours, rising to 1 in their middle.
  double bump(double from, double to) {
    return between(from, to) ? Math.sin(Math.PI * (hour - from) / (to - from)) : 0;
  }

  /// -1 at 5 in the morning, 1 at 17: the day's warmth.
  double warmth() {
    return -Math.cos(2 * Math.PI * (hour - 5) / 24);
  }
}
