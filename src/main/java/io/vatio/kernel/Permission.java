package io.vatio.kernel;

import java.util.Arrays;
import java.util.Optional;

/// One of the thirteen permissions ("permisos") that a role can hold.
///
/// The code is the wire word and the key in the database; it never changes.
public enum Permission {
  MANAGE_USERS("gestionar_usuarios"),
  VIEW_USERS("ver_usuarios"),
  MANAGE_ROLES("gestionar_roles"),
  MANAGE_PERMISSIONS("gestionar_permisos"),
  MANAGE_SENSORS("gestionar_sensores"),
  VIEW_SENSORS("ver_sensores"),
  MANAGE_DEVICES("gestionar_dispositivos"),
  VIEW_DEVICES("ver_dispositivos"),
  ASSIGN_SENSORS("asignar_sensores"),
  ASSIGN_OPERATORS("asignar_operadores"),
  CREATE_READINGS("crear_lecturas"),
  VIEW_READINGS("ver_lecturas"),
  VIEW_DASHBOARD("ver_dashboard");

  private final String code;

  Permission(String code) {
    this.code = code;
  }

  /// The wire word, for instance `ver_lecturas`.
  public String code() {
    return code;
  }

  /// The permission with this wire word, empty for an unknown one.
  public static Optional<Permission> findByCode(String code) {
    return Arrays.stream(values()).filter(p -> p.code.equals(code)).findFirst();
  }
}
