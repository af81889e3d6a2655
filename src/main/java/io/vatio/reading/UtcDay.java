package io.vatio.reading;

/// Days of UTC, counted from 1970-01-01; chunks and retention go by them.
final class UtcDay {
  static final long MICROS = 86_400_000_000L;

  private UtcDay() {}

  static long of(long ts) {
    return Math.floorDiv(ts, MICROS);
  }

  /// The first microsecond of the day of a time.
  static long start(long ts) {
    long start = ts - Math.floorMod(ts, MICROS);
    return start > ts ? Long.MIN_VALUE : start;
  }

  /// The last microsecond of the day of a time.
  static long last(long ts) {
    long last = ts + (MICROS - 1 - Math.floorMod(ts, MICROS));
    return last < ts ? Long.MAX_VALUE : last;
  }
}
