package io.vatio.protocol.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.security.cert.CertificateException;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class TargetProblemTest {
  static Stream<Arguments> failures() {
    return Stream.of(
        Arguments.of(
            new ConnectException("refused"),
            true,
            "X is not reachable; is the server running there? Trying again."),
        Arguments.of(
            new UnknownHostException("x"),
            true,
            "The host of X is not known; check --url and --mqtt."),
        Arguments.of(new TimeoutException(), true, "X does not answer in time; trying again."),
        Arguments.of(
            new SocketException("Connection reset"),
            true,
            "The connection to X broke; trying again. If it stays so, check port and --tls."),
        Arguments.of(
            new SSLException("handshake", new CertificateException("no path\nfound")),
            false,
            "The certificate of X is not trusted (no path found); name its authority with --ca"
                + " FILE (a Vatio server gives it at /ca.crt)."),
        Arguments.of(
            new SSLException("not an SSL record"),
            false,
            "X does not speak TLS as expected (not an SSL record); check the port and --tls."),
        Arguments.of(TargetProblem.lasting("Known already."), false, "Known already."));
  }

  @ParameterizedTest
  @MethodSource("failures")
  void says_what_to_do_next(Throwable failure, boolean passing, String sentence) {
    TargetProblem problem = TargetProblem.of(new IOException("wrapped", failure), "X");

    assertEquals(sentence, problem.getMessage());
    assertEquals(passing, problem.isPassing());
  }
}
