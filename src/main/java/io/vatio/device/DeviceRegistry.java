package io.vatio.device;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.audit.AuditLog;
import io.vatio.kernel.Page;
import io.vatio.platform.db.Database;
import io.vatio.platform.events.Events;
import io.vatio.platform.json.Json;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// All devices: in memory for whoever asks, in the database for good.
///
/// Reading is free of locks and never touches the database. Memory follows the database: an entry
/// changes only after the commit that changed the row.
public final class DeviceRegistry {
  /// Serials are printable, without blanks at the ends, and fit in a topic level.
  public static final int MAX_SERIAL_LENGTH = 100;

  /// State log lines kept per device; the oldest go first.
  private static final int LOGS_KEPT = 5_000;

  private static final int PRUNE_AFTER = 1_000;

  private static final Duration SAVE_HEARD_EVERY = Duration.ofMinutes(1);

  private final Database database;
  private final Events events;
  private final Clock clock;
  private final long defaultSite;
  private final AuditLog audit;
  private final DeviceStore store = new DeviceStore();
  private final Map<String, Device> bySerial = new ConcurrentHashMap<>();
  /// In order of creation.
  private final ConcurrentNavigableMap<Long, Device> byId = new ConcurrentSkipListMap<>();
  private final Map<Long, Integer> logsSincePrune = new ConcurrentHashMap<>();
  private final Lock changes = new ReentrantLock();

  /// Created by [#ensure] and not yet published; under the lock of changes.
  private final Set<Long> unannounced = new LinkedHashSet<>();
  private final Set<Long> heardOf = ConcurrentHashMap.newKeySet();
  private Instant heardSavedAt = Instant.EPOCH;

  private DeviceRegistry(
      Database database, Events events, Clock clock, long defaultSite, AuditLog audit) {
    this.database = database;
    this.events = events;
    this.clock = clock;
    this.defaultSite = defaultSite;
    this.audit = audit;
  }

  /// Reads all devices into memory.
  ///
  /// @param defaultSite id of the site of devices that announce themselves
  public static DeviceRegistry open(
      Database database, Events events, Clock clock, long defaultSite, AuditLog audit) {
    DeviceRegistry registry = new DeviceRegistry(database, events, clock, defaultSite, audit);
    database.read(registry.store::listAll).forEach(registry::remember);
    return registry;
  }

  public Optional<Device> findBySerial(String serial) {
    return Optional.ofNullable(bySerial.get(serial));
  }

  public Optional<Device> findById(long id) {
    return Optional.ofNullable(byId.get(id));
  }

  /// All devices in order of their creation.
  public List<Device> listAll() {
    return List.copyOf(byId.values());
  }

  public int count() {
    return byId.size();
  }

  /// How many wait to be claimed.
  public int countUnclaimed() {
    return (int) byId.values().stream().filter(d -> !d.claimed()).count();
  }

