package io.vatio.kernel;

import java.time.Instant;

/// Points in time as whole microseconds since 1970-01-01T00:00:00Z: what the database holds and
/// what
/// hot paths carry in a `long`.
public final class Micros {
  private static final long PER_SECOND = 1_000_000L;

  private Micros() {}

  /// Whole microseconds of an instant, rounded down.
  public static long of(Instant instant) {
    return Math.addExact(
        Math.multiplyExact(instant.getEpochSecond(), PER_SECOND), instant.getNano() / 1_000);
  }

  /// The instant of a number of microseconds; right before 1970 too.
  public static Instant toInstant(long micros) {
    return Instant.ofEpochSecond(
        Math.floorDiv(micros, PER_SECOND), Math.floorMod(micros, PER_SECOND) * 1_000L);
  }
}
