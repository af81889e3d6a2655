package io.vatio.account;

import io.vatio.kernel.Micros;
import io.vatio.kernel.Permission;
import io.vatio.kernel.Principal;
import io.vatio.platform.db.Database;
import java.security.SecureRandom;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
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

  private static final int SECRET_LETTERS = 43;
  private static final int SHOWN = PREFIX.length() + 6;

  private static final String LIST =
      """
      SELECT id, label, prefix, hash, permissions, account_id, created_at, expires_at
        FROM api_key
       WHERE revoked_at IS NULL
       ORDER BY id
      """;

  private static final String INSERT =
      """
      INSERT INTO api_key (label, prefix, hash, permissions, account_id, created_at, expires_at)
      VALUES (:label, :prefix, :hash, :permissions, :account, :now, :expires)
      """;

  private final Database database;
  private final Accounts accounts;
  private final Clock clock;
  private final SecureRandom random = new SecureRandom();
  private final Map<String, ApiKey> byHash = new ConcurrentHashMap<>();
  private final Lock changes = new ReentrantLock();

  /// Keys that have run out and whose connections were ended.
  private final Set<Long> ended = ConcurrentHashMap.newKeySet();

  private volatile LongConsumer revoked = _ -> {};

  private ApiKeys(Database database, Accounts accounts, Clock clock) {
    this.database = database;
    this.accounts = accounts;
    this.clock = clock;
  }

  static ApiKeys open(Database database, Accounts accounts, Clock clock) {
    ApiKeys keys = new ApiKeys(database, accounts, clock);
    database
        .read(handle -> handle.createQuery(LIST).map((row, _) -> key(row)).list())
        .forEach(key -> keys.byHash.put(key.hash(), key));
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
    if (found == null || found.isExpired(clock.instant())) {
      return Optional.empty();
    }
    return accounts
        .findById(found.accountId())
        .filter(Account::active)
        .map(owner -> principal(found, accounts.principal(owner)));
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
          handle ->
              handle
                  .createUpdate("UPDATE api_key SET revoked_at = :now WHERE id = :id")
                  .bind("now", Micros.of(clock.instant()))
                  .bind("id", id)
                  .execute());
      byHash.remove(key.get().hash());
      revoked.accept(id);
      return true;
    } finally {
      changes.unlock();
    }
  }

  private ApiKey insert(ApiKey draft) {
    Instant expires = draft.expiresAt();
    long id =
        database.write(
            handle ->
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
                    .one());
    return new ApiKey(
        id,
        draft.label(),
        draft.prefix(),
        draft.hash(),
        draft.permissions(),
        draft.accountId(),
        draft.createdAt(),
        expires);
  }

  private static Principal.ApiKey principal(ApiKey key, Principal.User owner) {
    Set<Permission> permissions =
        key.permissions().stream().filter(owner::may).collect(Collectors.toSet());
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
