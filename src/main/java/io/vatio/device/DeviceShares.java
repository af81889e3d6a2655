package io.vatio.device;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.audit.AuditLog;
import io.vatio.kernel.Actor;
import io.vatio.kernel.Micros;
import io.vatio.platform.db.ConstraintException;
import io.vatio.platform.db.Database;
import io.vatio.platform.events.Events;
import io.vatio.platform.json.Json;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// Who may look at which device for a time, in memory and in the database. Asking is free of locks
/// and follows the clock; making and ending block. Memory changes only after the commit. Thread
/// safe.
public final class DeviceShares {
  private static final String LIST =
      "SELECT device_id, account_id, created_by, created_at, expires_at FROM device_share";

  private static final String PUT =
      """
      INSERT INTO device_share (device_id, account_id, created_by, created_at, expires_at)
      VALUES (:device, :account, :by, :now, :expires)
      ON CONFLICT (device_id, account_id) DO UPDATE
         SET created_by = excluded.created_by, created_at = excluded.created_at,
             expires_at = excluded.expires_at
      """;

  private static final String DELETE =
      "DELETE FROM device_share WHERE device_id = :device AND account_id = :account";

  private final Database database;
  private final Events events;
  private final Clock clock;
  private final AuditLog audit;

  /// By account, then by device.
  private final Map<Long, Map<Long, Share>> byAccount = new ConcurrentHashMap<>();

  private final Map<Long, Set<Long>> accountsByDevice = new ConcurrentHashMap<>();
  private final Lock changes = new ReentrantLock();

  private DeviceShares(Database database, Events events, Clock clock, AuditLog audit) {
    this.database = database;
    this.events = events;
    this.clock = clock;
    this.audit = audit;
  }

  /// Reads all of them into memory.
  public static DeviceShares open(Database database, Events events, Clock clock, AuditLog audit) {
    DeviceShares shares = new DeviceShares(database, events, clock, audit);
    database
        .read(handle -> handle.createQuery(LIST).map((row, _) -> share(row)).list())
        .forEach(shares::remember);
    events.subscribe(
        DeviceAccessRevoked.class,
        revoked -> {
          if (revoked.deleted()) {
            shares.forgetDevice(revoked.deviceId());
          }
        });
    return shares;
  }

  /// Whether a device is shared with an account at this moment.
  boolean isShared(long accountId, long deviceId) {
    Share share = byAccount.getOrDefault(accountId, Map.of()).get(deviceId);
    return share != null && share.isValid(clock.instant());
  }

  /// What is shared with an account at this moment, by device.
  List<Share> listOfAccount(long accountId) {
    Instant now = clock.instant();
    return byAccount.getOrDefault(accountId, Map.of()).values().stream()
        .filter(share -> share.isValid(now))
        .sorted(Comparator.comparingLong(Share::deviceId))
        .toList();
  }

  /// With whom a device is shared at this moment, by account.
  List<Share> listOfDevice(long deviceId) {
    Instant now = clock.instant();
    return accountsByDevice.getOrDefault(deviceId, Set.of()).stream()
        .flatMap(account -> find(account, deviceId).stream())
        .filter(share -> share.isValid(now))
        .sorted(Comparator.comparingLong(Share::accountId))
        .toList();
  }

  private Optional<Share> find(long accountId, long deviceId) {
    return Optional.ofNullable(byAccount.getOrDefault(accountId, Map.of()).get(deviceId));
  }

  /// Shares devices with an account until a moment, in one transaction; a share that was there gets
  /// the new end.
  ///
  /// @param expiresAt null for no end
  /// @param username of the account, for the audit log
  /// @return what was made; empty when a device or the account is gone
  List<Share> share(
      Collection<Device> devices, long accountId, String username, @Nullable Instant expiresAt) {
    changes.lock();
    try {
      Instant now = clock.instant();
      Long by =
          Actor.current()
              .flatMap(
                  actor ->
                      actor.principal().account().isPresent()
                          ? Optional.of((Long) actor.principal().account().getAsLong())
                          : Optional.<Long>empty())
              .orElse(null);
      List<Share> made =
          devices.stream()
              .map(device -> new Share(device.id(), accountId, by, now, expiresAt))
              .toList();
      database.write(
          handle -> {
            made.forEach(share -> put(handle, share));
            devices.forEach(device -> note(handle, device, username, expiresAt));
            return made.size();
          });
      made.forEach(this::remember);
      // A new end may be an earlier one.
      events.publish(new AccessNarrowed(accountId));
      return made;
    } catch (ConstraintException _) {
      return List.of();
    } finally {
      changes.unlock();
    }
  }

