package io.vatio.sensor;

import io.vatio.audit.AuditLog;
import io.vatio.kernel.Micros;
import io.vatio.platform.db.Database;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jdbi.v3.core.Handle;

/// Which device has which sensors. Kept in memory; the database follows before memory does.
public final class SeriesCatalogue {
  private static final String ALL =
      """
      SELECT s.id, s.device_id, s.sensor_id, s.key, n.name, n.unit, n.range_min, n.range_max
        FROM series s
        JOIN sensor n ON n.id = s.sensor_id
      """;

  private static final String INSERT_SENSOR =
      """
      INSERT INTO sensor (name, type, unit, range_min, range_max, state, description, automatic,
                          created_at, updated_at)
      VALUES (:name, :type, :unit, :min, :max, 'activo', '', 1, :now, :now)
      """;

  private static final String FIND_AUTOMATIC =
      """
      SELECT id
        FROM sensor
       WHERE automatic = 1 AND name = :name AND type = :type AND unit = :unit
         AND range_min = :min AND range_max = :max
       ORDER BY id
       LIMIT 1
      """;

  private static final String INSERT_SERIES =
      """
      INSERT INTO series (device_id, sensor_id, key, configuration, active, assigned_at)
      VALUES (:device, :sensor, :key, '{}', 1, :now)
      ON CONFLICT DO NOTHING
      """;

  private final Database database;
  private final Clock clock;
  private final Map<Key, Series> byKey = new ConcurrentHashMap<>();
  private final Map<Integer, Series> byId = new ConcurrentHashMap<>();
  private final Map<Long, Integer> perDevice = new ConcurrentHashMap<>();

  private SeriesCatalogue(Database database, Clock clock) {
    this.database = database;
    this.clock = clock;
  }

  /// Reads all series into memory.
  public static SeriesCatalogue open(Database database, Clock clock, AuditLog audit) {
    SeriesCatalogue catalogue = new SeriesCatalogue(database, clock);
    database
        .read(handle -> handle.createQuery(ALL).map((row, _) -> series(row)).list())
        .forEach(catalogue::remember);
    return catalogue;
  }

  public Optional<Series> find(long deviceId, String key) {
    return Optional.ofNullable(byKey.get(new Key(deviceId, key)));
  }

  public Optional<Series> findById(int id) {
    return Optional.ofNullable(byId.get(id));
  }

  /// The series of a device in order of their creation.
  public List<Series> listOf(long deviceId) {
    return byId.values().stream()
        .filter(s -> s.deviceId() == deviceId)
        .sorted(Comparator.comparingInt(Series::id))
        .toList();
  }

  /// All series that measure under this key, over all devices.
  public List<Series> listByKey(String key) {
    return byId.values().stream()
        .filter(s -> s.key().equals(key))
        .sorted(Comparator.comparingInt(Series::id))
        .toList();
  }

  /// All series in order of their creation.
  public List<Series> listAll() {
    return byId.values().stream().sorted(Comparator.comparingInt(Series::id)).toList();
  }

  public int countOf(long deviceId) {
    return perDevice.getOrDefault(deviceId, 0);
  }

  /// Forgets the series of a deleted device.
  public void forgetDevice(long deviceId) {
    listOf(deviceId)
        .forEach(
            s -> {
              byId.remove(s.id());
              byKey.remove(new Key(s.deviceId(), s.key()));
            });
    perDevice.remove(deviceId);
  }

  /// Creates the series that do not exist yet, in one transaction.
  public void ensure(Collection<Wanted> wanted) {
    Map<Key, Wanted> missing = new LinkedHashMap<>();
    for (Wanted w : wanted) {
      Key key = new Key(w.deviceId(), w.sensor().key());
      if (!byKey.containsKey(key)) {
        missing.putIfAbsent(key, w);
      }
    }
    if (missing.isEmpty()) {
      return;
    }
    database
        .write(handle -> missing.values().stream().map(w -> insert(handle, w)).toList())
        .forEach(this::remember);
  }

  private Series insert(Handle handle, Wanted wanted) {
    SensorTemplate sensor = wanted.sensor();
    long now = Micros.of(clock.instant());
    long sensorId = findOrInsertSensor(handle, sensor, now);
    handle
        .createUpdate(INSERT_SERIES)
        .bind("device", wanted.deviceId())
        .bind("sensor", sensorId)
        .bind("key", sensor.key())
        .bind("now", now)
        .execute();
    return handle
        .createQuery(ALL + " WHERE s.device_id = :device AND s.key = :key")
        .bind("device", wanted.deviceId())
        .bind("key", sensor.key())
        .map((row, _) -> series(row))
        .one();
  }

  private static long findOrInsertSensor(Handle handle, SensorTemplate sensor, long now) {
    Optional<Long> present =
        handle
            .createQuery(FIND_AUTOMATIC)
            .bind("name", sensor.name())
            .bind("type", sensor.type())
            .bind("unit", sensor.unit())
            .bind("min", sensor.min())
            .bind("max", sensor.max())
            .mapTo(Long.class)
            .findOne();
    if (present.isPresent()) {
      return present.get();
    }
    return handle
        .createUpdate(INSERT_SENSOR)
        .bind("name", sensor.name())
        .bind("type", sensor.type())
        .bind("unit", sensor.unit())
        .bind("min", sensor.min())
        .bind("max", sensor.max())
        .bind("now", now)
        .executeAndReturnGeneratedKeys("id")
        .mapTo(Long.class)
        .one();
  }

  private void remember(Series series) {
    if (byId.put(series.id(), series) == null) {
      perDevice.merge(series.deviceId(), 1, Integer::sum);
    }
    byKey.put(new Key(series.deviceId(), series.key()), series);
  }

  private static Series series(ResultSet row) throws SQLException {
    return new Series(
        row.getInt(1),
        row.getLong(2),
        row.getLong(3),
        row.getString(4),
        row.getString(5),
        row.getString(6),
        row.getDouble(7),
        row.getDouble(8));
  }

  private record Key(long deviceId, String key) {}

  /// A series that should exist.
  public record Wanted(long deviceId, SensorTemplate sensor) {}
}
