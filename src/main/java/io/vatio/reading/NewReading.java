package io.vatio.reading;

import org.jspecify.annotations.Nullable;

/// A reading about to be stored.
///
/// @param ts when it was measured, or when it arrived, microseconds since 1970 UTC
/// @param timed whether ts came with the reading: then (series, ts) is its identity. Otherwise ts
/// is
///     moved on by microseconds until it is free.
/// @param delivery fingerprint of the message it came in, 0 for none
/// @param redelivered whether to compare that fingerprint with earlier ones
public record NewReading(
    int seriesId,
    long ts,
    boolean timed,
    double value,
    int quality,
    @Nullable String meta,
    long delivery,
    boolean redelivered) {
  public NewReading {
    // SQLite keeps no negative zero; both databases shall give back the same bits.
    value += 0.0;
  }
}
