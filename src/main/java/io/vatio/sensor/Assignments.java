package io.vatio.sensor;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.audit.AuditLog;
import io.vatio.device.Device;
import io.vatio.device.DeviceRegistry;
import io.vatio.kernel.Micros;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.db.ConstraintException;
import io.vatio.platform.json.Json;
import java.text.Normalizer;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.function.IntConsumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What people assign to devices, configure and remove. The readings of a sensor that was removed
/// stay, and so does its series: assigned again it goes on where it ended. Blocks; thread safe.
final class Assignments {
  /// Sensors of one device.
  static final int MOST = 500;

  /// Characters of a name on the wire.
  static final int KEY = 100;

  private static final Pattern MARKS = Pattern.compile("\\p{M}+");
  private static final Pattern OTHER_THAN_WORDS = Pattern.compile("[^a-z0-9]+");

  private final DeviceRegistry devices;
  private final SeriesCatalogue catalogue;
  private final IntConsumer intervalChanged;

  /// @param intervalChanged hears of series whose values now count for longer or shorter
  Assignments(DeviceRegistry devices, SeriesCatalogue catalogue, IntConsumer intervalChanged) {
    this.devices = devices;
    this.catalogue = catalogue;
    this.intervalChanged = intervalChanged;
  }

  /// Assigns a sensor. Where the name on the wire belongs to values that nobody had declared, the
  /// sensor takes these over, with all readings there are.
  ///
  /// @param key name on the wire, null for one that is made of the sensor's type or name
  /// @return empty when it is assigned already
  Optional<Series> assign(
      Device device, Sensor sensor, @Nullable String key, ObjectNode configuration) {
    Series done;
    ObjectNode before = Json.object();
    catalogue.changes().lock();
    try {
      Series known = catalogue.findBySensor(device.id(), sensor.id()).orElse(null);
      if (known != null && known.active()) {
        return Optional.empty();
      }
      if (known != null) {
        if (key != null && !key.equals(known.key())) {
          throw Problem.invalid("clave", Text.of("sensor.key_known", known.key()));
        }
        before = known.configuration();
        done = save(device, known, known.assigned(true, configuration, now()));
      } else {
        Series taken = key == null ? null : catalogue.find(device.id(), key).orElse(null);
        if (taken != null) {
          before = taken.configuration();
        }
        done =
            taken == null
                ? insert(device, sensor, key == null ? freeKey(device, sensor) : key, configuration)
                : takeOver(device, taken, sensor, configuration);
      }
    } catch (ConstraintException _) {
      throw Problem.notFound(Text.of("http.not_found"));
    } finally {
      catalogue.changes().unlock();
    }
    tell(done, before);
    return Optional.of(done);
  }

  private Series insert(Device device, Sensor sensor, String key, ObjectNode configuration) {
    if (catalogue.countOf(device.id()) >= MOST) {
      throw Problem.conflict(Text.of("sensor.too_many", Integer.toString(MOST)));
    }
    Series made =
        catalogue
            .database()
            .write(
                handle -> {
                  Series series =
                      catalogue
                          .store()
                          .insertSeries(
                              handle,
                              device.id(),
                              sensor.id(),
                              key,
                              configuration,
                              Micros.of(now()));
                  catalogue.audit().created(handle, target(device, series), audited(series));
                  return series;
                });
    catalogue.remember(made);
    if (devices.findById(device.id()).isEmpty()) {
      // Deleted in between, and forgotten before this was known.
      catalogue.forgetDevice(device.id());
      throw Problem.notFound(Text.of("http.not_found"));
    }
    return made;
  }

  private Series takeOver(Device device, Series taken, Sensor sensor, ObjectNode configuration) {
    boolean undeclared =
        catalogue.sensors().findById(taken.sensorId()).filter(Sensor::automatic).isPresent();
    if (!undeclared) {
      throw Problem.invalid("clave", Text.of("sensor.key_taken", taken.key()));
    }
    return save(device, taken, taken.of(sensor).assigned(true, configuration, now()));
  }

  /// Removes a sensor from a device; its readings stay.
  ///
  /// @return whether it was assigned
  boolean remove(Device device, long sensorId) {
    catalogue.changes().lock();
    try {
      Series present = catalogue.findBySensor(device.id(), sensorId).orElse(null);
      if (present == null || !present.active()) {
        return false;
      }
      save(device, present, present.assigned(false, present.configuration(), present.assignedAt()));
      return true;
    } finally {
      catalogue.changes().unlock();
    }
  }

  /// Changes the configuration of an assignment.
  ///
  /// @return empty when the sensor is not assigned
  Optional<Series> configure(Device device, long sensorId, ObjectNode configuration) {
    Series present;
    Series done;
    catalogue.changes().lock();
    try {
      present = catalogue.findBySensor(device.id(), sensorId).filter(Series::active).orElse(null);
      if (present == null) {
        return Optional.empty();
      }
      done = save(device, present, present.assigned(true, configuration, present.assignedAt()));
    } finally {
      catalogue.changes().unlock();
    }
    tell(done, present.configuration());
    return Optional.of(done);
  }

  private Series save(Device device, Series before, Series after) {
    catalogue
        .database()
        .write(
            handle -> {
              catalogue.store().update(handle, after);
              AuditLog.Target target = target(device, after);
              if (before.active() && !after.active()) {
                catalogue.audit().deleted(handle, target, audited(before));
              } else if (!before.active() && after.active()) {
                catalogue.audit().created(handle, target, audited(after));
              } else {
                catalogue.audit().updated(handle, target, audited(before), audited(after));
              }
              return true;
            });
    catalogue.remember(after);
    return after;
  }

  private void tell(Series series, ObjectNode before) {
    if (!series.configuration().path("intervalo").equals(before.path("intervalo"))) {
      intervalChanged.accept(series.id());
    }
  }

  /// A name on the wire that the device does not use yet.
  private String freeKey(Device device, Sensor sensor) {
    String type = slug(sensor.type());
    String name = slug(sensor.name());
    String base = type.isEmpty() || type.equals(SensorTypes.OTHER) ? name : type;
    if (base.isEmpty()) {
      base = "sensor";
    }
    if (isFree(device, base)) {
      return base;
    }
    if (!name.isEmpty() && isFree(device, name)) {
      return name;
    }
    // A device has fewer sensors than that.
    int number = 2;
    while (!isFree(device, base + "_" + number)) {
      number++;
    }
    return base + "_" + number;
  }

  private boolean isFree(Device device, String key) {
    return catalogue.find(device.id(), key).isEmpty();
  }

  private static String slug(String text) {
    String plain =
        MARKS
            .matcher(Normalizer.normalize(text.toLowerCase(Locale.ROOT), Normalizer.Form.NFD))
            .replaceAll("");
    String words = OTHER_THAN_WORDS.matcher(plain).replaceAll("_");
    String cut = words.length() > KEY - 10 ? words.substring(0, KEY - 10) : words;
    return cut.replaceAll("^_+|_+$", "");
  }

  private Instant now() {
    return catalogue.clock().instant();
  }

  private static AuditLog.Target target(Device device, Series series) {
    return AuditLog.Target.of(
        "Asignacion", series.id(), device.name() + " - " + series.sensorName());
  }

  private static ObjectNode audited(Series series) {
    ObjectNode fields = Json.object();
    fields.put("dispositivo", series.deviceId());
    fields.put("sensor", series.sensorId());
    fields.put("clave", series.key());
    fields.set("configuracion_json", series.configuration());
    fields.put("activo", series.active());
    return fields;
  }
}
