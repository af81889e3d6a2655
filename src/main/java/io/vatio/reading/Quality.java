package io.vatio.reading;

import java.util.ArrayList;
import java.util.List;

/// Named doubts about a reading, kept as bits beside its value; 0 = good. Doubtful readings are
/// stored and shown, and left out of aggregates.
public enum Quality {
  /// Outside the range of its sensor.
  OUT_OF_RANGE(1, "rango"),
  /// The same value for longer than a living sensor gives.
  STUCK(2, "atascado"),
  /// A turbine that produces without wind.
  POWER_WITHOUT_WIND(4, "potencia_sin_viento"),
  /// Far from the power curve.
  OFF_CURVE(8, "fuera_de_curva"),
  /// Older than one that came before it.
  OUT_OF_ORDER(16, "fuera_de_orden"),
  /// Its time cannot be right: in the future, or before devices existed.
  CLOCK(32, "reloj"),
  /// The device itself reports an error.
  DEVICE_ERROR(64, "error_dispositivo"),
  /// A person replaced the value.
  CORRECTED(128, "corregido"),
  /// A person decided that it does not count.
  DISCARDED(256, "descartado");

  /// Readings with one of these stay out of aggregates; a late or a corrected one is as good as
  /// any.
  public static final int DOUBTFUL = ~(OUT_OF_ORDER.bit | CORRECTED.bit);

  private final int bit;
  private final String code;

  Quality(int bit, String code) {
    this.bit = bit;
    this.code = code;
  }

  public int bit() {
    return bit;
  }

  /// The wire word.
  public String code() {
    return code;
  }

  /// Whether a reading with these bits counts in aggregates.
  public static boolean isGood(int bits) {
    return (bits & DOUBTFUL) == 0;
  }

  /// The wire words of these bits.
  public static List<String> codes(int bits) {
    List<String> codes = new ArrayList<>();
    for (Quality quality : values()) {
      if ((bits & quality.bit) != 0) {
        codes.add(quality.code);
      }
    }
    return codes;
  }
}
