package io.vatio.platform.http;

import io.vatio.kernel.Permission;
import io.vatio.kernel.Principal;

/// Who may call a route. Deny by default: a route cannot be made without one.
public sealed interface Access {
  /// Everybody, without credentials.
  record Public() implements Access {}

  /// People and programs, whatever their role; not devices.
  record Anyone() implements Access {}

  /// Whoever holds this permission.
  record Holder(Permission permission) implements Access {}

  /// Superusers only.
  record Superuser() implements Access {}

  Access PUBLIC = new Public();
  Access ANYONE = new Anyone();
  Access SUPERUSER = new Superuser();

  /// Whoever holds this permission.
  static Access holder(Permission permission) {
    return new Holder(permission);
  }

  /// Whether this principal comes through.
  default boolean admits(Principal principal) {
    return switch (this) {
      case Public _ -> true;
      case Anyone _ ->
          !(principal instanceof Principal.Device)
              && !(principal instanceof Principal.Broker)
              && !(principal instanceof Principal.Anonymous);
      case Holder(Permission permission) -> principal.may(permission);
      case Superuser _ -> principal instanceof Principal.User user && user.superuser();
    };
  }
}
