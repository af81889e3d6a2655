package io.vatio.device;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.account.CertificateDoor;
import io.vatio.audit.AuditLog;
import io.vatio.kernel.Micros;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.db.Database;
import io.vatio.platform.events.Events;
import io.vatio.platform.json.Json;
import io.vatio.platform.tls.ClientAuthority;
import java.security.cert.X509Certificate;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// The certificates by which devices are known on the TLS listener, in memory and in the database.
///
/// One signed here counts while it is listed and not revoked. One of another authority, where the
/// settings name it, counts for the device whose serial number is its common name, unless revoked.
/// That a certificate was signed by whom we trust is checked before, in the handshake. Asking is
/// done from memory; making and revoking block. Thread safe.
public final class DeviceCertificates implements CertificateDoor {
  /// Valid ones of one device.
  static final int MOST = 20;

  private static final String LIST =
      "SELECT fingerprint, device_id, issued_at, expires_at, revoked_at FROM device_certificate";

  private static final String PUT =
      """
      INSERT INTO device_certificate (fingerprint, device_id, issued_at, expires_at, revoked_at)
      VALUES (:fingerprint, :device, :issued, :expires, :revoked)
      ON CONFLICT (fingerprint) DO UPDATE SET revoked_at = excluded.revoked_at
      """;

  private final Database database;
  private final DeviceRegistry devices;
  private final Events events;
  private final ClientAuthority authority;
  private final boolean othersSign;
  private final Clock clock;
  private final AuditLog audit;
  private final Map<String, Entry> known = new ConcurrentHashMap<>();
  private final Lock changes = new ReentrantLock();

  private DeviceCertificates(
      Database database,
      DeviceRegistry devices,
      Events events,
      ClientAuthority authority,
      boolean othersSign,
      Clock clock,
      AuditLog audit) {
    this.database = database;
    this.devices = devices;
    this.events = events;
    this.authority = authority;
    this.othersSign = othersSign;
    this.clock = clock;
    this.audit = audit;
  }

  /// Reads all of them into memory.
  ///
  /// @param othersSign whether an authority of somebody else signs instead of ours
  public static DeviceCertificates open(
      Database database,
      DeviceRegistry devices,
      Events events,
      ClientAuthority authority,
      boolean othersSign,
      Clock clock,
      AuditLog audit) {
    DeviceCertificates certificates =
        new DeviceCertificates(database, devices, events, authority, othersSign, clock, audit);
    database
        .read(handle -> handle.createQuery(LIST).map((row, _) -> entry(row)).list())
        .forEach(entry -> certificates.known.put(entry.fingerprint(), entry));
    events.subscribe(DeviceAccessRevoked.class, certificates::forgetDeleted);
    return certificates;
  }

  /// Signs a device's request; the answer is the only place where the certificate is.
  ///
  /// @throws Problem when others sign, when the request is none, when there are too many
  ClientAuthority.Signed issue(Device device, String request) {
    if (othersSign) {
      throw Problem.conflict(Text.of("device.certificate_elsewhere"));
    }
    changes.lock();
    try {
      Instant now = clock.instant();
      if (list(device.id()).stream().filter(entry -> entry.isValid(now)).count() >= MOST) {
        throw Problem.conflict(Text.of("device.too_many_certificates", Integer.toString(MOST)));
      }
      ClientAuthority.Signed signed =
          authority
              .sign(request, device.serial())
              .orElseThrow(() -> Problem.invalid("csr", Text.of("device.request_wrong")));
      put(new Entry(signed.fingerprint(), device.id(), now, signed.expiresAt(), null));
      return signed;
    } finally {
      changes.unlock();
    }
  }

  /// Those of a device, newest first.
  List<Entry> list(long deviceId) {
    return known.values().stream()
        .filter(entry -> entry.deviceId() == deviceId)
        .sorted(Comparator.comparing(Entry::issuedAt).reversed())
        .toList();
  }

