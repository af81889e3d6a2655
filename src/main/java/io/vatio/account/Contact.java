package io.vatio.account;

import org.jspecify.annotations.Nullable;

/// How to reach a person.
///
/// @param name first and last name, empty for none
/// @param email empty for none
/// @param telegramChat where the bot writes to, null for nowhere
/// @param telegramUsername as Telegram says it, null for none
public record Contact(
    long id,
    String username,
    String name,
    boolean active,
    boolean superuser,
    String email,
    boolean emailVerified,
    boolean emailNotifications,
    @Nullable String telegramChat,
    @Nullable String telegramUsername,
    boolean telegramNotifications) {

  static Contact of(Account account) {
    return new Contact(
        account.id(),
        account.username(),
        account.fullName(),
        account.active(),
        account.superuser(),
        account.email(),
        account.emailVerified(),
        account.emailNotifications(),
        account.telegramChat(),
        account.telegramUsername(),
        account.telegramNotifications());
  }

  /// Whether mail for this person has somewhere to go and is wanted.
  public boolean takesMail() {
    return active && emailVerified && emailNotifications && !email.isEmpty();
  }

  /// Whether messages of the bot have somewhere to go and are wanted.
  public boolean takesTelegram() {
    return active && telegramChat != null && telegramNotifications;
  }
}
