package io.vatio.account;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.audit.AuditLog;
import io.vatio.kernel.Micros;
import io.vatio.kernel.Permission;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Reach;
import io.vatio.platform.db.Database;
import io.vatio.platform.json.Json;
import java.security.SecureRandom;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// All API keys: in memory by their fingerprint, so that checking one is a look-up; in the database
/// for good. Finding never blocks; making and revoking do.
final class ApiKeys {
  /// How every key begins, so that secret scanners and [Gatekeeper] know it from a token.
  static final String PREFIX = "vatio_";

  static final int MAX_KEYS = 1_000;

  private static final Duration USE_GRAIN = Duration.ofSeconds(1);
  private static final int SECRET_LETTERS = 43;
  private static final int SHOWN = PREFIX.length() + 6;

  private static final String LIST =
      """
      SELECT id, label, prefix, hash, permissions, account_id, created_at, expires_at, last_used_at
        FROM api_key
       WHERE revoked_at IS NULL
       ORDER BY id
      """;

  private static final String INSERT =
      """
      INSERT INTO api_key (label, prefix, hash, permissions, account_id, created_at, expires_at)
      VALUES (:label, :prefix, :hash, :permissions, :account, :now, :expires)
      """;

  private static final String SAVE_USE =
      """
      UPDATE api_key
         SET last_used_at = :used
       WHERE id = :id
      """;

  private final Database database;
  private final Accounts accounts;
  private final Clock clock;
  private final AuditLog audit;
  private final SecureRandom random = new SecureRandom();
  private final Map<String, ApiKey> byHash = new ConcurrentHashMap<>();
  private final Lock changes = new ReentrantLock();

  /// When each key was last used, by its id; the database has it a minute later.
  private final Map<Long, Instant> lastUse = new ConcurrentHashMap<>();

  /// Keys whose last use the database does not have yet.
  private final Set<Long> unsaved = ConcurrentHashMap.newKeySet();

  /// Keys that have run out and whose connections were ended.
  private final Set<Long> ended = ConcurrentHashMap.newKeySet();

  private volatile LongConsumer revoked = _ -> {};

  private ApiKeys(Database database, Accounts accounts, Clock clock, AuditLog audit) {
    this.audit = audit;
    this.database = database;
    this.accounts = accounts;
    this.clock = clock;
  }

  static ApiKeys open(Database database, Accounts accounts, Clock clock, AuditLog audit) {
    ApiKeys keys = new ApiKeys(database, accounts, clock, audit);
    database.read(
        handle ->
            handle
                .createQuery(LIST)
                .map(
                    (row, _) -> {
                      ApiKey key = key(row);
                      keys.byHash.put(key.hash(), key);
                      long used = row.getLong("last_used_at");
                      return row.wasNull()
                          || keys.lastUse.put(key.id(), Micros.toInstant(used)) == null;
                    })
                .list());
    return keys;
  }

  static boolean isKey(String text) {
    return text.startsWith(PREFIX);
  }

  /// Who a key stands for, empty when it is wrong, expired or revoked, or when the one who made it
  /// is gone or inactive.
  Optional<Principal.ApiKey> find(String key) {
    if (key.length() > 2 * (PREFIX.length() + SECRET_LETTERS)) {
      return Optional.empty();
    }
    ApiKey found = byHash.get(fingerprint(key));
    Instant now = clock.instant();
    if (found == null || found.isExpired(now)) {
      return Optional.empty();
    }
    Optional<Principal.ApiKey> principal =
        accounts
            .findById(found.accountId())
            .filter(Account::active)
            .map(owner -> principal(found, accounts.principal(owner)));
    if (principal.isPresent()) {
      noteUse(found.id(), now);
    }
    return principal;
  }

  private void noteUse(long id, Instant now) {
    Instant before = lastUse.get(id);
    // Once a second is enough, and keeps a key that is used a thousand times a second cheap.
    if (before == null || now.isAfter(before.plus(USE_GRAIN))) {
      lastUse.put(id, now);
      unsaved.add(id);
    }
  }

  /// When a key was last used, null for never; to a second or so.
  @Nullable Instant lastUse(long id) {
    return lastUse.get(id);
  }

  /// What the keys of an account reach.
  Reach reach(ApiKey key) {
    return accounts
        .findById(key.accountId())
        .map(owner -> accounts.principal(owner).reach())
        .orElse(Reach.SHARED);
  }

  /// Writes down when keys were last used. Blocks.
  ///
  /// @return false: there is nothing more to do
  boolean saveUse() {
    List<Long> ids = List.copyOf(unsaved);
    if (!ids.isEmpty()) {
      database.write(
          handle -> {
            for (long id : ids) {
              Instant used = lastUse.get(id);
              handle
                  .createUpdate(SAVE_USE)
                  .bind("used", used == null ? null : (Long) Micros.of(used))
                  .bind("id", id)
                  .execute();
            }
            return true;
          });
      unsaved.removeAll(ids);
    }
    return false;
  }

  /// Live keys, newest first.
  List<ApiKey> list() {
    return byHash.values().stream()
        .sorted(Comparator.comparingLong(ApiKey::id).reversed())
        .toList();
  }

