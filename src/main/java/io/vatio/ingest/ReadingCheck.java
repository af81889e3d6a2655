package io.vatio.ingest;

import io.vatio.device.Device;
import io.vatio.device.DeviceRegistry;
import io.vatio.device.Visibility;
import io.vatio.kernel.Micros;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.http.Request;
import io.vatio.sensor.Series;
import io.vatio.sensor.SeriesCatalogue;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Holds the readings of one request against devices and sensors, in this order: both exist, the
/// sender may write there, the sensor is assigned, the value lies in its range. From memory; for
/// one
/// thread.
final class ReadingCheck {
  /// The fault of a reading as a whole.
  static final String WHOLE = "non_field_errors";

  private final Rooms rooms;
  private final Principal sender;

  /// What the request has named before; the same few devices come again and again.
  private final Map<Long, Target> targets = new HashMap<>();

  private @Nullable Target last;
  private final Map<String, Text> faults = new LinkedHashMap<>();
  private @Nullable Series found;
  private long at;

  ReadingCheck(Rooms rooms, Principal sender) {
    this.rooms = rooms;
    this.sender = sender;
  }

  /// Where devices and sensors are found.
  ///
  /// @param zones the clock that a device's moments without zone follow
  record Rooms(
      DeviceRegistry devices,
      Visibility visibility,
      SeriesCatalogue catalogue,
      Function<Device, ZoneId> zones) {}

  /// The series that a reading is of, null when something is wrong: see [#faults].
  ///
  /// @throws Problem.Forbidden for a device that the sender may not write for
  @Nullable Series check(ReadingForm form) {
    collect(form);
    if (faults.size() > 1) {
      putInOrder();
    }
    return faults.isEmpty() ? found : null;
  }

  private void collect(ReadingForm form) {
    found = null;
    faults.clear();
    faults.putAll(form.faults());
    Target target = target(form.device(), form.sensor());
    Device device = faults.containsKey(ReadingForm.DEVICE) ? null : target.device();
    if (device == null) {
      faults.putIfAbsent(ReadingForm.DEVICE, ReadingForm.unknown(Long.toString(form.device())));
    } else if (!target.allowed()) {
      throw Problem.forbidden(Text.of("reading.forbidden"));
    }
    Series series = faults.containsKey(ReadingForm.SENSOR) ? null : target.series();
    if (series == null
        && !faults.containsKey(ReadingForm.SENSOR)
        && !rooms.catalogue().isSensor(form.sensor())) {
      faults.put(ReadingForm.SENSOR, ReadingForm.unknown(Long.toString(form.sensor())));
    }
    at = moment(form, device);
    if (!faults.isEmpty()) {
      return;
    }
    if (series == null || !series.active()) {
      faults.put(WHOLE, Text.of("reading.not_assigned"));
    } else if (!series.inRange(form.value())) {
      faults.put(
          WHOLE,
          Text.of(
              "reading.out_of_range",
              Double.toString(form.value()),
              Double.toString(series.min()),
              Double.toString(series.max())));
    } else {
      found = series;
    }
  }

  /// Field by field, as the document names them.
  private void putInOrder() {
    Map<String, Text> unordered = Map.copyOf(faults);
    faults.clear();
    for (String field : ReadingForm.FIELDS) {
      Text fault = unordered.get(field);
      if (fault != null) {
        faults.put(field, fault);
      }
    }
  }

  /// By field, of the last reading that was checked.
  Map<String, Text> faults() {
    return faults;
  }

  /// When the last reading was measured, see [KnownReadings#UNTIMED].
  long at() {
    return at;
  }

  private long moment(ReadingForm form, @Nullable Device device) {
    String text = form.moment();
    if (text == null) {
      return form.at();
    }
    ZoneId zone = device == null ? ZoneOffset.UTC : rooms.zones().apply(device);
    try {
      return Micros.of(Request.instant(ReadingForm.TIMESTAMP, text, zone));
    } catch (Problem.Invalid e) {
      faults.putIfAbsent(ReadingForm.TIMESTAMP, e.text());
      return KnownReadings.UNTIMED;
    }
  }

  private Target target(long deviceId, long sensorId) {
    Target known = last;
    if (known != null && known.deviceId() == deviceId && known.sensorId() == sensorId) {
      return known;
    }
    // Two sensors that fall on the same place are told apart by their ids.
    long place = deviceId * 1_000_003 + sensorId;
    known = targets.get(place);
    if (known == null || known.deviceId() != deviceId || known.sensorId() != sensorId) {
      known = find(deviceId, sensorId);
      targets.put(place, known);
    }
    last = known;
    return known;
  }

  private Target find(long deviceId, long sensorId) {
    Optional<Device> device = rooms.devices().findById(deviceId);
    return new Target(
        deviceId,
        sensorId,
        device.orElse(null),
        device.isPresent() && mayWrite(device.get()),
        rooms.catalogue().findBySensor(deviceId, sensorId).orElse(null));
  }

  private boolean mayWrite(Device device) {
    return sender instanceof Principal.Device self
        ? self.id() == device.id()
        : rooms.visibility().mayChange(sender, device);
  }

  private record Target(
      long deviceId,
      long sensorId,
      @Nullable Device device,
      boolean allowed,
      @Nullable Series series) {}
}
