package io.vatio.device;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.account.DeviceDoor;
import io.vatio.account.KeyFile;
import io.vatio.account.Secrets;
import io.vatio.account.Tokens;
import io.vatio.audit.AuditLog;
import io.vatio.kernel.Micros;
import io.vatio.kernel.Principal;
import io.vatio.platform.db.ConstraintException;
import io.vatio.platform.db.Database;
import io.vatio.platform.events.Events;
import io.vatio.platform.json.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// The credentials of devices: a name `device_<serial>` and 32 random characters, kept as an
/// HMAC-SHA-256 with a key of this server.
///
/// Checking is one look-up and one HMAC, from memory: ten thousand devices may come back in the
/// same minute. Memory follows the database and changes only after the commit. Making and revoking
/// block.
public final class DeviceCredentials implements DeviceDoor {
  private static final int SECRET_LETTERS = 32;
  private static final int MAX_SECRET = 200;

  private static final String LIST =
      "SELECT device_id, username, secret_hash, created_at FROM device_credential WHERE revoked_at IS NULL";

  private static final String PUT =
      """
      INSERT INTO device_credential (device_id, username, secret_hash, created_at, revoked_at)
      VALUES (:device, :username, :hash, :now, NULL)
      ON CONFLICT (device_id) DO UPDATE
         SET username = excluded.username, secret_hash = excluded.secret_hash,
             created_at = excluded.created_at, revoked_at = NULL
      """;

  private static final String REVOKE =
      """
      UPDATE device_credential
         SET revoked_at = :now
       WHERE device_id = :device AND revoked_at IS NULL
      """;

  private final Database database;
  private final DeviceRegistry devices;
  private final Tokens tokens;
  private final Events events;
  private final byte[] key;
  private final Clock clock;
  private final AuditLog audit;
  private final SecureRandom random = new SecureRandom();
  private final Map<String, Credential> byName = new ConcurrentHashMap<>();
  private final Map<Long, Credential> byDevice = new ConcurrentHashMap<>();
  private final Lock changes = new ReentrantLock();

  private DeviceCredentials(
      Database database,
      DeviceRegistry devices,
      Tokens tokens,
      Events events,
      byte[] key,
      Clock clock,
      AuditLog audit) {
    this.database = database;
    this.devices = devices;
    this.tokens = tokens;
    this.events = events;
    this.key = key.clone();
    this.clock = clock;
    this.audit = audit;
  }

  /// Reads all credentials into memory.
  ///
  /// @param keys folder of this server's keys; ours is made when missing
  public static DeviceCredentials open(
      Database database,
      DeviceRegistry devices,
      Tokens tokens,
      Events events,
      Path keys,
      Clock clock,
      AuditLog audit) {
    byte[] key = KeyFile.open(keys.resolve("device.key"));
    DeviceCredentials credentials =
        new DeviceCredentials(database, devices, tokens, events, key, clock, audit);
    database
        .read(handle -> handle.createQuery(LIST).map((row, _) -> credential(row)).list())
        .forEach(credentials::remember);
    events.subscribe(DeviceAccessRevoked.class, credentials::forgetDeleted);
    return credentials;
  }

  /// Gives a device a new secret; the old one and everything that was got with it ends.
  ///
  /// @return empty when there is no such device
  public Optional<Issued> issue(long deviceId) {
    Optional<Device> device = devices.findById(deviceId);
    if (device.isEmpty()) {
      return Optional.empty();
    }
    String secret = Secrets.text(random, SECRET_LETTERS);
    changes.lock();
    try {
      Credential credential =
          new Credential(
              deviceId, PREFIX + device.get().serial(), fingerprint(secret), nextVersion(deviceId));
      database.write(
          handle -> {
            note(handle, deviceId, byDevice.get(deviceId), credential);
            return handle
                .createUpdate(PUT)
                .bind("device", deviceId)
                .bind("username", credential.username())
                .bind("hash", HexFormat.of().formatHex(credential.hash()))
                .bind("now", credential.createdAt())
                .execute();
          });
      remember(credential);
      events.publish(new DeviceAccessRevoked(deviceId, device.get().serial(), false));
      return Optional.of(
          new Issued(credential.username(), secret, Micros.toInstant(credential.createdAt())));
    } catch (ConstraintException _) {
      // The device was deleted in between.
      return Optional.empty();
    } finally {
      changes.unlock();
    }
  }

