package io.vatio.sensor;

import io.vatio.audit.AuditLog;
import io.vatio.kernel.Micros;
import io.vatio.platform.db.Database;
import io.vatio.platform.json.Json;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.SortedSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// Which device has which sensors. Kept in memory, by device, by sensor and by key; the database
/// follows before memory does. Reading is free of locks. What people assign and remove is in
/// [Assignments].
public final class SeriesCatalogue {
  private final Database database;
  private final Clock clock;
  private final AuditLog audit;
  private final SensorStore store = new SensorStore();
  private final SensorRegistry sensors;
  private final Map<Key, Series> byKey = new ConcurrentHashMap<>();
  private final Map<Pair, Series> byPair = new ConcurrentHashMap<>();

  /// In order of creation.
  private final ConcurrentNavigableMap<Integer, Series> byId = new ConcurrentSkipListMap<>();

  private final Map<Long, NavigableSet<Integer>> byDevice = new ConcurrentHashMap<>();
  private final Map<Long, NavigableSet<Integer>> bySensor = new ConcurrentHashMap<>();
  private final Map<String, NavigableSet<Integer>> byName = new ConcurrentHashMap<>();

  /// Held by whoever changes sensors or series, from reading until memory has the new ones. Taken
  /// before the database's own lock.
  private final Lock changes = new ReentrantLock();

  private SeriesCatalogue(Database database, Clock clock, AuditLog audit) {
    this.database = database;
    this.clock = clock;
    this.audit = audit;
    this.sensors = new SensorRegistry(this);
  }

  /// Reads all sensors and series into memory.
  public static SeriesCatalogue open(Database database, Clock clock, AuditLog audit) {
    SeriesCatalogue catalogue = new SeriesCatalogue(database, clock, audit);
    database.read(catalogue.store::listSensors).forEach(catalogue.sensors::remember);
    database.read(catalogue.store::listSeries).forEach(catalogue::remember);
    return catalogue;
  }

  /// The kinds of measurement, those of people and those made for undeclared values.
  public SensorRegistry sensors() {
    return sensors;
  }

  public Optional<Series> find(long deviceId, String key) {
    return Optional.ofNullable(byKey.get(new Key(deviceId, key)));
  }

  public Optional<Series> findById(int id) {
    return Optional.ofNullable(byId.get(id));
  }

  /// The series of a sensor on a device, assigned or removed; there is one at most.
  public Optional<Series> findBySensor(long deviceId, long sensorId) {
    return Optional.ofNullable(byPair.get(new Pair(deviceId, sensorId)));
  }

  /// Whether there is a sensor with this number.
  public boolean isSensor(long sensorId) {
    return sensors.findById(sensorId).isPresent();
  }

  /// The series of a device in order of their creation.
  public List<Series> listOf(long deviceId) {
    return list(byDevice.get(deviceId));
  }

  /// The series of a sensor, over all devices.
  public List<Series> listOfSensor(long sensorId) {
    return list(bySensor.get(sensorId));
  }

  /// All series that measure under this key, over all devices.
  public List<Series> listByKey(String key) {
    return list(byName.get(key));
  }

  /// All series in order of their creation.
  public List<Series> listAll() {
    return List.copyOf(byId.values());
  }

  private List<Series> list(@Nullable SortedSet<Integer> ids) {
    if (ids == null) {
      return List.of();
    }
    List<Series> list = new ArrayList<>();
    for (Integer id : ids) {
      findById(id).ifPresent(list::add);
    }
    return list;
  }

  public int countOf(long deviceId) {
    NavigableSet<Integer> ids = byDevice.get(deviceId);
    return ids == null ? 0 : ids.size();
  }

  /// Forgets the series of a deleted device.
  public void forgetDevice(long deviceId) {
    changes.lock();
    try {
      for (Series series : listOf(deviceId)) {
        byId.remove(series.id());
        byKey.remove(new Key(series.deviceId(), series.key()));
        byPair.remove(new Pair(series.deviceId(), series.sensorId()));
        unlist(series);
      }
      byDevice.remove(deviceId);
    } finally {
      changes.unlock();
    }
  }

  /// Creates the series that do not exist yet, in one transaction, each with a sensor of its own
  /// kind that serves all devices.
  public void ensure(Collection<Wanted> wanted) {
    if (wanted.stream().allMatch(w -> find(w.deviceId(), w.sensor().key()).isPresent())) {
      return;
    }
    changes.lock();
    try {
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
      Map<SensorTemplate, Sensor> kinds = new LinkedHashMap<>();
      List<Series> made =
          database.write(
              handle -> missing.values().stream().map(w -> insert(handle, w, kinds)).toList());
      kinds.values().forEach(sensors::remember);
      made.forEach(this::remember);
    } finally {
      changes.unlock();
    }
  }

  /// @param kinds the sensors that this transaction has found or made
  private Series insert(Handle handle, Wanted wanted, Map<SensorTemplate, Sensor> kinds) {
    SensorTemplate template = wanted.sensor();
    Sensor sensor = kinds.get(template);
    if (sensor == null) {
      sensor = kind(handle, template, kinds);
      kinds.put(template, sensor);
    }
    return store.insertSeries(
        handle,
        wanted.deviceId(),
        sensor.id(),
        template.key(),
        Json.object(),
        Micros.of(clock.instant()));
  }

  /// A sensor for a template; keys may differ where all else is the same.
  private Sensor kind(Handle handle, SensorTemplate template, Map<SensorTemplate, Sensor> kinds) {
    return kinds.values().stream()
        .filter(sensor -> sensor.fits(template))
        .findFirst()
        .or(() -> sensors.findAutomatic(template))
        .orElseGet(() -> store.insert(handle, sensors.automatic(template)));
  }

  /// Takes over what was committed of a series, under [#changes].
  void remember(Series series) {
    Series before = byId.put(series.id(), series);
    if (before != null && before.sensorId() != series.sensorId()) {
      remove(bySensor, before.sensorId(), before.id());
      byPair.remove(new Pair(before.deviceId(), before.sensorId()));
    }
    byPair.put(new Pair(series.deviceId(), series.sensorId()), series);
    byKey.put(new Key(series.deviceId(), series.key()), series);
    add(byDevice, series.deviceId(), series.id());
    add(bySensor, series.sensorId(), series.id());
    add(byName, series.key(), series.id());
  }

  private void unlist(Series series) {
    remove(bySensor, series.sensorId(), series.id());
    remove(byName, series.key(), series.id());
  }

  private static <K> void add(Map<K, NavigableSet<Integer>> index, K key, int id) {
    index.computeIfAbsent(key, _ -> new ConcurrentSkipListSet<>()).add(id);
  }

  private static <K> void remove(Map<K, NavigableSet<Integer>> index, K key, int id) {
    NavigableSet<Integer> ids = index.get(key);
    if (ids != null) {
      ids.remove(id);
    }
  }

  Database database() {
    return database;
  }

  Clock clock() {
    return clock;
  }

  AuditLog audit() {
    return audit;
  }

  SensorStore store() {
    return store;
  }

  Lock changes() {
    return changes;
  }

  private record Key(long deviceId, String key) {}

  private record Pair(long deviceId, long sensorId) {}

  /// A series that should exist.
  public record Wanted(long deviceId, SensorTemplate sensor) {}
}
