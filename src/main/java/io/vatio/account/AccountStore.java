package io.vatio.account;

import io.vatio.kernel.Micros;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.mapper.RowMapper;
import org.jdbi.v3.core.statement.Update;
import org.jspecify.annotations.Nullable;

/// The SQL of accounts. Runs inside the caller's transaction.
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

  private static final String SET_PASSWORD =
      """
      UPDATE account
         SET password_hash = :hash, token_version = :version, updated_at = :updated
       WHERE id = :id
      """;

  private static final String SET_HASH =
      """
      UPDATE account
         SET password_hash = :hash
       WHERE id = :id AND password_hash = :before
      """;

  List<Account> listAccounts(Handle handle) {
    return handle.createQuery(ACCOUNTS + " ORDER BY id").map(ACCOUNT).list();
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

  /// Sets a new password and ends every session that the old one opened.
  void setPassword(Handle handle, Account account, String hash) {
    handle
        .createUpdate(SET_PASSWORD)
        .bind("hash", hash)
        .bind("version", account.tokenVersion())
        .bind("updated", Micros.of(account.updatedAt()))
        .bind("id", account.id())
        .execute();
    handle
        .createUpdate("DELETE FROM refresh_token WHERE account_id = :id")
        .bind("id", account.id())
        .execute();
  }

  void delete(Handle handle, long id) {
    handle.createUpdate("DELETE FROM account WHERE id = :id").bind("id", id).execute();
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
}
