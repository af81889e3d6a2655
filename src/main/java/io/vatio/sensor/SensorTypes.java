package io.vatio.sensor;

import com.fasterxml.jackson.databind.node.ArrayNode;
import io.vatio.kernel.Text;
import io.vatio.platform.json.Json;
import io.vatio.platform.text.Messages;
import java.util.List;
import java.util.function.UnaryOperator;

/// The words for kinds and states that everybody knows, and what they are called. Other kinds are
/// fine, and are called what they are.
final class SensorTypes {
  static final String OTHER = "otro";

  /// The six of the document, the rest of the original's, and what values of devices turn out to
  /// be.
  static final List<String> SENSORS =
      List.of(
          "temperatura",
          "humedad",
          "presion",
          "luz",
          "movimiento",
          "gas",
          "sonido",
          "distancia",
          "acelerometro",
          "giroscopio",
          OTHER,
          "energia",
          "potencia",
          "corriente",
          "tension",
          "frecuencia");

  /// The four of the document, and the rest of the original's.
  static final List<String> DEVICES =
      List.of("raspberry_pi", "esp32", "arduino", "esp8266", "stm32", OTHER);

  static final List<String> SENSOR_STATES = List.of("activo", "inactivo", "mantenimiento");
  static final List<String> DEVICE_STATES =
      List.of("activo", "inactivo", "mantenimiento", "desconectado");

  private SensorTypes() {}

  static String sensor(Messages messages, String language, String type) {
    return label(messages, language, SENSORS, "sensor.type_", type);
  }

  static String device(Messages messages, String language, String type) {
    return label(messages, language, DEVICES, "device.type_", type);
  }

  static String state(Messages messages, String language, String state) {
    return label(messages, language, DEVICE_STATES, "device.state_", state);
  }

  private static String label(
      Messages messages, String language, List<String> known, String prefix, String word) {
    String key = prefix + word;
    return known.contains(word) ? messages.in(language, Text.of(key)) : word;
  }

  /// `[{value, label}]` of some of these words.
  static ArrayNode choices(List<String> words, UnaryOperator<String> label) {
    ArrayNode list = Json.array();
    words.forEach(word -> list.addObject().put("value", word).put("label", label.apply(word)));
    return list;
  }
}
