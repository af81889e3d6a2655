package io.vatio.account;

import io.vatio.kernel.Micros;
import io.vatio.kernel.Permission;
import io.vatio.kernel.Reach;
import io.vatio.platform.db.Database;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.mapper.RowMapper;

/// The SQL of roles and permissions. Runs inside the caller's transaction.
final class RoleStore {
  private static final RowMapper<NamedPermission> PERMISSION = (row, _) -> permission(row);

  private static final String PERMISSIONS =
      """
      SELECT id, code, name, description, created_at
        FROM permission
       ORDER BY id
      """;

  private static final String GRANTS =
      """
      SELECT g.role_id, p.id, p.code, p.name, p.description, p.created_at
        FROM role_permission g
        JOIN permission p ON p.id = g.permission_id
       ORDER BY g.role_id, p.id
      """;

  private static final String ROLES =
      """
      SELECT id, name, label, description, reach, created_at, updated_at
        FROM role
       ORDER BY id
      """;

  private static final String SEED_PERMISSION =
      """
      INSERT INTO permission (id, code, name, description, created_at)
      VALUES (:id, :code, :name, :description, :now)
      ON CONFLICT DO NOTHING
      """;

  private static final String SEED_ROLE =
      """
      INSERT INTO role (id, name, label, description, reach, created_at, updated_at)
      VALUES (:id, :name, :label, :description, :reach, :now, :now)
      """;

  private static final String SEED_GRANT =
      """
      INSERT INTO role_permission (role_id, permission_id)
      SELECT :role, id FROM permission WHERE code = :code
      """;

  private static final String INSERT_PERMISSION =
      """
      INSERT INTO permission (code, name, description, created_at)
      VALUES (:code, :name, :description, :now)
      """;

  private static final String UPDATE_PERMISSION =
      """
      UPDATE permission
         SET code = :code, name = :name, description = :description
       WHERE id = :id
      """;

  private static final String INSERT_ROLE =
      """
      INSERT INTO role (name, label, description, reach, created_at, updated_at)
      VALUES (:name, :label, :description, :reach, :now, :now)
      """;

  private static final String UPDATE_ROLE =
      """
      UPDATE role
         SET name = :name, label = :label, description = :description, reach = :reach,
             updated_at = :now
       WHERE id = :id
      """;

  private static final String INSERT_GRANT =
      """
      INSERT INTO role_permission (role_id, permission_id)
      VALUES (:role, :permission)
      """;

  /// Makes permissions that are missing, and the first roles where there is none.
  void seed(Handle handle, Database.Dialect dialect, Instant now) {
    for (Seeds.PermissionSeed seed : Seeds.PERMISSIONS) {
      handle
          .createUpdate(SEED_PERMISSION)
          .bind("id", seed.id())
          .bind("code", seed.code())
          .bind("name", seed.name())
          .bind("description", seed.description())
          .bind("now", Micros.of(now))
          .execute();
    }
    boolean empty = handle.createQuery("SELECT count(*) FROM role").mapTo(Long.class).one() == 0;
    if (empty) {
      Seeds.ROLES.forEach(seed -> seedRole(handle, seed, now));
    }
    if (dialect == Database.Dialect.POSTGRESQL) {
      // The rows above brought their own ids; the next one must not collide with them.
      for (String table : List.of("permission", "role")) {
        handle.execute(
            "SELECT setval(pg_get_serial_sequence('%1$s', 'id'), (SELECT max(id) FROM %1$s))"
                .formatted(table));
      }
    }
  }

  private static void seedRole(Handle handle, Seeds.RoleSeed seed, Instant now) {
    handle
        .createUpdate(SEED_ROLE)
        .bind("id", seed.id())
        .bind("name", seed.name())
        .bind("label", seed.label())
        .bind("description", seed.description())
        .bind("reach", seed.reach().code())
        .bind("now", Micros.of(now))
        .execute();
    for (Permission permission : seed.permissions()) {
      handle
          .createUpdate(SEED_GRANT)
          .bind("role", seed.id())
          .bind("code", permission.code())
          .execute();
    }
  }

