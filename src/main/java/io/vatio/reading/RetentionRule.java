package io.vatio.reading;

import org.jspecify.annotations.Nullable;

/// How long to keep what, in days; null keeps it for ever. Sums of days are always kept.
///
/// @param sensorId null for every sensor that has no rule of its own
record RetentionRule(
    @Nullable Long sensorId,
    @Nullable Integer rawDays,
    @Nullable Integer minuteDays,
    @Nullable Integer hourDays) {

  /// Keeps everything.
  static final RetentionRule FOR_EVER = new RetentionRule(null, null, null, null);

  /// Whether sums last as long as what they are made from: they could not be made again.
  boolean isCoherent() {
    return lasts(minuteDays, rawDays) && lasts(hourDays, rawDays) && lasts(hourDays, minuteDays);
  }

  private static boolean lasts(@Nullable Integer coarse, @Nullable Integer fine) {
    return coarse == null || (fine != null && coarse >= fine);
  }
}
