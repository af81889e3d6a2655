package io.vatio.kernel;

import java.util.Arrays;
import java.util.Optional;

/// Which devices somebody's permissions count for.
///
/// The code is the wire word and the one in the database; it never changes.
public enum Reach {
  /// Every device of the installation.
  ALL("todos"),
  /// Those that are assigned to the account.
  OWN("propios"),
  /// Those that somebody shared with the account, for looking only.
  SHARED("compartidos");

  private final String code;

  Reach(String code) {
    this.code = code;
  }

  /// The wire word, for instance `propios`.
  public String code() {
    return code;
  }

  /// The reach with this wire word, empty for an unknown one.
  public static Optional<Reach> findByCode(String code) {
    return Arrays.stream(values()).filter(r -> r.code.equals(code)).findFirst();
  }
}
