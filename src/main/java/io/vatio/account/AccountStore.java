package io.vatio.account;

import io.vatio.kernel.Micros;
import io.vatio.kernel.Permission;
import io.vatio.kernel.Reach;
import io.vatio.platform.db.Database;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.mapper.RowMapper;
import org.jdbi.v3.core.statement.Update;
import org.jspecify.annotations.Nullable;

/// The SQL of accounts, roles and permissions. Runs inside the caller's transaction.
final class AccountStore {
  private static final RowMapper<Account> ACCOUNT = (row, _) -> account(row);

  private static final String ACCOUNTS =
      """
      SELECT id, username, email, first_name, last_name, user_type, role_id, is_active, is_staff,
             is_superuser, email_verified, email_notifications, telegram_chat, telegram_username,
             telegram_notifications, token_version, created_at, updated_at, last_login
        FROM account
      """;

  private static final String INSERT =
      """
      INSERT INTO account (username, email, password_hash, first_name, last_name, user_type,
                           role_id, is_active, is_staff, is_superuser, email_verified,
                           email_notifications, telegram_chat, telegram_username,
                           telegram_notifications, token_version, created_at, updated_at)
      VALUES (:username, :email, :hash, :first, :last, :type,
              :role, :active, :staff, :superuser, :verified,
              :notifications, :chat, :telegram,
              :messages, :version, :now, :now)
      """;

  private static final String UPDATE =
      """
      UPDATE account
         SET username = :username, email = :email, first_name = :first, last_name = :last,
             user_type = :type, role_id = :role, is_active = :active, is_staff = :staff,
             is_superuser = :superuser, email_verified = :verified,
             email_notifications = :notifications, telegram_chat = :chat,
             telegram_username = :telegram, telegram_notifications = :messages,
             token_version = :version, updated_at = :updated, last_login = :login
       WHERE id = :id
      """;

  private static final String GRANTS =
      """
      SELECT g.role_id, p.id, p.code, p.name, p.description, p.created_at
        FROM role_permission g
        JOIN permission p ON p.id = g.permission_id
       ORDER BY g.role_id, p.id
      """;

  private static final String INSERT_PERMISSION =
      """
      INSERT INTO permission (id, code, name, description, created_at)
      VALUES (:id, :code, :name, :description, :now)
      ON CONFLICT DO NOTHING
      """;

  private static final String INSERT_ROLE =
      """
      INSERT INTO role (id, name, label, description, reach, created_at, updated_at)
      VALUES (:id, :name, :label, :description, :reach, :now, :now)
      """;

  private static final String INSERT_GRANT =
      """
      INSERT INTO role_permission (role_id, permission_id)
      SELECT :role, id FROM permission WHERE code = :code
      """;

  private static final String SET_HASH =
      """
      UPDATE account
         SET password_hash = :hash
       WHERE id = :id AND password_hash = :before
      """;

  /// Makes permissions that are missing, and the first roles where there is none.
  void seed(Handle handle, Database.Dialect dialect, Instant now) {
    for (Seeds.PermissionSeed seed : Seeds.PERMISSIONS) {
      handle
          .createUpdate(INSERT_PERMISSION)
          .bind("id", seed.id())
          .bind("code", seed.code())
          .bind("name", seed.name())
          .bind("description", seed.description())
          .bind("now", Micros.of(now))
          .execute();
    }
    if (count(handle, "role") == 0) {
      Seeds.ROLES.forEach(seed -> insertRole(handle, seed, now));
    }
    if (dialect == Database.Dialect.POSTGRESQL) {
      // The rows above brought their own ids; the next one must not collide with them.
      for (String table : List.of("permission", "role")) {
        handle.execute(
            "SELECT setval(pg_get_serial_sequence('%1$s', 'id'), (SELECT max(id) FROM %1$s))"
                .formatted(table));
      }
    }
  }

  private static void insertRole(Handle handle, Seeds.RoleSeed seed, Instant now) {
    handle
        .createUpdate(INSERT_ROLE)
        .bind("id", seed.id())
        .bind("name", seed.name())
        .bind("label", seed.label())
        .bind("description", seed.description())
        .bind("reach", seed.reach().code())
        .bind("now", Micros.of(now))
        .execute();
    for (Permission permission : seed.permissions()) {
      handle
          .createUpdate(INSERT_GRANT)
          .bind("role", seed.id())
          .bind("code", permission.code())
          .execute();
    }
  }

  long countAccounts(Handle handle) {
    return count(handle, "account");
  }

  List<Account> listAccounts(Handle handle) {
    return handle.createQuery(ACCOUNTS + " ORDER BY id").map(ACCOUNT).list();
  }