  List<NamedPermission> listPermissions(Handle handle) {
    return handle.createQuery(PERMISSIONS).map(PERMISSION).list();
  }

  List<Role> listRoles(Handle handle) {
    Map<Long, List<NamedPermission>> grants = new HashMap<>();
    handle
        .createQuery(GRANTS)
        .map((row, _) -> Map.entry(row.getLong("role_id"), permission(row)))
        .forEach(
            entry ->
                grants
                    .computeIfAbsent(entry.getKey(), _ -> new ArrayList<>())
                    .add(entry.getValue()));
    return handle
        .createQuery(ROLES)
        .map((row, _) -> role(row, grants.getOrDefault(row.getLong("id"), List.of())))
        .list();
  }

  /// @return its id
  long insertRole(Handle handle, Role.Draft draft, Instant now) {
    long id =
        handle
            .createUpdate(INSERT_ROLE)
            .bind("name", draft.name())
            .bind("label", draft.label())
            .bind("description", draft.description())
            .bind("reach", draft.reach().code())
            .bind("now", Micros.of(now))
            .executeAndReturnGeneratedKeys("id")
            .mapTo(Long.class)
            .one();
    insertGrants(handle, id, draft.grants());
    return id;
  }

  void updateRole(Handle handle, long id, Role.Draft draft, Instant now) {
    handle
        .createUpdate(UPDATE_ROLE)
        .bind("id", id)
        .bind("name", draft.name())
        .bind("label", draft.label())
        .bind("description", draft.description())
        .bind("reach", draft.reach().code())
        .bind("now", Micros.of(now))
        .execute();
    handle.createUpdate("DELETE FROM role_permission WHERE role_id = :id").bind("id", id).execute();
    insertGrants(handle, id, draft.grants());
  }

  void deleteRole(Handle handle, long id) {
    handle.createUpdate("DELETE FROM role WHERE id = :id").bind("id", id).execute();
  }

  /// @return its id
  long insertPermission(Handle handle, NamedPermission permission) {
    return handle
        .createUpdate(INSERT_PERMISSION)
        .bind("code", permission.code())
        .bind("name", permission.name())
        .bind("description", permission.description())
        .bind("now", Micros.of(permission.createdAt()))
        .executeAndReturnGeneratedKeys("id")
        .mapTo(Long.class)
        .one();
  }

  void updatePermission(Handle handle, NamedPermission permission) {
    handle
        .createUpdate(UPDATE_PERMISSION)
        .bind("id", permission.id())
        .bind("code", permission.code())
        .bind("name", permission.name())
        .bind("description", permission.description())
        .execute();
  }

  void deletePermission(Handle handle, long id) {
    handle.createUpdate("DELETE FROM permission WHERE id = :id").bind("id", id).execute();
  }

  private static void insertGrants(Handle handle, long role, List<NamedPermission> grants) {
    for (NamedPermission grant : grants) {
      handle.createUpdate(INSERT_GRANT).bind("role", role).bind("permission", grant.id()).execute();
    }
  }

  private static Role role(ResultSet row, List<NamedPermission> grants) throws SQLException {
    return new Role.Draft(
            row.getString("name"),
            row.getString("label"),
            row.getString("description"),
            Reach.findByCode(row.getString("reach")).orElse(Reach.SHARED),
            grants)
        .role(
            row.getLong("id"),
            Micros.toInstant(row.getLong("created_at")),
            Micros.toInstant(row.getLong("updated_at")));
  }

  private static NamedPermission permission(ResultSet row) throws SQLException {
    return new NamedPermission(
        row.getLong("id"),
        row.getString("code"),
        row.getString("name"),
        row.getString("description"),
        Micros.toInstant(row.getLong("created_at")));
  }
}
