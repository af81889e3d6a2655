package io.vatio.kernel;

import java.security.cert.X509Certificate;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// Turns credentials into a principal, whatever protocol brought them. Thread safe; never blocks
/// the caller.
public interface Authenticator {

  /// Checks a name and a secret (MQTT CONNECT, HTTP Basic): a device credential, an API key (any
  /// name, the key as secret) or a person's account.
  ///
  /// Completes with [Outcome.Denied] for wrong ones; repeated failures from one address or for one
  /// name are [Outcome.Throttled] without looking.
  ///
  /// @param address of the peer, for throttling and logs
  CompletableFuture<Outcome> password(String name, String secret, String address);

  /// Checks a bearer token (JWT of a person or a device) or an API key. Completes at once.
  CompletableFuture<Outcome> token(String token, String address);

  /// Checks a certificate that the TLS handshake found good: the one of a device. Completes at
  /// once.
  default CompletableFuture<Outcome> certificate(X509Certificate certificate, String address) {
    return CompletableFuture.completedFuture(new Outcome.Denied());
  }

  /// The principal of a request without credentials: [Principal.Trusted] from a trusted network,
  /// else null.
  @Nullable Principal trusted(String address);

  /// What came of it.
  sealed interface Outcome {
    record Granted(Principal principal) implements Outcome {}

    record Denied() implements Outcome {}

    /// The credential is genuine, and its account may not log in.
    record Inactive() implements Outcome {}

    /// @param seconds to wait, at least 1
    record Throttled(long seconds) implements Outcome {}
  }
}
