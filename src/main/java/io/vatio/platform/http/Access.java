package io.vatio.platform.http;

import io.vatio.kernel.Permission;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Text;

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

  /// Another rule, with a sentence of its area for those who do not come through.
  record Worded(Access rule, Text refusal) implements Access {}

  Access PUBLIC = new Public();
  Access ANYONE = new Anyone();
  Access SUPERUSER = new Superuser();

  /// Whoever holds this permission.
  static Access holder(Permission permission) {
    return new Holder(permission);
  }

  /// The same rule; who does not come through hears this sentence instead of the general one.
  default Access refusing(Text sentence) {
    return new Worded(rule(), sentence);
  }

  /// What decides, without the sentence.
  default Access rule() {
    return this;
  }

  /// What is said with 403.
  default Text refusal() {
    return Text.of("http.forbidden");
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
      case Worded(Access rule, Text _) -> rule.admits(principal);
      case Superuser _ -> principal instanceof Principal.User user && user.superuser();
    };
  }
}
