package io.vatio.wind;

import io.vatio.reading.Quality;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// The judgement of one record: which doubts it raises. Pure; knows no clock and no store.
///
/// | doubt | when |
/// |---|---|
/// | OUT_OF_RANGE | a value outside the limits of its quantity |
/// | DEVICE_ERROR | the turbine says so |
/// | POWER_WITHOUT_WIND | clear production with wind below cut-in |
/// | OFF_CURVE | everything in range, but far from the power curve |
/// | STUCK | production and wind unchanged, with wind, for many records and a long time |
/// | OUT_OF_ORDER | older than the newest record of this turbine |
final class QualityRules {
  private final PowerCurve curve;
  private final int stuckRecords;
  private final Duration stuckFor;

  QualityRules(TurbineModel model) {
    this.curve = model.curve();
    this.stuckRecords = model.stuckRecords();
    this.stuckFor = model.stuckFor();
  }

  /// What is plausible for one turbine: its model's limits, or what people made of its sensors.
  record Limits(Span production, Span wind, Span temperature) {}

  /// @param quality bits of [Quality]
  /// @param history as the next record of this turbine will find it
  record Verdict(int quality, History history) {}

  /// The newest record of a turbine and how long it has said the same.
  ///
  /// @param at of the newest record
  /// @param since of the first record of the present run of equal ones
  /// @param run length of that run, at least 1
  record History(Instant at, double productionKwh, double windMs, Instant since, int run) {
    static History startingWith(Instant at, double productionKwh, double windMs) {
      return new History(at, productionKwh, windMs, at, 1);
    }

    /// The history with a record that is newer than all before.
    History followedBy(Instant next, double production, double wind) {
      return production == productionKwh && wind == windMs
          ? new History(next, production, wind, since, run + 1)
          : startingWith(next, production, wind);
    }
  }

  /// @param at when the record was measured
  /// @param history of its turbine, null for none
  Verdict judge(GeneratorRecord record, Instant at, Limits limits, @Nullable History history) {
    int quality = alone(record, limits);
    if (history != null && at.isBefore(history.at())) {
      return new Verdict(quality | Quality.OUT_OF_ORDER.bit(), history);
    }
    if (history != null && at.equals(history.at())) {
      // The same record once more; the store keeps one of them.
      return new Verdict(quality | stuck(history), history);
    }
    History next =
        history == null
            ? History.startingWith(at, record.productionKwh(), record.windMs())
            : history.followedBy(at, record.productionKwh(), record.windMs());
    return new Verdict(quality | stuck(next), next);
  }

  /// The doubts that need no other record.
  int alone(GeneratorRecord record, Limits limits) {
    int quality = record.error() ? Quality.DEVICE_ERROR.bit() : 0;
    boolean inRange =
        limits.production().contains(record.productionKwh())
            && limits.wind().contains(record.windMs())
            && limits.temperature().contains(record.temperatureC());
    if (!inRange) {
      quality |= Quality.OUT_OF_RANGE.bit();
    }
    if (curve.isPowerWithoutWind(record.productionKwh(), record.windMs())) {
      quality |= Quality.POWER_WITHOUT_WIND.bit();
    } else if (inRange && curve.isOff(record.productionKwh(), record.windMs())) {
      quality |= Quality.OFF_CURVE.bit();
    }
    return quality;
  }

  private int stuck(History history) {
    boolean stuck =
        history.windMs() > 0
            && history.run() >= stuckRecords
            && !history.at().isBefore(history.since().plus(stuckFor));
    return stuck ? Quality.STUCK.bit() : 0;
  }
}
