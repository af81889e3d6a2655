package io.vatio.reading;

import io.vatio.device.Device;
import io.vatio.device.DeviceRegistry;
import io.vatio.device.Visibility;
import io.vatio.kernel.Micros;
import io.vatio.kernel.Reach;
import io.vatio.platform.http.Request;
import io.vatio.sensor.Series;
import io.vatio.sensor.SeriesCatalogue;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Which readings a request means: `dispositivo`, `sensor`, `fecha_inicio`, `fecha_fin`, and of
/// those only what the sender sees. Thread safe.
final class LecturaSelection {
  private final DeviceRegistry devices;
  private final Visibility visibility;
  private final SeriesCatalogue catalogue;
  private final ZoneId zone;

  /// @param zone of a moment that names none
  LecturaSelection(
      DeviceRegistry devices, Visibility visibility, SeriesCatalogue catalogue, ZoneId zone) {
    this.devices = devices;
    this.visibility = visibility;
    this.catalogue = catalogue;
    this.zone = zone;
  }

  ZoneId zone() {
    return zone;
  }

  Lecturas.Range of(Request request) {
    int device = request.queryInt("dispositivo", 0, 1, Integer.MAX_VALUE);
    int sensor = request.queryInt("sensor", 0, 1, Integer.MAX_VALUE);
    Instant from = request.queryInstant("fecha_inicio", zone);
    Instant to = request.queryInstant("fecha_fin", zone);
    return new Lecturas.Range(
        ids(request, device, sensor),
        from == null ? Long.MIN_VALUE : Micros.of(from),
        to == null ? Long.MAX_VALUE : Micros.of(to) + 1);
  }

  private int[] ids(Request request, long device, long sensor) {
    Collection<Series> some;
    if (device == 0) {
      some = catalogue.listAll();
      if (request.principal().reach() != Reach.ALL) {
        Set<Long> seen = new HashSet<>();
        visibility.list(request.principal()).forEach(d -> seen.add(d.id()));
        some = some.stream().filter(s -> seen.contains(s.deviceId())).toList();
      }
    } else {
      Optional<Device> seen = devices.findById(device).filter(visibility.of(request.principal()));
      some = seen.isEmpty() ? List.of() : catalogue.listOf(device);
    }
    return some.stream()
        .filter(s -> sensor == 0 || s.sensorId() == sensor)
        .mapToInt(Series::id)
        .toArray();
  }
}
