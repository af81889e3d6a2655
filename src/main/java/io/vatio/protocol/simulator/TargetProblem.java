package io.vatio.protocol.simulator;

import java.net.ConnectException;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.security.cert.CertificateException;
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

  /// Trying again later may work.
  static TargetProblem passing(String sentence) {
    return new TargetProblem(sentence, true, null);
  }

  /// What went wrong on the way to `place`, found in the chain of causes.
  static TargetProblem of(Throwable failure, Object place) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof TargetProblem known) {
        return known;
      }
      if (cause instanceof CertificateException || cause instanceof SSLException) {
        return new TargetProblem(
            "The certificate of %s is not trusted; name its authority with --ca FILE."
                .formatted(place),
            false,
            failure);
      }
      if (cause instanceof UnknownHostException) {
        return new TargetProblem(
            "The host of %s is not known; check --url and --mqtt.".formatted(place), true, failure);
      }
      if (cause instanceof ConnectException || cause instanceof SocketException) {
        return new TargetProblem(
            "%s is not reachable; is the server running there? Trying again.".formatted(place),
            true,
            failure);
      }
      if (cause instanceof TimeoutException) {
        return new TargetProblem(
            "%s does not answer in time; trying again.".formatted(place), true, failure);
      }
    }
    return new TargetProblem(
        "The connection to %s broke (%s); trying again.".formatted(place, failure.getMessage()),
        true,
        failure);
  }

  /// True when trying again later may work.
  public boolean isPassing() {
    return passing;
  }
}
