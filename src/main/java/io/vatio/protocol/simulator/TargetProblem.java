package io.vatio.protocol.simulator;

import java.net.ConnectException;
import java.net.UnknownHostException;
import java.security.GeneralSecurityException;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/// Why the server cannot be used, as one sentence that says what to do next.
public final class TargetProblem extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final boolean passing;

  private TargetProblem(String sentence, boolean passing, @Nullable Throwable cause) {
    super(sentence, cause);
    this.passing = passing;
  }

  /// Nothing changes until a person acts.
  static TargetProblem lasting(String sentence) {
    return new TargetProblem(sentence, false, null);
  }

  /// The server does not let this device in.
  ///
  /// @param code how the protocol says it
  /// @param anonymous the device showed no credential
  static TargetProblem refused(Object place, String serial, String code, boolean anonymous) {
    return lasting(
        anonymous
            ? "%s lets no device in without a credential (%s); give --user and --password."
                .formatted(place, code)
            : "%s refuses the credential of %s (%s); start again to get a new one, or check --user."
                .formatted(place, serial, code));
  }

  /// Trying again later may work.
  static TargetProblem passing(String sentence) {
    return new TargetProblem(sentence, true, null);
  }

  /// What went wrong on the way to `place`, found in the chain of causes.
  static TargetProblem of(Throwable failure, Object place) {
    if (find(failure, TargetProblem.class) instanceof TargetProblem known) {
      return known;
    }
    if (find(failure, GeneralSecurityException.class) instanceof Throwable cause) {
      return new TargetProblem(
          ("The certificate of %s is not trusted (%s); name its authority with --ca FILE (a Vatio"
                  + " server gives it at /ca.crt).")
              .formatted(place, Heard.text(cause.getMessage())),
          false,
          failure);
    }
    if (find(failure, SSLException.class) instanceof Throwable cause) {
      return new TargetProblem(
          "%s does not speak TLS as expected (%s); check the port and --tls."
              .formatted(place, Heard.text(cause.getMessage())),
          false,
          failure);
    }
    String sentence;
    if (find(failure, UnknownHostException.class) != null) {
      sentence = "The host of %s is not known; check --url and --mqtt.";
    } else if (find(failure, ConnectException.class) != null) {
      sentence = "%s is not reachable; is the server running there? Trying again.";
    } else if (find(failure, TimeoutException.class) != null) {
      sentence = "%s does not answer in time; trying again.";
    } else {
      sentence = "The connection to %s broke; trying again. If it stays so, check port and --tls.";
    }
    return new TargetProblem(sentence.formatted(place), true, failure);
  }

  private static @Nullable Throwable find(Throwable failure, Class<? extends Throwable> type) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (type.isInstance(cause)) {
        return cause;
      }
    }
    return null;
  }

  /// True when trying again later may work.
  public boolean isPassing() {
    return passing;
  }
}