  /// Whether this text can be a serial number: not blank, at most [#MAX_SERIAL_LENGTH] characters,
  /// no control characters, no half characters, and nothing that means something in a topic.
  public static boolean isSerial(String text) {
    if (text.isBlank() || text.length() > MAX_SERIAL_LENGTH || !text.equals(text.strip())) {
      return false;
    }
    // A loop, for this is asked of every message.
    for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
      if (isForbiddenInSerial(text.codePointAt(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isForbiddenInSerial(int c) {
    return Character.isISOControl(c)
        || c == '/'
        || c == '+'
        || c == '#'
        || Character.getType(c) == Character.SURROGATE;
  }

  /// The devices of these templates; those that do not exist are created in one transaction. The
  /// result is by serial. New ones are announced with the messages that made them: see [#heard].
  public Map<String, Device> ensure(Collection<DeviceTemplate> templates) {
    return ensure(templates, Map.of());
  }

  /// The same, with the accounts whose new devices become by serial.
  public Map<String, Device> ensure(
      Collection<DeviceTemplate> templates, Map<String, Long> owners) {
    Map<String, DeviceTemplate> missing = new LinkedHashMap<>();
    Map<String, Device> found = new LinkedHashMap<>();
    for (DeviceTemplate template : templates) {
      Device device = bySerial.get(template.serial());
      if (device == null) {
        missing.putIfAbsent(template.serial(), template);
      } else {
        found.put(template.serial(), device);
      }
    }
    if (!missing.isEmpty()) {
      found.putAll(createMissing(missing, owners));
    }
    return found;
  }

  private Map<String, Device> createMissing(
      Map<String, DeviceTemplate> missing, Map<String, Long> owners) {
    changes.lock();
    try {
      // Whoever held the lock may have created some of them.
      List<Device> created =
          database.write(
              handle ->
                  missing.values().stream()
                      .filter(t -> !bySerial.containsKey(t.serial()))
                      .map(t -> store.insert(handle, fresh(t).operatedBy(owners.get(t.serial()))))
                      .toList());
      for (Device device : created) {
        remember(device);
        unannounced.add(device.id());
      }
      Map<String, Device> found = new LinkedHashMap<>();
      missing.keySet().forEach(serial -> findBySerial(serial).ifPresent(d -> found.put(serial, d)));
      return found;
    } finally {
      changes.unlock();
    }
  }

  /// Creates a device.
  ///
  /// @param details what is known of it beyond its template
  /// @return empty when the serial is taken
  public Optional<Device> create(DeviceTemplate template, UnaryOperator<Device> details) {
    changes.lock();
    try {
      if (bySerial.containsKey(template.serial())) {
        return Optional.empty();
      }
      Device wanted = details.apply(fresh(template));
      Device device =
          database.write(
              handle -> {
                Device made = store.insert(handle, wanted);
                audit.created(handle, target(made), DeviceAudit.fields(made));
                return made;
              });
      remember(device);
      events.publish(new DeviceChanged(device));
      return Optional.of(device);
    } finally {
      changes.unlock();
    }
  }

  /// Changes a device as a person asked for, and writes a line of its state log.
  ///
  /// @return the device as it is now, empty when it is gone
  public Optional<Device> update(long id, UnaryOperator<Device> change) {
    changes.lock();
    try {
      Device present = byId.get(id);
      if (present == null) {
        return Optional.empty();
      }
      Device next = change.apply(present).changedAt(clock.instant());
      database.write(
          handle -> {
            store.update(handle, next);
            store.insertLogs(handle, List.of(log(next, next.updatedAt(), next.parameters())));
            note(handle, present, next);
            return next;
          });
      remember(next);
      events.publish(new DeviceChanged(next));
      Long before = present.operatorId();
      if (before != null && !before.equals(next.operatorId())) {
        events.publish(new AccessNarrowed(before));
      }
      return Optional.of(next);
    } finally {
      changes.unlock();
    }
  }

  /// Leaves the devices of an account that is gone in nobody's hands, as the database has done.
  public void forgetAccount(long accountId) {
    changes.lock();
    try {
      byId.values().stream()
          .filter(device -> Objects.equals(device.operatorId(), accountId))
          .forEach(device -> remember(device.operatedBy(null)));
    } finally {
      changes.unlock();
    }
  }

  /// Removes a device, its credential, its series and its log. Its open sessions end.
  public boolean delete(long id) {
    changes.lock();
    try {
      Device device = byId.get(id);
      if (device == null || !database.write(handle -> delete(handle, device))) {
        return false;
      }
      byId.remove(id);
      bySerial.remove(device.serial());
      events.publish(new DeviceAccessRevoked(id, device.serial(), true));
      return true;
    } finally {
      changes.unlock();
    }
  }

  private void note(Handle handle, Device before, Device after) {
    if (!before.claimed() && after.claimed()) {
      audit.note(
          handle,
          AuditLog.Action.CLAIM,
          target(after),
          AuditLog.differences(DeviceAudit.fields(before), DeviceAudit.fields(after)));
    } else {
      audit.updated(handle, target(after), DeviceAudit.fields(before), DeviceAudit.fields(after));
    }
  }

  private boolean delete(Handle handle, Device device) {
    if (!store.delete(handle, device.id())) {
      return false;
    }
    audit.deleted(handle, target(device), DeviceAudit.fields(device));
    return true;
  }

  private static AuditLog.Target target(Device device) {
    return AuditLog.Target.of("Dispositivo", device.id(), device.name());
  }

  /// Held by whoever changes devices, from reading the present state until memory has the new one.
  /// Take it before the database's own lock.
  public Lock changes() {
    return changes;
  }

  /// Notes what devices said of themselves, inside the transaction of the messages that said it,
  /// under [#changes]. Call [#committed] with the result afterwards; until then memory is
  /// unchanged.
  public StateChanges apply(Handle handle, List<Report> reports) {
    Map<Long, Device> changed = new LinkedHashMap<>();
    List<StateLog> logs = new ArrayList<>();
    Map<Long, Integer> lines = new HashMap<>();
    for (Report report : reports) {
      Device present = changed.get(report.deviceId());
      if (present == null) {
        present = byId.get(report.deviceId());
      }
      if (present == null) {
        continue;
      }
      Device next = reported(present, report);
      changed.put(next.id(), next);
      ObjectNode said = report.parameters();
      logs.add(log(next, report.at(), said == null ? Json.object() : said));
      lines.merge(next.id(), 1, Integer::sum);
    }
    store.updateReported(handle, changed.values());
    store.insertLogs(handle, logs);
    return new StateChanges(List.copyOf(changed.values()), lines);
  }

  /// Makes the result of [#apply] visible after its commit, and tells whoever listens.
  public void committed(StateChanges changes) {
    for (Device device : changes.devices()) {
      // A device that was deleted in between stays deleted.
      if (byId.computeIfPresent(device.id(), (_, _) -> device) != null) {
        bySerial.put(device.serial(), device);
        logsSincePrune.merge(
            device.id(), changes.logLines().getOrDefault(device.id(), 0), Integer::sum);
        unannounced.remove(device.id());
        events.publish(new DeviceChanged(device));
      }
    }
  }

  /// Notes that devices were heard of, under [#changes]: in memory at once, in the database by
  /// [#saveHeard].
  public void heard(Collection<Long> deviceIds, Instant at) {
    for (Long id : deviceIds) {
      Device known = byId.get(id);
      if (known != null && !at.equals(known.lastSeen())) {
        remember(known.seenAt(at));
        heardOf.add(id);
      }
    }
    // A device that told its state is announced with it; these have only sent readings.
    for (Long id : unannounced) {
      findById(id).ifPresent(device -> events.publish(new DeviceChanged(device)));
    }
    unannounced.clear();
  }

  /// Writes down when devices were heard of, at most once in [#SAVE_HEARD_EVERY] unless forced. For
  /// idle moments: after a sudden end the last minute of this is lost, and nothing else.
  public void saveHeard(boolean force) {
    Instant now = clock.instant();
    if (heardOf.isEmpty() || (!force && now.isBefore(heardSavedAt.plus(SAVE_HEARD_EVERY)))) {
      return;
    }
    List<Long> ids = List.copyOf(heardOf);
    List<Device> heard = ids.stream().map(byId::get).filter(Objects::nonNull).toList();
    heardOf.removeAll(ids);
    database.write(
        handle -> {
          store.saveSeen(handle, heard);
          return true;
        });
    heardSavedAt = now;
  }

  /// One page of the state log, newest first.
  public Page<StateLog> listLogs(long deviceId, int page, int perPage) {
    return database.read(
        handle ->
            new Page<>(
                store.countLogs(handle, deviceId),
                store.listLogs(handle, deviceId, perPage, (long) (page - 1) * perPage)));
  }

  /// Drops the oldest log lines of devices that wrote many: of all such devices in idle moments, of
  /// one that cannot wait at any other time, so that the log is bounded under steady load too.
  public void pruneLogs(boolean idle) {
    int many = idle ? PRUNE_AFTER : LOGS_KEPT;
    for (Map.Entry<Long, Integer> entry : logsSincePrune.entrySet()) {
      if (entry.getValue() >= many) {
        database.write(handle -> store.pruneLogs(handle, entry.getKey(), LOGS_KEPT));
        logsSincePrune.remove(entry.getKey());
        if (!idle) {
          return;
        }
      }
    }
  }

  private void remember(Device device) {
    byId.put(device.id(), device);
    bySerial.put(device.serial(), device);
  }

  private Device fresh(DeviceTemplate template) {
    Instant now = clock.instant();
    return new Device(
        0,
        defaultSite,
        template.serial(),
        template.name(),
        template.type(),
        template.model(),
        "",
        "",
        "activo",
        "desconocido",
        Json.object(),
        Json.object(),
        template.claimed(),
        null,
        null,
        now,
        now);
  }

  private static Device reported(Device device, Report report) {
    ObjectNode parameters = report.parameters();
    ObjectNode configuration = report.configuration();
    String state = report.state();
    return device.saying(
        state == null ? device.operatingState() : state,
        parameters == null || parameters.isEmpty() ? device.parameters() : parameters,
        configuration == null || configuration.isEmpty() ? device.configuration() : configuration,
        report.at(),
        report.at());
  }

  private static StateLog log(Device device, Instant at, ObjectNode parameters) {
    return new StateLog(device.id(), at, device.operatingState(), parameters);
  }

  /// What one device said.
  ///
  /// @param at when it was received
  public record Report(
      long deviceId,
      @Nullable String state,
      @Nullable ObjectNode parameters,
      @Nullable ObjectNode configuration,
      Instant at) {}

  /// Devices as they will be after the commit.
  ///
  /// @param logLines new lines of the state log, by device
  public record StateChanges(List<Device> devices, Map<Long, Integer> logLines) {}
}
