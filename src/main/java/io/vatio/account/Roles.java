package io.vatio.account;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.audit.AuditLog;
import io.vatio.platform.db.Database;
import io.vatio.platform.json.Json;
import java.time.Clock;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// All roles and permissions: in memory for whoever asks, in the database for good.
///
/// Asking is free of locks; memory changes only after the commit. Whoever changes something does it
/// inside [Accounts#exclusively], for roles and accounts depend on each other.
final class Roles {
  static final int MAX = 200;

  private final Database database;
  private final Clock clock;
  private final AuditLog audit;
  private final RoleStore store = new RoleStore();
  private final Map<Long, Role> roles = new ConcurrentHashMap<>();
  private final Map<Long, NamedPermission> permissions = new ConcurrentHashMap<>();

  private Roles(Database database, Clock clock, AuditLog audit) {
    this.database = database;
    this.clock = clock;
    this.audit = audit;
  }

  /// Makes what every installation begins with, then reads all of it.
  static Roles open(Database database, Clock clock, AuditLog audit) {
    Roles roles = new Roles(database, clock, audit);
    database.write(
        handle -> {
          roles.store.seed(handle, database.dialect(), clock.instant());
          return true;
        });
    roles.load();
    return roles;
  }

  private void load() {
    database.read(store::listPermissions).forEach(p -> permissions.put(p.id(), p));
    database.read(store::listRoles).forEach(r -> roles.put(r.id(), r));
  }

  Optional<Role> findById(@Nullable Long id) {
    return id == null ? Optional.empty() : Optional.ofNullable(roles.get(id));
  }

  Optional<Role> findByName(String name) {
    return roles.values().stream().filter(role -> role.name().equals(name)).findFirst();
  }

  /// In the order they were made.
  List<Role> list() {
    return roles.values().stream().sorted(Comparator.comparingLong(Role::id)).toList();
  }

  Optional<NamedPermission> findPermission(long id) {
    return Optional.ofNullable(permissions.get(id));
  }

  Optional<NamedPermission> findPermissionByCode(String code) {
    return permissions.values().stream().filter(p -> p.code().equals(code)).findFirst();
  }

  /// In the order they were made.
  List<NamedPermission> listPermissions() {
    return permissions.values().stream()
        .sorted(Comparator.comparingLong(NamedPermission::id))
        .toList();
  }

  Role create(Role.Draft draft) {
    var now = clock.instant();
    Role role =
        database.write(
            handle -> {
              Role made = draft.role(store.insertRole(handle, draft, now), now, now);
              audit.created(handle, target(made), audited(made));
              return made;
            });
    roles.put(role.id(), role);
    return role;
  }

  Role update(Role before, Role.Draft draft) {
    var now = clock.instant();
    Role after = draft.role(before.id(), before.createdAt(), now);
    database.write(
        handle -> {
          store.updateRole(handle, before.id(), draft, now);
          audit.updated(handle, target(after), audited(before), audited(after));
          return true;
        });
    roles.put(after.id(), after);
    return after;
  }

  void delete(Role role) {
    database.write(
        handle -> {
          store.deleteRole(handle, role.id());
          audit.deleted(handle, target(role), audited(role));
          return true;
        });
    roles.remove(role.id());
  }

  NamedPermission createPermission(String code, String name, String description) {
    NamedPermission draft = new NamedPermission(0, code, name, description, clock.instant());
    NamedPermission permission =
        database.write(
            handle -> {
              long id = store.insertPermission(handle, draft);
              NamedPermission made =
                  new NamedPermission(id, code, name, description, draft.createdAt());
              audit.created(handle, target(made), AccountJson.permission(made));
              return made;
            });
    permissions.put(permission.id(), permission);
    return permission;
  }

  void updatePermission(NamedPermission before, NamedPermission after) {
    database.write(
        handle -> {
          store.updatePermission(handle, after);
          audit.updated(
              handle, target(after), AccountJson.permission(before), AccountJson.permission(after));
          return true;
        });
    load();
  }

  void deletePermission(NamedPermission permission) {
    database.write(
        handle -> {
          store.deletePermission(handle, permission.id());
          audit.deleted(handle, target(permission), AccountJson.permission(permission));
          return true;
        });
    permissions.remove(permission.id());
    load();
  }

  private static ObjectNode audited(Role role) {
    ObjectNode node = Json.object();
    node.put("nombre", role.name());
    node.put("nombre_display", role.label());
    node.put("descripcion", role.description());
    node.put("alcance", role.reach().code());
    var codes = node.putArray("permisos");
    role.grants().forEach(grant -> codes.add(grant.code()));
    return node;
  }

  private static AuditLog.Target target(Role role) {
    return AuditLog.Target.of("Rol", role.id(), role.name());
  }

  private static AuditLog.Target target(NamedPermission permission) {
    return AuditLog.Target.of("Permiso", permission.id(), permission.code());
  }
}
