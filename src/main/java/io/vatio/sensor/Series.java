package io.vatio.sensor;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;

/// A sensor of a device: one stream of readings.
///
/// @param id small number, the key of every reading
/// @param key the field's name on the wire
/// @param sensorName what people call the sensor
/// @param unit as printed behind a value
/// @param min smallest valid value, in the unit
/// @param max largest valid value, in the unit
/// @param active whether the sensor is assigned now; the readings of one that was removed stay
/// @param configuration `intervalo` (seconds), `umbral_alerta` and more; treat as unmodifiable
/// @param assignedAt when the sensor was assigned, the last time
public record Series(
    int id,
    long deviceId,
    long sensorId,
    String key,
    String sensorName,
    String unit,
    double min,
    double max,
    boolean active,
    ObjectNode configuration,
    Instant assignedAt) {

  /// Whether a value lies inside the sensor's range, ends included.
  public boolean inRange(double value) {
    return value >= min && value <= max;
  }

  /// The same stream as it is for a sensor that has changed, or for another one.
  Series of(Sensor sensor) {
    return new Series(
        id,
        deviceId,
        sensor.id(),
        key,
        sensor.name(),
        sensor.unit(),
        sensor.min(),
        sensor.max(),
        active,
        configuration,
        assignedAt);
  }

  Series assigned(boolean nowActive, ObjectNode newConfiguration, Instant at) {
    return new Series(
        id, deviceId, sensorId, key, sensorName, unit, min, max, nowActive, newConfiguration, at);
  }
}