  /// Ends a certificate and the connections of its device. One of another authority need not be
  /// known.
  ///
  /// @return false when there is nothing to end
  boolean revoke(Device device, String fingerprint) {
    changes.lock();
    try {
      Entry entry = known.get(fingerprint);
      if (entry == null && !othersSign) {
        return false;
      }
      if (entry != null && (entry.deviceId() != device.id() || entry.revokedAt() != null)) {
        return false;
      }
      Instant now = clock.instant();
      put(
          entry == null
              ? new Entry(fingerprint, device.id(), now, null, now)
              : new Entry(fingerprint, device.id(), entry.issuedAt(), entry.expiresAt(), now));
      events.publish(new DeviceAccessRevoked(device.id(), device.serial(), false));
      return true;
    } finally {
      changes.unlock();
    }
  }

  /// Ends all certificates of a device.
  ///
  /// @return whether there was one
  boolean revokeAll(Device device) {
    boolean any = false;
    for (Entry entry : list(device.id())) {
      any |= entry.revokedAt() == null && revoke(device, entry.fingerprint());
    }
    return any;
  }

  @Override
  public Optional<Principal.Device> find(X509Certificate certificate) {
    Entry entry = known.get(ClientAuthority.fingerprint(certificate));
    if (entry == null && !othersSign || entry != null && !entry.isValid(clock.instant())) {
      return Optional.empty();
    }
    Optional<Device> device =
        entry == null
            ? ClientAuthority.commonName(certificate).flatMap(devices::findBySerial)
            : devices.findById(entry.deviceId());
    return device.map(found -> new Principal.Device(found.id(), found.serial()));
  }

  private void put(Entry entry) {
    database.write(
        handle -> {
          note(handle, entry);
          return handle
              .createUpdate(PUT)
              .bind("fingerprint", entry.fingerprint())
              .bind("device", entry.deviceId())
              .bind("issued", Micros.of(entry.issuedAt()))
              .bind("expires", entry.expiresAt() == null ? null : Micros.of(entry.expiresAt()))
              .bind("revoked", entry.revokedAt() == null ? null : Micros.of(entry.revokedAt()))
              .execute();
        });
    known.put(entry.fingerprint(), entry);
  }

  private void note(Handle handle, Entry entry) {
    Entry before = known.get(entry.fingerprint());
    audit.note(
        handle,
        AuditLog.Action.CREDENTIAL,
        AuditLog.Target.of(
            "Certificado",
            entry.deviceId(),
            devices.findById(entry.deviceId()).map(Device::name).orElse("")),
        AuditLog.differences(before == null ? Json.object() : audited(before), audited(entry)));
  }

  private static ObjectNode audited(Entry entry) {
    ObjectNode fields = Json.object();
    fields.put("fingerprint", entry.fingerprint());
    fields.put("revoked_at", entry.revokedAt() == null ? null : entry.revokedAt().toString());
    return fields;
  }

  private void forgetDeleted(DeviceAccessRevoked event) {
    if (devices.findById(event.deviceId()).isEmpty()) {
      known.values().removeIf(entry -> entry.deviceId() == event.deviceId());
    }
  }

  private static Entry entry(ResultSet row) throws SQLException {
    return new Entry(
        row.getString("fingerprint"),
        row.getLong("device_id"),
        Micros.toInstant(row.getLong("issued_at")),
        instant(row, "expires_at"),
        instant(row, "revoked_at"));
  }

  private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
    long micros = row.getLong(column);
    return row.wasNull() ? null : Micros.toInstant(micros);
  }

  /// What is known of a certificate.
  ///
  /// @param expiresAt null for one of another authority
  record Entry(
      String fingerprint,
      long deviceId,
      Instant issuedAt,
      @Nullable Instant expiresAt,
      @Nullable Instant revokedAt) {
    boolean isValid(Instant now) {
      return revokedAt == null && (expiresAt == null || expiresAt.isAfter(now));
    }
  }
}
