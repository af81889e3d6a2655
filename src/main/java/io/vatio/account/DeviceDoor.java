package io.vatio.account;

import io.vatio.kernel.Principal;
import java.util.Optional;

/// How the gatekeeper asks about devices; the room of the devices answers. Answers at once, from
/// memory. Thread safe.
public interface DeviceDoor {
  /// How the name of every device credential begins.
  String PREFIX = "device_";

  /// Whether a name is one of a device credential.
  static boolean isDeviceName(String name) {
    return name.startsWith(PREFIX);
  }

  /// The device of a name and secret, empty for wrong ones.
  Optional<Principal.Device> findByPassword(String name, String secret);

  /// The device of a token, empty when the credential that got the token is no more.
  Optional<Principal.Device> findByToken(Tokens.DeviceClaims claims);
}
