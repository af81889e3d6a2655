package io.vatio.wind;

/// What a turbine gives at which wind: nothing below cut-in, then rising with the cube of the wind,
/// level from the rated wind on.
///
/// A record is a sum over some time and the wind beside it a moment, measured behind the rotor; so
/// the curve is only held against values far from it.
///
/// @param cutInMs wind from which the turbine produces, m/s
/// @param ratedMs wind from which it gives its full power, m/s
/// @param ratedKwh energy of one record at full power, kWh
public record PowerCurve(double cutInMs, double ratedMs, double ratedKwh) {
  /// Production up to this share of the rated one is as good as none: idling, own consumption.
  private static final double IDLE = 0.05;

  /// The wind that the rotor met may have been this much stronger than the measured one.
  private static final double GUST_FACTOR = 1.5;

  private static final double GUST_MS = 1;
  private static final double ABOVE = 0.2;

  /// … or this much weaker; and a turbine may be held back to a quarter of what the wind offers.
  private static final double LULL_FACTOR = 1.25;

  private static final double HELD_BACK = 0.25;

  public PowerCurve {
    if (!(cutInMs > 0 && ratedMs > cutInMs && ratedKwh > 0)) {
      throw new IllegalArgumentException(
          "power curve %s m/s, %s m/s, %s kWh".formatted(cutInMs, ratedMs, ratedKwh));
    }
  }

  /// Energy of one record at this wind, kWh.
  double kwhAt(double windMs) {
    if (windMs < cutInMs) {
      return 0;
    }
    double low = Math.pow(cutInMs, 3);
    double share = (Math.pow(windMs, 3) - low) / (Math.pow(ratedMs, 3) - low);
    return ratedKwh * Math.min(1, share);
  }

  /// Whether a turbine clearly produces although there is too little wind to turn it.
  boolean isPowerWithoutWind(double productionKwh, double windMs) {
    return windMs < cutInMs && !isIdle(productionKwh);
  }

  /// Whether the production is far from what this wind gives. Standing still is no deviation: the
  /// turbine may be switched off.
  boolean isOff(double productionKwh, double windMs) {
    double most = kwhAt(windMs * GUST_FACTOR + GUST_MS) + ABOVE * ratedKwh;
    double least = kwhAt(windMs / LULL_FACTOR) * HELD_BACK;
    return productionKwh > most || (productionKwh < least && !isIdle(productionKwh));
  }

  private boolean isIdle(double productionKwh) {
    return productionKwh <= IDLE * ratedKwh;
  }
}