  /// Ends a share.
  ///
  /// @return whether there was one
  boolean end(Device device, long accountId, String username) {
    changes.lock();
    try {
      Optional<Share> share = find(accountId, device.id());
      if (share.isEmpty()) {
        return false;
      }
      database.write(
          handle -> {
            audit.deleted(handle, target(device), audited(username, share.get().expiresAt()));
            return delete(handle, share.get());
          });
      forget(share.get());
      events.publish(new AccessNarrowed(accountId));
      return share.get().isValid(clock.instant());
    } finally {
      changes.unlock();
    }
  }

  /// Whether some have run out and [#endExpired] has something to do. From memory.
  public boolean anyExpired() {
    Instant now = clock.instant();
    return byAccount.values().stream()
        .flatMap(shares -> shares.values().stream())
        .anyMatch(share -> !share.isValid(now));
  }

  /// Removes those that have run out, and says so to whoever keeps something open for them. Blocks.
  public void endExpired() {
    Instant now = clock.instant();
    List<Share> over =
        byAccount.values().stream()
            .flatMap(shares -> shares.values().stream())
            .filter(share -> !share.isValid(now))
            .toList();
    changes.lock();
    try {
      database.write(
          handle -> {
            over.forEach(share -> delete(handle, share));
            return over.size();
          });
      over.forEach(this::forget);
    } finally {
      changes.unlock();
    }
    Set<Long> accounts = new LinkedHashSet<>();
    over.forEach(share -> accounts.add(share.accountId()));
    accounts.forEach(account -> events.publish(new AccessNarrowed(account)));
  }

  private static void put(Handle handle, Share share) {
    Instant expires = share.expiresAt();
    handle
        .createUpdate(PUT)
        .bind("device", share.deviceId())
        .bind("account", share.accountId())
        .bind("by", share.createdBy())
        .bind("now", Micros.of(share.createdAt()))
        .bind("expires", expires == null ? null : (Long) Micros.of(expires))
        .execute();
  }

  private static int delete(Handle handle, Share share) {
    return handle
        .createUpdate(DELETE)
        .bind("device", share.deviceId())
        .bind("account", share.accountId())
        .execute();
  }

  private void note(Handle handle, Device device, String username, @Nullable Instant expiresAt) {
    audit.created(handle, target(device), audited(username, expiresAt));
  }

  private static AuditLog.Target target(Device device) {
    return AuditLog.Target.of("Comparticion", device.id(), device.name());
  }

  private static ObjectNode audited(String username, @Nullable Instant expiresAt) {
    ObjectNode fields = Json.object();
    fields.put("usuario", username);
    fields.put("expira", expiresAt == null ? null : expiresAt.toString());
    return fields;
  }

  private void remember(Share share) {
    byAccount
        .computeIfAbsent(share.accountId(), _ -> new ConcurrentHashMap<>())
        .put(share.deviceId(), share);
    accountsByDevice
        .computeIfAbsent(share.deviceId(), _ -> ConcurrentHashMap.newKeySet())
        .add(share.accountId());
  }

  private void forget(Share share) {
    byAccount.getOrDefault(share.accountId(), Map.of()).remove(share.deviceId(), share);
    if (find(share.accountId(), share.deviceId()).isEmpty()) {
      accountsByDevice.getOrDefault(share.deviceId(), Set.of()).remove(share.accountId());
    }
  }

  /// Forgets what was shared with an account that is gone, as the database has done.
  public void forgetAccount(long accountId) {
    byAccount.remove(accountId);
    accountsByDevice.values().forEach(accounts -> accounts.remove(accountId));
  }

  private void forgetDevice(long deviceId) {
    Set<Long> accounts = accountsByDevice.remove(deviceId);
    if (accounts != null) {
      for (Long account : accounts) {
        byAccount.getOrDefault(account, Map.of()).remove(deviceId);
        events.publish(new AccessNarrowed(account));
      }
    }
  }

  private static Share share(ResultSet row) throws SQLException {
    long by = row.getLong("created_by");
    Long createdBy = row.wasNull() ? null : by;
    long expires = row.getLong("expires_at");
    Instant expiresAt = row.wasNull() ? null : Micros.toInstant(expires);
    return new Share(
        row.getLong("device_id"),
        row.getLong("account_id"),
        createdBy,
        Micros.toInstant(row.getLong("created_at")),
        expiresAt);
  }
}
