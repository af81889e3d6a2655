package io.vatio.sensor;

/// A sensor of a device: one stream of readings.
///
/// @param id small number, the key of every reading
/// @param key the field's name on the wire
/// @param sensorName what people call the sensor
/// @param unit as printed behind a value
/// @param min smallest valid value, in the unit
/// @param max largest valid value, in the unit
public record Series(
    int id,
    long deviceId,
    long sensorId,
    String key,
    String sensorName,
    String unit,
    double min,
    double max) {

  /// Whether a value lies inside the sensor's range, ends included.
  public boolean inRange(double value) {
    return value >= min && value <= max;
  }
}