  /// Makes a key.
  ///
  /// @return the key, shown once; empty when there are [#MAX_KEYS]
  Optional<Made> create(
      String label, List<Permission> permissions, long accountId, @Nullable Instant expiresAt) {
    String secret = PREFIX + Secrets.text(random, SECRET_LETTERS);
    ApiKey draft =
        new ApiKey(
            0,
            label,
            secret.substring(0, SHOWN),
            fingerprint(secret),
            permissions,
            accountId,
            Micros.toInstant(Micros.of(clock.instant())),
            expiresAt);
    changes.lock();
    try {
      if (byHash.size() >= MAX_KEYS) {
        return Optional.empty();
      }
      ApiKey key = insert(draft);
      byHash.put(key.hash(), key);
      return Optional.of(new Made(key, secret));
    } finally {
      changes.unlock();
    }
  }

  /// Names who is told the id of a key that was revoked, after it counts no more.
  void whenRevoked(LongConsumer listener) {
    revoked = listener;
  }

  /// Ends what was opened with keys that have run out since the last call.
  void endExpired() {
    Instant now = clock.instant();
    for (ApiKey key : byHash.values()) {
      if (key.isExpired(now) && ended.add(key.id())) {
        revoked.accept(key.id());
      }
    }
  }

  /// Ends what was opened with the keys of an account, whose rights theirs depend on.
  void endOf(long accountId) {
    byHash.values().stream()
        .filter(key -> key.accountId() == accountId)
        .forEach(key -> revoked.accept(key.id()));
  }

  /// Forgets the keys of an account that is gone.
  void forgetOf(long accountId) {
    for (ApiKey key : byHash.values()) {
      if (key.accountId() == accountId) {
        byHash.remove(key.hash());
        revoked.accept(key.id());
      }
    }
  }

  /// Ends a key at once.
  ///
  /// @return whether there was one
  boolean revoke(long id) {
    changes.lock();
    try {
      Optional<ApiKey> key = byHash.values().stream().filter(k -> k.id() == id).findFirst();
      if (key.isEmpty()) {
        return false;
      }
      database.write(
          handle -> {
            handle
                .createUpdate("UPDATE api_key SET revoked_at = :now WHERE id = :id")
                .bind("now", Micros.of(clock.instant()))
                .bind("id", id)
                .execute();
            audit.deleted(handle, target(key.get()), audited(key.get()));
            return true;
          });
      byHash.remove(key.get().hash());
      revoked.accept(id);
      return true;
    } finally {
      changes.unlock();
    }
  }

  private ApiKey insert(ApiKey draft) {
    Instant expires = draft.expiresAt();
    return database.write(
        handle -> {
          long id =
              handle
                  .createUpdate(INSERT)
                  .bind("label", draft.label())
                  .bind("prefix", draft.prefix())
                  .bind("hash", draft.hash())
                  .bind("permissions", codes(draft.permissions()))
                  .bind("account", draft.accountId())
                  .bind("now", Micros.of(draft.createdAt()))
                  .bind("expires", expires == null ? null : (Long) Micros.of(expires))
                  .executeAndReturnGeneratedKeys("id")
                  .mapTo(Long.class)
                  .one();
          ApiKey key = draft.withId(id);
          audit.created(handle, target(key), audited(key));
          return key;
        });
  }

  private static AuditLog.Target target(ApiKey key) {
    return AuditLog.Target.of("ClaveApi", key.id(), key.label());
  }

  private static ObjectNode audited(ApiKey key) {
    ObjectNode node = Json.object();
    node.put("label", key.label());
    node.put("prefix", key.prefix());
    node.put("permisos", codes(key.permissions()));
    node.put("expires_at", AccountJson.time(key.expiresAt()));
    return node;
  }

  private static Principal.ApiKey principal(ApiKey key, Principal.User owner) {
    Set<Permission> permissions =
        Role.opened(key.permissions()).stream().filter(owner::may).collect(Collectors.toSet());
    return new Principal.ApiKey(key.id(), key.label(), permissions, key.accountId(), owner.reach());
  }

  private static String fingerprint(String key) {
    return HexFormat.of().formatHex(Secrets.sha256(key));
  }

  private static String codes(List<Permission> permissions) {
    return permissions.stream().map(Permission::code).collect(Collectors.joining(","));
  }

  private static ApiKey key(ResultSet row) throws SQLException {
    long expires = row.getLong("expires_at");
    Instant expiresAt = row.wasNull() ? null : Micros.toInstant(expires);
    return new ApiKey(
        row.getLong("id"),
        row.getString("label"),
        row.getString("prefix"),
        row.getString("hash"),
        Arrays.stream(row.getString("permissions").split(",", -1))
            .flatMap(code -> Permission.findByCode(code).stream())
            .toList(),
        row.getLong("account_id"),
        Micros.toInstant(row.getLong("created_at")),
        expiresAt);
  }

  /// A new key, and the text that is shown once.
  record Made(ApiKey key, String secret) {
    /// Without the secret.
    @Override
    public String toString() {
      return "Made[key=" + key.prefix() + "…]";
    }
  }
}
