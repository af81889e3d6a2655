package io.vatio.wind;

import io.vatio.device.Device;
import io.vatio.device.DeviceRegistry;
import io.vatio.sensor.Series;
import io.vatio.sensor.SeriesCatalogue;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// The turbines that ever sent a record. Thread safe; answers from memory.
final class Turbines {
  private final DeviceRegistry devices;
  private final SeriesCatalogue catalogue;

  Turbines(DeviceRegistry devices, SeriesCatalogue catalogue) {
    this.devices = devices;
    this.catalogue = catalogue;
  }

  /// One of them.
  ///
  /// @param id its number
  /// @param production id of the series; the others may be missing where somebody made the device
  ///     by hand
  record Known(int id, int production, @Nullable Integer wind, @Nullable Integer temperature) {}

  /// All of them in order of their numbers.
  List<Known> list() {
    return list(_ -> true);
  }

  /// Those of some devices, in order of their numbers.
  List<Known> list(Predicate<Device> seen) {
    List<Known> known = new ArrayList<>();
    for (Series production : catalogue.listByKey(Turbine.PRODUCTION)) {
      Optional<Device> device = devices.findById(production.deviceId()).filter(seen);
      OptionalInt id = device.isEmpty() ? OptionalInt.empty() : Turbine.id(device.get().serial());
      if (id.isPresent()) {
        known.add(
            new Known(
                id.getAsInt(),
                production.id(),
                series(production.deviceId(), Turbine.WIND),
                series(production.deviceId(), Turbine.TEMPERATURE)));
      }
    }
    known.sort(Comparator.comparingInt(Known::id));
    return known;
  }

  private @Nullable Integer series(long device, String key) {
    return catalogue.find(device, key).map(Series::id).orElse(null);
  }
}
