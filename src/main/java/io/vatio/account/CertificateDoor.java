package io.vatio.account;

import io.vatio.kernel.Principal;
import java.security.cert.X509Certificate;
import java.util.Optional;

/// How the gatekeeper asks whose certificate this is; the room of the devices answers. Answers at
/// once, from memory. Thread safe.
@FunctionalInterface
public interface CertificateDoor {
  /// Knows nobody.
  CertificateDoor CLOSED = _ -> Optional.empty();

  /// The device of a certificate that the handshake found good, empty when it does not count.
  Optional<Principal.Device> find(X509Certificate certificate);
}
