package io.vatio.wind;

import io.vatio.device.Device;
import io.vatio.reading.Reading;
import io.vatio.reading.ReadingStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// The newest record of every turbine, from the store's memory.
final class NewestRecords {
  private final ReadingStore readings;
  private final Turbines turbines;

  NewestRecords(ReadingStore readings, Turbines turbines) {
    this.readings = readings;
    this.turbines = turbines;
  }

  /// A record as it was stored.
  ///
  /// @param direction in the turbine's own words
  /// @param at microseconds since 1970 UTC
  /// @param quality bits of [io.vatio.reading.Quality]
  record Newest(
      int id,
      double productionKwh,
      OptionalDouble windMs,
      String direction,
      OptionalDouble temperatureC,
      long at,
      int quality) {}

  /// In order of the turbines' numbers. May block on the store.
  ///
  /// @param seen devices to look at
  List<Newest> list(Predicate<Device> seen) {
    List<Newest> newest = new ArrayList<>();
    for (Turbines.Known turbine : turbines.list(seen)) {
      Optional<Reading> production = readings.latest(turbine.production());
      if (production.isPresent()) {
        newest.add(record(turbine, production.get()));
      }
    }
    return newest;
  }

  private Newest record(Turbines.Known turbine, Reading production) {
    return new Newest(
        turbine.id(),
        production.value(),
        valueAt(turbine.wind(), production.ts()),
        RecordMeta.of(production.meta()).direction(),
        valueAt(turbine.temperature(), production.ts()),
        production.ts(),
        production.quality());
  }

  private OptionalDouble valueAt(@Nullable Integer series, long ts) {
    if (series == null) {
      return OptionalDouble.empty();
    }
    Optional<Reading> latest = readings.latest(series);
    if (latest.isPresent() && latest.get().ts() == ts) {
      return OptionalDouble.of(latest.get().value());
    }
    // A newer record is becoming visible just now, series by series.
    List<Reading> there = readings.newest(series, ts, ts + 1, 1);
    return there.isEmpty() ? OptionalDouble.empty() : OptionalDouble.of(there.getFirst().value());
  }
}