  /// Ends a device's credential and everything that was got with it.
  ///
  /// @return whether it had one
  public boolean revoke(long deviceId) {
    changes.lock();
    try {
      Credential credential = byDevice.get(deviceId);
      if (credential == null) {
        return false;
      }
      database.write(
          handle -> {
            note(handle, deviceId, credential, null);
            return handle
                .createUpdate(REVOKE)
                .bind("device", deviceId)
                .bind("now", Micros.of(clock.instant()))
                .execute();
          });
      forget(credential);
      events.publish(
          new DeviceAccessRevoked(
              deviceId, credential.username().substring(PREFIX.length()), false));
      return true;
    } finally {
      changes.unlock();
    }
  }

  /// Whether a device has a credential.
  public boolean has(long deviceId) {
    return byDevice.containsKey(deviceId);
  }

  /// Trades a name and secret for a token that ends with the credential, or after a day.
  Optional<Tokens.Issued> token(String name, String secret) {
    return check(name, secret).map(c -> tokens.device(c.deviceId(), c.createdAt()));
  }

  @Override
  public Optional<Principal.Device> findByPassword(String name, String secret) {
    return check(name, secret).flatMap(this::principal);
  }

  @Override
  public Optional<Principal.Device> findByToken(Tokens.DeviceClaims claims) {
    return Optional.ofNullable(byDevice.get(claims.deviceId()))
        .filter(credential -> credential.createdAt() == claims.credential())
        .flatMap(this::principal);
  }

  private void note(
      Handle handle, long deviceId, @Nullable Credential before, @Nullable Credential after) {
    audit.note(
        handle,
        AuditLog.Action.CREDENTIAL,
        AuditLog.Target.of(
            "Credencial", deviceId, devices.findById(deviceId).map(Device::name).orElse("")),
        AuditLog.differences(audited(before), audited(after)));
  }

  private static ObjectNode audited(@Nullable Credential credential) {
    ObjectNode fields = Json.object();
    if (credential != null) {
      fields.put("username", credential.username());
      fields.put("created_at", Micros.toInstant(credential.createdAt()).toString());
    }
    return fields;
  }

  private Optional<Credential> check(String name, String secret) {
    if (secret.length() > MAX_SECRET) {
      return Optional.empty();
    }
    Credential credential = byName.get(name);
    byte[] given = fingerprint(secret);
    return credential != null && MessageDigest.isEqual(credential.hash(), given)
        ? Optional.of(credential)
        : Optional.empty();
  }

  private Optional<Principal.Device> principal(Credential credential) {
    return devices
        .findById(credential.deviceId())
        .map(device -> new Principal.Device(device.id(), device.serial()));
  }

  private byte[] fingerprint(String secret) {
    return Secrets.hmac(key, secret.getBytes(StandardCharsets.UTF_8));
  }

  /// The time of making is also what tells a credential from the one before it, so two made within
  /// a microsecond, or with the clock set back, still differ.
  private long nextVersion(long deviceId) {
    long now = Micros.of(clock.instant());
    Credential before = byDevice.get(deviceId);
    return before != null && before.createdAt() >= now ? before.createdAt() + 1 : now;
  }

  private void forgetDeleted(DeviceAccessRevoked event) {
    Credential credential = byDevice.get(event.deviceId());
    if (credential != null && devices.findById(event.deviceId()).isEmpty()) {
      forget(credential);
    }
  }

  private void remember(Credential credential) {
    byName.put(credential.username(), credential);
    byDevice.put(credential.deviceId(), credential);
  }

  private void forget(Credential credential) {
    byDevice.remove(credential.deviceId(), credential);
    byName.remove(credential.username(), credential);
  }

  private static Credential credential(ResultSet row) throws SQLException {
    return new Credential(
        row.getLong("device_id"),
        row.getString("username"),
        HexFormat.of().parseHex(row.getString("secret_hash")),
        row.getLong("created_at"));
  }

  /// A new credential; the only moment at which its secret is known.
  public record Issued(String username, String password, Instant createdAt) {
    /// Without the secret.
    @Override
    public String toString() {
      return "Issued[username=" + username + ", password=***]";
    }
  }

  /// @param createdAt microseconds; unique among the credentials of a device
  @SuppressWarnings("ArrayRecordComponent") // compared by identity, never as a value
  private record Credential(long deviceId, String username, byte[] hash, long createdAt) {}
}