  List<Role> listRoles(Handle handle) {
    Map<Long, List<Role.Grant>> grants = new LinkedHashMap<>();
    handle
        .createQuery(GRANTS)
        .map((row, _) -> Map.entry(row.getLong("role_id"), grant(row)))
        .forEach(
            entry ->
                entry
                    .getValue()
                    .ifPresent(
                        g ->
                            grants.computeIfAbsent(entry.getKey(), _ -> new ArrayList<>()).add(g)));
    return handle
        .createQuery(
            "SELECT id, name, label, description, reach, created_at, updated_at FROM role"
                + " ORDER BY id")
        .map((row, _) -> role(row, grants.getOrDefault(row.getLong("id"), List.of())))
        .list();
  }

  /// Inserts an account and returns it with its id.
  Account insert(Handle handle, Account account, @Nullable String hash) {
    long id =
        bind(handle.createUpdate(INSERT), account)
            .bind("hash", hash)
            .bind("now", Micros.of(account.createdAt()))
            .executeAndReturnGeneratedKeys("id")
            .mapTo(Long.class)
            .one();
    return handle.createQuery(ACCOUNTS + " WHERE id = :id").bind("id", id).map(ACCOUNT).one();
  }

  void update(Handle handle, Account account) {
    Instant login = account.lastLogin();
    bind(handle.createUpdate(UPDATE), account)
        .bind("updated", Micros.of(account.updatedAt()))
        .bind("login", login == null ? null : (Long) Micros.of(login))
        .bind("id", account.id())
        .execute();
  }

  /// The password's hash, empty for nobody or for an account without password.
  Optional<String> findHash(Handle handle, long id) {
    return handle
        .createQuery("SELECT password_hash FROM account WHERE id = :id")
        .bind("id", id)
        .mapTo(String.class)
        .findOne();
  }

  /// Replaces a hash, unless the password has changed in between.
  void replaceHash(Handle handle, long id, String before, String hash) {
    handle
        .createUpdate(SET_HASH)
        .bind("hash", hash)
        .bind("id", id)
        .bind("before", before)
        .execute();
  }

  private static long count(Handle handle, String table) {
    return handle.createQuery("SELECT count(*) FROM " + table).mapTo(Long.class).one();
  }

  private static Update bind(Update update, Account account) {
    return update
        .bind("username", account.username())
        .bind("email", account.email())
        .bind("first", account.firstName())
        .bind("last", account.lastName())
        .bind("type", account.type())
        .bind("role", account.roleId())
        .bind("active", account.active() ? 1 : 0)
        .bind("staff", account.staff() ? 1 : 0)
        .bind("superuser", account.superuser() ? 1 : 0)
        .bind("verified", account.emailVerified() ? 1 : 0)
        .bind("notifications", account.emailNotifications() ? 1 : 0)
        .bind("chat", account.telegramChat())
        .bind("telegram", account.telegramUsername())
        .bind("messages", account.telegramNotifications() ? 1 : 0)
        .bind("version", account.tokenVersion());
  }

  private static Account account(ResultSet row) throws SQLException {
    AccountDraft draft = new AccountDraft();
    draft.id = row.getLong("id");
    draft.username = row.getString("username");
    draft.email = row.getString("email");
    draft.firstName = row.getString("first_name");
    draft.lastName = row.getString("last_name");
    draft.type = row.getString("user_type");
    long role = row.getLong("role_id");
    draft.roleId = row.wasNull() ? null : (Long) role;
    draft.active = row.getInt("is_active") == 1;
    draft.staff = row.getInt("is_staff") == 1;
    draft.superuser = row.getInt("is_superuser") == 1;
    draft.emailVerified = row.getInt("email_verified") == 1;
    draft.emailNotifications = row.getInt("email_notifications") == 1;
    draft.telegramChat = row.getString("telegram_chat");
    draft.telegramUsername = row.getString("telegram_username");
    draft.telegramNotifications = row.getInt("telegram_notifications") == 1;
    draft.tokenVersion = row.getLong("token_version");
    draft.createdAt = Micros.toInstant(row.getLong("created_at"));
    draft.updatedAt = Micros.toInstant(row.getLong("updated_at"));
    long login = row.getLong("last_login");
    draft.lastLogin = row.wasNull() ? null : Micros.toInstant(login);
    return draft.done();
  }

  private static Role role(ResultSet row, List<Role.Grant> grants) throws SQLException {
    return new Role(
        row.getLong("id"),
        row.getString("name"),
        row.getString("label"),
        row.getString("description"),
        grants,
        grants.stream().map(Role.Grant::permission).collect(Collectors.toSet()),
        Reach.findByCode(row.getString("reach")).orElse(Reach.SHARED),
        Micros.toInstant(row.getLong("created_at")),
        Micros.toInstant(row.getLong("updated_at")));
  }

  /// Empty for a permission that this program does not know.
  private static Optional<Role.Grant> grant(ResultSet row) throws SQLException {
    Optional<Permission> permission = Permission.findByCode(row.getString("code"));
    if (permission.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new Role.Grant(
            row.getLong("id"),
            permission.get(),
            row.getString("name"),
            row.getString("description"),
            Micros.toInstant(row.getLong("created_at"))));
  }
}
