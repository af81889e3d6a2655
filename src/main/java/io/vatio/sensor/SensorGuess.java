package io.vatio.sensor;

import java.util.List;
import java.util.Locale;

/// Guesses type, unit and a generous range from a field's name, for values that nobody declared.
/// People can correct all of it later.
public final class SensorGuess {
  private static final double ANY = 1e15;

  /// First match wins: longer endings stand before the shorter ones that they contain.
  private static final List<Rule> RULES =
      List.of(
          new Rule(List.of("_kwh", "energia_kwh", "kwh"), "energia", "kWh", -ANY, ANY),
          new Rule(List.of("_wh"), "energia", "Wh", -ANY, ANY),
          new Rule(List.of("_kw", "kw"), "potencia", "kW", -1e6, 1e6),
          new Rule(List.of("_w", "watts", "potencia", "power"), "potencia", "W", -1e9, 1e9),
          new Rule(List.of("_ma"), "corriente", "mA", -1e8, 1e8),
          new Rule(List.of("_mv"), "tension", "mV", -1e9, 1e9),
          new Rule(List.of("_v", "voltage", "voltaje", "tension"), "tension", "V", -1e6, 1e6),
          new Rule(List.of("_a", "current", "corriente"), "corriente", "A", -1e5, 1e5),
          new Rule(List.of("_hz", "frecuencia"), "frecuencia", "Hz", 0, 1e6),
          new Rule(
              List.of("temp", "temperatura", "temperature", "_c"), "temperatura", "°C", -90, 1000),
          new Rule(List.of("humedad", "humidity", "_rh"), "humedad", "%", 0, 100),
          new Rule(List.of("presion", "pressure", "_hpa"), "presion", "hPa", 0, 1e5),
          new Rule(List.of("co2_ppm", "_ppm", "co2", "gas"), "gas", "ppm", 0, 1e6),
          new Rule(List.of("luz_lux", "_lux", "luz", "lux"), "luz", "lux", 0, 200_000),
          new Rule(List.of("_db", "ruido"), "sonido", "dB", -200, 300),
          new Rule(
              List.of("_pct", "porcentaje", "bateria", "battery", "soc"), "otro", "%", -ANY, ANY));

  private SensorGuess() {}

  /// A template for a field of this name.
  public static SensorTemplate of(String key) {
    String name = key.toLowerCase(Locale.ROOT);
    for (Rule rule : RULES) {
      if (rule.matches(name)) {
        return new SensorTemplate(key, key, rule.type(), rule.unit(), rule.min(), rule.max());
      }
    }
    return new SensorTemplate(key, key, "otro", "", -ANY, ANY);
  }

  private record Rule(List<String> words, String type, String unit, double min, double max) {
    boolean matches(String name) {
      return words.stream()
          .anyMatch(
              w ->
                  w.startsWith("_")
                      ? name.endsWith(w)
                      : name.equals(w) || name.endsWith("_" + w) || name.startsWith(w + "_"));
    }
  }
}
