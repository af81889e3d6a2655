package io.vatio.sensor;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.audit.AuditLog;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.db.ConstraintException;
import io.vatio.platform.json.Json;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.UnaryOperator;

/// All kinds of measurement, those that people declared and those that were made for undeclared
/// values: in memory for whoever asks, in the database for good. Reading is free of locks; changes
/// block and reach the series at once: a new range holds for what comes from now on. Thread safe.
public final class SensorRegistry {
  private final SeriesCatalogue catalogue;

  /// In order of creation.
  private final ConcurrentNavigableMap<Long, Sensor> byId = new ConcurrentSkipListMap<>();

  private final Map<String, Sensor> automatic = new ConcurrentHashMap<>();

  SensorRegistry(SeriesCatalogue catalogue) {
    this.catalogue = catalogue;
  }

  public Optional<Sensor> findById(long id) {
    return Optional.ofNullable(byId.get(id));
  }

  /// All sensors in order of their creation.
  public List<Sensor> listAll() {
    return List.copyOf(byId.values());
  }

  /// Creates a sensor.
  ///
  /// @param draft with any id
  Sensor create(Sensor draft) {
    catalogue.changes().lock();
    try {
      Sensor sensor =
          catalogue
              .database()
              .write(
                  handle -> {
                    Sensor made = catalogue.store().insert(handle, draft);
                    catalogue.audit().created(handle, target(made), audited(made));
                    return made;
                  });
      remember(sensor);
      return sensor;
    } finally {
      catalogue.changes().unlock();
    }
  }

  /// Changes a sensor.
  ///
  /// @return the sensor as it is now, empty when it is gone
  Optional<Sensor> update(long id, UnaryOperator<Sensor> change) {
    catalogue.changes().lock();
    try {
      Sensor present = byId.get(id);
      if (present == null) {
        return Optional.empty();
      }
      Sensor next = change.apply(present);
      catalogue
          .database()
          .write(
              handle -> {
                catalogue.store().update(handle, next);
                catalogue.audit().updated(handle, target(next), audited(present), audited(next));
                return next;
              });
      forgetAutomatic(present);
      remember(next);
      catalogue.listOfSensor(id).forEach(series -> catalogue.remember(series.of(next)));
      return Optional.of(next);
    } finally {
      catalogue.changes().unlock();
    }
  }

  /// Removes a sensor that no series needs.
  ///
  /// @return whether it was there
  /// @throws Problem.Conflict when it is or was assigned: the readings would go with it
  boolean delete(long id) {
    catalogue.changes().lock();
    try {
      Sensor present = byId.get(id);
      if (present == null) {
        return false;
      }
      if (!catalogue.listOfSensor(id).isEmpty()) {
        throw inUse();
      }
      catalogue
          .database()
          .write(
              handle -> {
                catalogue.store().deleteSensor(handle, id);
                catalogue.audit().deleted(handle, target(present), audited(present));
                return true;
              });
      byId.remove(id);
      forgetAutomatic(present);
      return true;
    } catch (ConstraintException _) {
      throw inUse();
    } finally {
      catalogue.changes().unlock();
    }
  }

  /// Leaves the sensors of an account that is gone without a maker, as the database has done.
  public void forgetAccount(long accountId) {
    catalogue.changes().lock();
    try {
      byId.values().stream()
          .filter(sensor -> Objects.equals(sensor.createdBy(), accountId))
          .forEach(sensor -> remember(sensor.ofNobody()));
    } finally {
      catalogue.changes().unlock();
    }
  }

  private static Problem inUse() {
    return Problem.conflict(Text.of("sensor.in_use"));
  }

  /// The sensor made for undeclared values of this kind, if there is one.
  Optional<Sensor> findAutomatic(SensorTemplate template) {
    return Optional.ofNullable(automatic.get(template.name()))
        .filter(sensor -> sensor.fits(template))
        .or(() -> byId.values().stream().filter(sensor -> sensor.fits(template)).findFirst());
  }

  /// A draft of one.
  Sensor automatic(SensorTemplate template) {
    Instant now = catalogue.clock().instant();
    return new Sensor(
        0,
        template.name(),
        template.type(),
        template.unit(),
        template.min(),
        template.max(),
        Sensor.ACTIVE,
        "",
        true,
        null,
        now,
        now);
  }

  /// Takes over what was committed.
  void remember(Sensor sensor) {
    byId.put(sensor.id(), sensor);
    if (sensor.automatic()) {
      automatic.put(sensor.name(), sensor);
    }
  }

  private void forgetAutomatic(Sensor sensor) {
    automatic.remove(sensor.name(), sensor);
  }

  private static AuditLog.Target target(Sensor sensor) {
    return AuditLog.Target.of("Sensor", sensor.id(), sensor.name());
  }

  private static ObjectNode audited(Sensor sensor) {
    ObjectNode fields = Json.object();
    fields.put("nombre", sensor.name());
    fields.put("tipo", sensor.type());
    fields.put("unidad_medida", sensor.unit());
    fields.put("rango_min", sensor.min());
    fields.put("rango_max", sensor.max());
    fields.put("estado", sensor.state());
    fields.put("descripcion", sensor.description());
    return fields;
  }
}
