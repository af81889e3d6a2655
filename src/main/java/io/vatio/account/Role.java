package io.vatio.account;

import io.vatio.kernel.Permission;
import io.vatio.kernel.Reach;
import java.time.Instant;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/// A named set of permissions.
///
/// @param name the wire word, for instance `operador`
/// @param label what people read
/// @param permissions those of the grants that open something, for whoever only checks
/// @param reach which devices they count for
record Role(
    long id,
    String name,
    String label,
    String description,
    List<NamedPermission> grants,
    Set<Permission> permissions,
    Reach reach,
    Instant createdAt,
    Instant updatedAt) {
  Role {
    grants = List.copyOf(grants);
    permissions = Set.copyOf(permissions);
  }

  /// Whether every installation has it.
  boolean isSeeded() {
    return Seeds.ROLES.stream().anyMatch(seed -> seed.id() == id);
  }

  /// What some permissions open: whoever manages users sees them.
  static Set<Permission> opened(Collection<Permission> granted) {
    Set<Permission> opened = EnumSet.noneOf(Permission.class);
    opened.addAll(granted);
    if (opened.contains(Permission.MANAGE_USERS)) {
      opened.add(Permission.VIEW_USERS);
    }
    return opened;
  }

  /// What somebody wants a role to be.
  record Draft(
      String name, String label, String description, Reach reach, List<NamedPermission> grants) {
    Draft {
      grants = List.copyOf(grants);
    }

    Role role(long id, Instant createdAt, Instant updatedAt) {
      return new Role(
          id,
          name,
          label,
          description,
          grants,
          opened(grants.stream().flatMap(g -> g.permission().stream()).toList()),
          reach,
          createdAt,
          updatedAt);
    }
  }
}
