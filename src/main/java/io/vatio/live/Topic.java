package io.vatio.live;

import io.vatio.kernel.Permission;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/// What one can listen to on `/api/stream/`.
enum Topic {
  READINGS(Permission.VIEW_READINGS),
  DEVICES(Permission.VIEW_DEVICES),
  ENERGY(Permission.VIEW_READINGS),
  /// No event of this topic exists yet; clients may ask for it already.
  ALERTS(Permission.VIEW_DEVICES),
  /// The same.
  COMMANDS(Permission.VIEW_DEVICES);

  private final Permission permission;

  Topic(Permission permission) {
    this.permission = permission;
  }

  /// What one must hold to listen.
  Permission permission() {
    return permission;
  }

  /// The wire word.
  String code() {
    return name().toLowerCase(Locale.ROOT);
  }

  static Optional<Topic> findByCode(String code) {
    return Arrays.stream(values()).filter(t -> t.code().equals(code)).findFirst();
  }

  /// All wire words, for a sentence.
  static String codes() {
    return Arrays.stream(values()).map(Topic::code).collect(Collectors.joining(", "));
  }
}
