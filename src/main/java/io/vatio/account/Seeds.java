package io.vatio.account;

import static io.vatio.kernel.Permission.ASSIGN_SENSORS;
import static io.vatio.kernel.Permission.CREATE_READINGS;
import static io.vatio.kernel.Permission.MANAGE_SENSORS;
import static io.vatio.kernel.Permission.VIEW_DASHBOARD;
import static io.vatio.kernel.Permission.VIEW_DEVICES;
import static io.vatio.kernel.Permission.VIEW_READINGS;
import static io.vatio.kernel.Permission.VIEW_SENSORS;

import io.vatio.kernel.Permission;
import io.vatio.kernel.Reach;
import java.util.List;
import java.util.Set;

/// The permissions and roles that every installation begins with. Their ids are part of the
/// interface: clients say `"rol": 2`.
final class Seeds {
  static final long SUPERUSER_ROLE = 1;
  static final long READER_ROLE = 3;

  static final List<PermissionSeed> PERMISSIONS =
      List.of(
          permission(
              1, "gestionar_usuarios", "Gestionar Usuarios", "crear, editar y eliminar usuarios"),
          permission(2, "ver_usuarios", "Ver Usuarios", "ver la lista de usuarios"),
          permission(3, "gestionar_roles", "Gestionar Roles", "crear, editar y eliminar roles"),
          permission(
              4, "gestionar_permisos", "Gestionar Permisos", "crear, editar y eliminar permisos"),
          permission(
              5, "gestionar_sensores", "Gestionar Sensores", "crear, editar y eliminar sensores"),
          permission(6, "ver_sensores", "Ver Sensores", "ver la lista de sensores"),
          permission(
              7,
              "gestionar_dispositivos",
              "Gestionar Dispositivos",
              "crear, editar y eliminar dispositivos"),
          permission(8, "ver_dispositivos", "Ver Dispositivos", "ver la lista de dispositivos"),
          permission(9, "asignar_sensores", "Asignar Sensores", "asignar sensores a dispositivos"),
          permission(
              10, "asignar_operadores", "Asignar Operadores", "asignar operadores a dispositivos"),
          permission(11, "crear_lecturas", "Crear Lecturas", "registrar lecturas de sensores"),
          permission(12, "ver_lecturas", "Ver Lecturas", "ver las lecturas de sensores"),
          permission(13, "ver_dashboard", "Ver Dashboard", "ver el panel de control"));

  static final List<RoleSeed> ROLES =
      List.of(
          new RoleSeed(
              SUPERUSER_ROLE,
              "superusuario",
              "Superusuario",
              "Tiene acceso completo a todas las funcionalidades del sistema",
              Set.of(Permission.values()),
              Reach.ALL),
          new RoleSeed(
              2,
              "operador",
              "Operador",
              "Puede gestionar dispositivos asignados, sensores y crear lecturas",
              Set.of(
                  VIEW_SENSORS,
                  MANAGE_SENSORS,
                  VIEW_DEVICES,
                  ASSIGN_SENSORS,
                  CREATE_READINGS,
                  VIEW_READINGS,
                  VIEW_DASHBOARD),
              Reach.OWN),
          new RoleSeed(
              READER_ROLE,
              "solo_lectura",
              "Solo Lectura",
              "Solo puede ver informacion, sin permisos de edicion",
              Set.of(VIEW_SENSORS, VIEW_DEVICES, VIEW_READINGS, VIEW_DASHBOARD),
              Reach.ALL));

  private Seeds() {}

  private static PermissionSeed permission(long id, String code, String name, String what) {
    return new PermissionSeed(id, code, name, "Permite " + what);
  }

  record PermissionSeed(long id, String code, String name, String description) {}

  record RoleSeed(
      long id,
      String name,
      String label,
      String description,
      Set<Permission> permissions,
      Reach reach) {
    RoleSeed {
      permissions = Set.copyOf(permissions);
    }
  }
}
