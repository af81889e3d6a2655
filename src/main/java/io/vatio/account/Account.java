package io.vatio.account;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A person who can log in. The password's hash stays in the database.
///
/// @param username unique, whatever its case
/// @param type `interno` (of the installation) or `externo` (sees what is shared)
/// @param roleId null for no role
/// @param superuser may do everything, whatever the role says
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
    Instant createdAt,
    Instant updatedAt,
    @Nullable Instant lastLogin) {

  String fullName() {
    return (firstName + " " + lastName).strip();
  }
}
