package io.vatio.account;

import io.vatio.kernel.Permission;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/// A named set of permissions.
///
/// @param name the wire word, for instance `operador`
/// @param label what people read
record Role(
    long id,
    String name,
    String label,
    String description,
    List<Grant> grants,
    Instant createdAt,
    Instant updatedAt) {
  Role {
    grants = List.copyOf(grants);
  }

  Set<Permission> permissions() {
    return grants.stream().map(Grant::permission).collect(Collectors.toUnmodifiableSet());
  }

  /// A permission as people read it.
  record Grant(
      long id, Permission permission, String name, String description, Instant createdAt) {}
}
