package io.vatio.account;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// An [Account] that is being made or changed. For one thread.
final class AccountDraft {
  long id;
  String username = "";
  String email = "";
  String firstName = "";
  String lastName = "";
  String type = Account.EXTERNAL;
  @Nullable Long roleId;
  boolean active = true;
  boolean staff;
  boolean superuser;
  boolean emailVerified;
  boolean emailNotifications = true;
  @Nullable String telegramChat;
  @Nullable String telegramUsername;
  boolean telegramNotifications = true;
  long tokenVersion;
  Instant createdAt = Instant.EPOCH;
  Instant updatedAt = Instant.EPOCH;
  @Nullable Instant lastLogin;

  static AccountDraft of(Account account) {
    AccountDraft draft = new AccountDraft();
    draft.id = account.id();
    draft.username = account.username();
    draft.email = account.email();
    draft.firstName = account.firstName();
    draft.lastName = account.lastName();
    draft.type = account.type();
    draft.roleId = account.roleId();
    draft.active = account.active();
    draft.staff = account.staff();
    draft.superuser = account.superuser();
    draft.emailVerified = account.emailVerified();
    draft.emailNotifications = account.emailNotifications();
    draft.telegramChat = account.telegramChat();
    draft.telegramUsername = account.telegramUsername();
    draft.telegramNotifications = account.telegramNotifications();
    draft.tokenVersion = account.tokenVersion();
    draft.createdAt = account.createdAt();
    draft.updatedAt = account.updatedAt();
    draft.lastLogin = account.lastLogin();
    return draft;
  }

  Account done() {
    return new Account(
        id,
        username,
        email,
        firstName,
        lastName,
        type,
        roleId,
        active,
        staff,
        superuser,
        emailVerified,
        emailNotifications,
        telegramChat,
        telegramUsername,
        telegramNotifications,
        tokenVersion,
        createdAt,
        updatedAt,
        lastLogin);
  }
}
