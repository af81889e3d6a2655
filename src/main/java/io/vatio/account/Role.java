package io.vatio.account;

import io.vatio.kernel.Permission;
import io.vatio.kernel.Reach;
import java.time.Instant;
import java.util.List;
import java.util.Set;

/// A named set of permissions.
///
/// @param name the wire word, for instance `operador`
/// @param label what people read
/// @param permissions those of the grants, once more, for whoever only checks
/// @param reach which devices they count for
record Role(
    long id,
    String name,
    String label,
    String description,
    List<Grant> grants,
    Set<Permission> permissions,
    Reach reach,
    Instant createdAt,
    Instant updatedAt) {
  Role {
    grants = List.copyOf(grants);
    permissions = Set.copyOf(permissions);
  }

  /// A permission as people read it.
  record Grant(
      long id, Permission permission, String name, String description, Instant createdAt) {}
}
