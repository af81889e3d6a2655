package io.vatio.wind;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;

/// Compass names as degrees, 0 = north, clockwise: the sixteen points in English and Spanish (O for
/// west), the words for the four main ones, and plain degrees as text.
final class WindDirection {
  private static final List<String> POINTS =
      List.of(
          "N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW",
          "NW", "NNW");

  private static final double STEP = 22.5;
  private static final Map<String, Double> DEGREES = degrees();

  private WindDirection() {}

  /// Degrees in [0, 360), empty for a text that names no direction.
  static OptionalDouble degrees(String text) {
    String name = text.strip().toUpperCase(Locale.ROOT);
    Double known = DEGREES.get(name);
    if (known != null) {
      return OptionalDouble.of(known);
    }
    return name.matches("\\d{1,3}(\\.\\d{1,6})?°?") ? number(name) : OptionalDouble.empty();
  }

  private static OptionalDouble number(String text) {
    double degrees =
        Double.parseDouble(text.endsWith("°") ? text.substring(0, text.length() - 1) : text);
    return degrees <= 360 ? OptionalDouble.of(degrees % 360) : OptionalDouble.empty();
  }

  private static Map<String, Double> degrees() {
    Map<String, Double> degrees = new HashMap<>();
    for (int i = 0; i < POINTS.size(); i++) {
      degrees.put(POINTS.get(i), i * STEP);
      degrees.put(POINTS.get(i).replace('W', 'O'), i * STEP);
    }
    List<List<String>> words =
        List.of(
            List.of("NORTE", "NORTH"),
            List.of("NORESTE", "NORDESTE", "NORTHEAST"),
            List.of("ESTE", "EAST"),
            List.of("SURESTE", "SUDESTE", "SOUTHEAST"),
            List.of("SUR", "SOUTH"),
            List.of("SUROESTE", "SUDOESTE", "SOUTHWEST"),
            List.of("OESTE", "WEST"),
            List.of("NOROESTE", "NORTHWEST"));
    for (int i = 0; i < words.size(); i++) {
      for (String word : words.get(i)) {
        degrees.put(word, i * 2 * STEP);
      }
    }
    return Map.copyOf(degrees);
  }
}
