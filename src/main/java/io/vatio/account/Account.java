package io.vatio.account;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A person who can log in. The password's hash stays in the database.
///
/// @param username unique, whatever its case
/// @param email unique as well; empty for none
/// @param type `interno` (of the installation) or `externo` (sees what is shared)
/// @param roleId null for no role
/// @param superuser may do everything, whatever the role says
/// @param emailVerified whether the address was proved to be the person's own
/// @param emailNotifications whether the person wants mail
/// @param telegramChat where the bot writes to the person, null for nowhere
/// @param telegramUsername as Telegram says it, null for none
/// @param telegramNotifications whether the person wants messages there
/// @param tokenVersion how often the password was changed; tokens of another one are worthless
record Account(
    long id,
    String username,
    String email,
    String firstName,
    String lastName,
    String type,
    @Nullable Long roleId,
    boolean active,
    boolean staff,
    boolean superuser,
    boolean emailVerified,
    boolean emailNotifications,
    @Nullable String telegramChat,
    @Nullable String telegramUsername,
    boolean telegramNotifications,
    long tokenVersion,
    Instant createdAt,
    Instant updatedAt,
    @Nullable Instant lastLogin) {
  static final String INTERNAL = "interno";
  static final String EXTERNAL = "externo";

  String fullName() {
    return (firstName + " " + lastName).strip();
  }
}
