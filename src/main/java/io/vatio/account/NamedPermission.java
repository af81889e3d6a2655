package io.vatio.account;

import io.vatio.kernel.Permission;
import java.time.Instant;
import java.util.Optional;

/// A permission as people read it.
///
/// @param code the wire word; one that this program does not know may be granted and opens nothing
record NamedPermission(long id, String code, String name, String description, Instant createdAt) {

  /// What it stands for, empty for one that somebody added.
  Optional<Permission> permission() {
    return Permission.findByCode(code);
  }

  /// Whether every installation has it.
  boolean isSeeded() {
    return permission().isPresent();
  }
}
