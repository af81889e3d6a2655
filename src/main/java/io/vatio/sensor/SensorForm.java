package io.vatio.sensor;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.device.DispositivoLimits;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.http.Fields;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a person sends about a sensor; null for what the body does not say. Everything wrong with
/// it is said at once.
record SensorForm(
    @Nullable String name,
    @Nullable String type,
    @Nullable String unit,
    @Nullable Double min,
    @Nullable Double max,
    @Nullable String state,
    @Nullable String description) {
  private static final int NAME = 200;
  private static final int TYPE = 100;
  private static final int UNIT = 50;
  private static final int DESCRIPTION = 2_000;
  private static final double LEAST = -1_000_000;
  private static final double GREATEST = 1_000_000;

  /// Reads a body.
  ///
  /// @param partial whether fields may be missing that a sensor cannot do without
  /// @throws Problem.Invalid naming every field that is wrong
  static SensorForm read(ObjectNode body, boolean partial) {
    Fields in = new Fields(body);
    SensorForm form =
        new SensorForm(
            text(in, "nombre", NAME, partial),
            text(in, "tipo", TYPE, partial),
            text(in, "unidad_medida", UNIT, partial),
            min(in, partial),
            max(in, partial),
            choice(in, "estado", SensorTypes.SENSOR_STATES),
            optional(in, "descripcion", DESCRIPTION));
    in.check();
    return form;
  }

  private static @Nullable Double min(Fields in, boolean partial) {
    if (partial && !in.has("rango_min")) {
      return null;
    }
    double value = in.number("rango_min");
    if (value < LEAST) {
      in.fault("rango_min", Text.of("http.number_min", "-1000000"));
    }
    return value;
  }

  private static @Nullable Double max(Fields in, boolean partial) {
    if (partial && !in.has("rango_max")) {
      return null;
    }
    double value = in.number("rango_max");
    if (value > GREATEST) {
      in.fault("rango_max", Text.of("http.number_max", "1000000"));
    }
    return value;
  }

  static @Nullable String text(Fields in, String name, int length, boolean partial) {
    return partial && !in.has(name) ? null : clean(in, name, in.text(name, length), length);
  }

  static @Nullable String optional(Fields in, String name, int length) {
    return in.has(name) ? clean(in, name, in.text(name, length, ""), length) : null;
  }

  private static String clean(Fields in, String name, String text, int length) {
    Text fault = DispositivoLimits.text(name, text, length);
    return fault == null ? text : in.fault(name, fault);
  }

  static @Nullable String choice(Fields in, String name, List<String> words) {
    if (!in.has(name)) {
      return null;
    }
    String word = in.text(name, 50);
    if (in.isFine(name) && !words.contains(word)) {
      in.fault(name, Text.of("http.not_a_choice", DispositivoLimits.shown(word)));
    }
    return word;
  }

  /// A new sensor of this form, which must be complete.
  Sensor create(@Nullable Long createdBy, Instant now) {
    checkRange(or(min, 0), or(max, 0));
    return new Sensor(
        0,
        or(name, ""),
        or(type, ""),
        or(unit, ""),
        or(min, 0),
        or(max, 0),
        or(state, Sensor.ACTIVE),
        or(description, ""),
        false,
        createdBy,
        now,
        now);
  }

  /// The sensor with what this form says.
  Sensor applyTo(Sensor sensor, Instant now) {
    double newMin = or(min, sensor.min());
    double newMax = or(max, sensor.max());
    checkRange(newMin, newMax);
    return new Sensor(
        sensor.id(),
        or(name, sensor.name()),
        or(type, sensor.type()),
        or(unit, sensor.unit()),
        newMin,
        newMax,
        or(state, sensor.state()),
        or(description, sensor.description()),
        sensor.automatic(),
        sensor.createdBy(),
        sensor.createdAt(),
        now);
  }

  private static void checkRange(double min, double max) {
    if (!(min < max)) {
      throw Problem.invalid("non_field_errors", Text.of("sensor.range"));
    }
  }

  private static String or(@Nullable String said, String otherwise) {
    return said == null ? otherwise : said;
  }

  private static double or(@Nullable Double said, double otherwise) {
    return said == null ? otherwise : said;
  }
}
