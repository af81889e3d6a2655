package io.vatio.reading;

import java.time.Instant;

/// A better value for a reading that is there, and who says so.
///
/// @param ts which reading, microseconds since 1970 UTC
/// @param value in the unit of the series, finite
/// @param quality the doubts that remain, bits of [Quality]; `CORRECTED` is added
/// @param reason for people
/// @param author name of the person or program
/// @param at when
public record Correction(
    int seriesId, long ts, double value, int quality, String reason, String author, Instant at) {
  public Correction {
    if (!Double.isFinite(value)) {
      throw new IllegalArgumentException("value " + value);
    }
    value += 0.0;
    quality |= Quality.CORRECTED.bit();
  }
}
