package io.vatio.wind;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WindDirectionTest {
  @ParameterizedTest
  @CsvSource({
    "N, 0",
    "NNE, 22.5",
    "NE, 45",
    "ENE, 67.5",
    "E, 90",
    "ESE, 112.5",
    "SE, 135",
    "SSE, 157.5",
    "S, 180",
    "SSW, 202.5",
    "SW, 225",
    "WSW, 247.5",
    "W, 270",
    "WNW, 292.5",
    "NW, 315",
    "NNW, 337.5",
    "O, 270",
    "SO, 225",
    "SSO, 202.5",
    "OSO, 247.5",
    "ONO, 292.5",
    "NO, 315",
    "NNO, 337.5",
    "n, 0",
    "Noroeste, 315",
    "north, 0",
    "oeste, 270",
    "225, 225",
    "11.25, 11.25",
    "90°, 90",
    "360, 0"
  })
  void reads_names_in_both_languages_and_degrees(String text, double degrees) {
    assertEquals(degrees, WindDirection.degrees(text).orElseThrow());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "arriba", "NEN", "361", "-1", "1e2", "NaN", "٣", "N;DROP", "°"})
  void knows_nothing_else(String text) {
    assertTrue(WindDirection.degrees(text).isEmpty());
  }
}
