package io.vatio.sensor;

import io.vatio.device.Device;
import io.vatio.device.DeviceRegistry;
import io.vatio.device.Visibility;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Reach;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Predicate;

/// Which sensors somebody sees and may change. Kinds that people declared are there for everybody
/// of the installation; those made for undeclared values go with the devices that have them; an
/// external user sees only what the shared devices have. From memory; thread safe.
public final class SensorVisibility {
  private final Visibility visibility;
  private final DeviceRegistry devices;
  private final SeriesCatalogue catalogue;

  public SensorVisibility(
      Visibility visibility, DeviceRegistry devices, SeriesCatalogue catalogue) {
    this.visibility = visibility;
    this.devices = devices;
    this.catalogue = catalogue;
  }

  boolean sees(Principal principal, Sensor sensor) {
    return switch (principal.reach()) {
      case ALL -> true;
      case OWN -> !sensor.automatic() || isOnASeenDevice(principal, sensor);
      case SHARED -> isOnASeenDevice(principal, sensor);
    };
  }

  private boolean isOnASeenDevice(Principal principal, Sensor sensor) {
    return catalogue.listOfSensor(sensor.id()).stream()
        .anyMatch(series -> visibility.sees(principal, series.deviceId()));
  }

  /// Whether this one may change a sensor, if it holds the permission for that: it made it, or only
  /// devices of its own have it.
  boolean mayChange(Principal principal, Sensor sensor) {
    if (principal.reach() != Reach.OWN) {
      return principal.reach() == Reach.ALL;
    }
    OptionalLong account = principal.account();
    if (account.isPresent() && Objects.equals(sensor.createdBy(), account.getAsLong())) {
      return true;
    }
    List<Series> all = catalogue.listOfSensor(sensor.id());
    return !all.isEmpty()
        && all.stream()
            .allMatch(
                series ->
                    devices
                        .findById(series.deviceId())
                        .filter(device -> visibility.mayChange(principal, device))
                        .isPresent());
  }

  /// What somebody sees, in order of creation.
  public List<Sensor> list(Principal principal) {
    List<Sensor> all = catalogue.sensors().listAll();
    if (principal.reach() == Reach.ALL) {
      return all;
    }
    Predicate<Sensor> declared = sensor -> principal.reach() == Reach.OWN && !sensor.automatic();
    Set<Long> unseen = new HashSet<>();
    all.stream().filter(declared.negate()).forEach(sensor -> unseen.add(sensor.id()));
    for (Device device : visibility.list(principal)) {
      if (unseen.isEmpty()) {
        return all;
      }
      catalogue.listOf(device.id()).forEach(series -> unseen.remove(series.sensorId()));
    }
    return all.stream().filter(sensor -> !unseen.contains(sensor.id())).toList();
  }
}
