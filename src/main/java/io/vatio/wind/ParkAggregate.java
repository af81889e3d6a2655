package io.vatio.wind;

import java.time.Instant;
import java.util.List;
import java.util.OptionalDouble;

/// What a park did in a window and in each of its intervals.
record ParkAggregate(Figures window, List<Part> parts) {

  /// One interval.
  ///
  /// @param from beginning, included
  /// @param to end, excluded
  record Part(Instant from, Instant to, Figures figures) {}

  /// The figures of one stretch of time. Means, sums and extremes are over good records; all are
  /// empty where there is none.
  ///
  /// @param production sum, kWh
  /// @param turbines that sent something, good or not
  /// @param valid number of good records
  /// @param flagged number of doubtful records
  /// @param completeness good records per record expected, 0 to 1; empty where none was due
  record Figures(
      OptionalDouble meanProduction,
      double production,
      OptionalDouble least,
      OptionalDouble most,
      OptionalDouble meanWind,
      OptionalDouble meanTemperature,
      int turbines,
      long valid,
      long flagged,
      OptionalDouble completeness) {}
}
