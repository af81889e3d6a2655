package io.vatio.wind;

import java.util.OptionalDouble;

/// The sums of one stretch of time: of one turbine, then of the park.
final class Cell {
  private double production;
  private double least = Double.POSITIVE_INFINITY;
  private double most = Double.NEGATIVE_INFINITY;
  private long valid;
  private long flagged;
  private double wind;
  private long windCount;
  private double temperature;
  private long temperatureCount;
  private int turbines;
  private long due;

  /// Of what was due.
  private long received;

  void addProduction(double kwh, boolean good) {
    turbines = 1;
    if (good) {
      production += kwh;
      least = Math.min(least, kwh);
      most = Math.max(most, kwh);
      valid++;
    } else {
      flagged++;
    }
  }

  void addWind(double ms) {
    wind += ms;
    windCount++;
  }

  void addTemperature(double celsius) {
    temperature += celsius;
    temperatureCount++;
  }

  /// Says how many records were due from the one turbine of this cell; 0 where nobody can tell:
  /// then
  /// those count that came.
  void expect(long records) {
    due = records == 0 ? valid + flagged : records;
    received = Math.min(valid, due);
  }

  /// Adds the cell of another turbine.
  void merge(Cell other) {
    production += other.production;
    least = Math.min(least, other.least);
    most = Math.max(most, other.most);
    valid += other.valid;
    flagged += other.flagged;
    wind += other.wind;
    windCount += other.windCount;
    temperature += other.temperature;
    temperatureCount += other.temperatureCount;
    turbines += other.turbines;
    due += other.due;
    received += other.received;
  }

  ParkAggregate.Figures figures() {
    return new ParkAggregate.Figures(
        mean(production, valid),
        production,
        valid == 0 ? OptionalDouble.empty() : OptionalDouble.of(least),
        valid == 0 ? OptionalDouble.empty() : OptionalDouble.of(most),
        mean(wind, windCount),
        mean(temperature, temperatureCount),
        turbines,
        valid,
        flagged,
        mean(received, due));
  }

  private static OptionalDouble mean(double sum, long count) {
    return count == 0 ? OptionalDouble.empty() : OptionalDouble.of(sum / count);
  }
}
