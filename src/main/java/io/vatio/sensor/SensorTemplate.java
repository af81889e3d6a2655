package io.vatio.sensor;

/// Which sensor of a device is meant, and what to make of it should it be new.
///
/// @param key the field's name on the wire, unique per device (`potencia_w`)
/// @param name what people call it
/// @param type a kind such as `temperatura`, `energia`, `potencia`, or `otro`
/// @param unit as printed behind a value, empty for none
/// @param min smallest plausible value, in the unit
/// @param max largest plausible value, in the unit
public record SensorTemplate(
    String key, String name, String type, String unit, double min, double max) {
  public SensorTemplate {
    if (!(min < max)) {
      throw new IllegalArgumentException("range of %s: %s to %s".formatted(key, min, max));
    }
  }
}
