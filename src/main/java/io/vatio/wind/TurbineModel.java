package io.vatio.wind;

import java.time.Duration;

/// The settings of a model of turbine: what counts as normal for it. Values outside are kept and
/// flagged.
///
/// @param name as shown with the device
/// @param production energy of one record, kWh
/// @param wind wind speed, m/s
/// @param temperature of the air, °C; frost is normal
/// @param curve what the turbine gives at which wind
/// @param stuckRecords so many equal records in a row are suspicious, at least 2 …
/// @param stuckFor … when they also cover this time: a turbine that reports each second may well
///     repeat itself ten times
public record TurbineModel(
    String name,
    Span production,
    Span wind,
    Span temperature,
    PowerCurve curve,
    int stuckRecords,
    Duration stuckFor) {
  public TurbineModel {
    if (stuckRecords < 2) {
      throw new IllegalArgumentException("stuck after %d records".formatted(stuckRecords));
    }
  }

  /// The turbine of the original park: 100 kWh a record at full power.
  public static final TurbineModel GENERIC =
      new TurbineModel(
          "Genérico 100 kWh",
          new Span(0, 100),
          new Span(0, 25),
          new Span(-40, 40),
          new PowerCurve(3, 12, 100),
          10,
          Duration.ofMinutes(10));
}
