package io.vatio.wind;

import java.util.Arrays;
import java.util.OptionalLong;

/// How often a turbine reports, found in the times of its records: the median of the gaps between
/// neighbours, which outages, repeats and a few late records do not move.
final class Cadence {
  /// With fewer gaps nobody can tell.
  static final int GAPS = 5;

  /// No turbine reports more often than each second; records closer together came in a burst, and
  /// their gaps say nothing about what is due.
  private static final long LEAST_MICROS = 1_000_000;

  private Cadence() {}

  /// Microseconds between records, empty when there are too few of them.
  ///
  /// @param times in order, rising or falling
  /// @param count how many of them count, from the first
  static OptionalLong of(long[] times, int count) {
    int gaps = count - 1;
    if (gaps < GAPS) {
      return OptionalLong.empty();
    }
    long[] gap = new long[gaps];
    for (int i = 0; i < gaps; i++) {
      gap[i] = Math.abs(times[i + 1] - times[i]);
    }
    Arrays.sort(gap);
    return OptionalLong.of(Math.max(LEAST_MICROS, gap[gaps / 2]));
  }
}
