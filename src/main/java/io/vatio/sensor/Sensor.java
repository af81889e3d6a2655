package io.vatio.sensor;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A kind of measurement, with its unit and the values that can be.
///
/// @param type a word such as `temperatura`, `energia` or `otro`; others are fine
/// @param unit as printed behind a value, empty for none
/// @param min smallest valid value, in the unit
/// @param max largest valid value, in the unit
/// @param state `activo`, `inactivo` or `mantenimiento`
/// @param automatic whether it was made for values that nobody had declared
/// @param createdBy account that made it, null for none
public record Sensor(
    long id,
    String name,
    String type,
    String unit,
    double min,
    double max,
    String state,
    String description,
    boolean automatic,
    @Nullable Long createdBy,
    Instant createdAt,
    Instant updatedAt) {
  /// The state of one that is in use.
  static final String ACTIVE = "activo";

  public Sensor {
    if (!(min < max)) {
      throw new IllegalArgumentException("range of %s: %s to %s".formatted(name, min, max));
    }
  }

  Sensor withId(long newId) {
    return new Sensor(
        newId,
        name,
        type,
        unit,
        min,
        max,
        state,
        description,
        automatic,
        createdBy,
        createdAt,
        updatedAt);
  }

  /// The same sensor, of a maker that is gone.
  Sensor ofNobody() {
    return new Sensor(
        id, name, type, unit, min, max, state, description, automatic, null, createdAt, updatedAt);
  }

  /// Whether values nobody declared, with this template, are its.
  boolean fits(SensorTemplate template) {
    return automatic
        && name.equals(template.name())
        && type.equals(template.type())
        && unit.equals(template.unit())
        && min == template.min()
        && max == template.max();
  }
}
