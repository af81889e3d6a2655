package io.vatio.reading;

import org.jspecify.annotations.Nullable;

/// One value of one series at one moment, committed.
///
/// @param seq place in the order of commits, rising, unique, never reused
/// @param seriesId see [io.vatio.sensor.Series]
/// @param ts when it was measured, microseconds since 1970 UTC
/// @param value in the unit of the series
/// @param quality bits of [Quality]
/// @param meta JSON text kept with it, null for none
public record Reading(
    long seq, int seriesId, long ts, double value, int quality, @Nullable String meta) {
  /// The same under another number.
  Reading withSeq(long other) {
    return new Reading(other, seriesId, ts, value, quality, meta);
  }
}
