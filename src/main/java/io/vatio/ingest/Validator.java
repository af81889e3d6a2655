package io.vatio.ingest;

import io.vatio.kernel.Micros;
import io.vatio.reading.Quality;
import java.time.Duration;
import java.time.Instant;

/// Doubts that need no knowledge of the device.
public final class Validator {
  /// A device's clock may run ahead by this much.
  private static final Duration AHEAD = Duration.ofMinutes(10);

  /// Nothing was measured for this server before then; a device that says so has lost its clock.
  private static final Instant BEFORE_DEVICES = Instant.parse("2000-01-01T00:00:00Z");

  private static final long AHEAD_MICROS = AHEAD.toMillis() * 1_000;
  private static final long BEFORE_DEVICES_MICROS = Micros.of(BEFORE_DEVICES);

  private Validator() {}

  /// The bit of [Quality#CLOCK] when a reading's time cannot be right, else 0.
  public static int clock(Instant at, Instant receivedAt) {
    return at.isBefore(BEFORE_DEVICES) || at.isAfter(receivedAt.plus(AHEAD))
        ? Quality.CLOCK.bit()
        : 0;
  }

  /// The same for microseconds since 1970 UTC.
  static int clock(long at, long receivedAt) {
    return at < BEFORE_DEVICES_MICROS || at > receivedAt + AHEAD_MICROS ? Quality.CLOCK.bit() : 0;
  }
}
