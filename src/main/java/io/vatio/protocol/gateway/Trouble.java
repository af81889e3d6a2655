package io.vatio.protocol.gateway;

import com.hivemq.client.mqtt.mqtt3.exceptions.Mqtt3ConnAckException;
import com.hivemq.client.mqtt.mqtt3.exceptions.Mqtt3SubAckException;
import com.hivemq.client.mqtt.mqtt3.message.connect.connack.Mqtt3ConnAckReturnCode;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5ConnAckException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5DisconnectException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5SubAckException;
import com.hivemq.client.mqtt.mqtt5.message.connect.connack.Mqtt5ConnAckReasonCode;
import com.hivemq.client.mqtt.mqtt5.message.disconnect.Mqtt5Disconnect;
import com.hivemq.client.mqtt.mqtt5.message.disconnect.Mqtt5DisconnectReasonCode;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.security.GeneralSecurityException;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/// Why there is no broker, as a sentence for the operator that holds no secret.
final class Trouble extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private static final Set<Mqtt5ConnAckReasonCode> CREDENTIAL_5 =
      Set.of(
          Mqtt5ConnAckReasonCode.BAD_USER_NAME_OR_PASSWORD,
          Mqtt5ConnAckReasonCode.NOT_AUTHORIZED,
          Mqtt5ConnAckReasonCode.BANNED,
          Mqtt5ConnAckReasonCode.BAD_AUTHENTICATION_METHOD);

  private static final Set<Mqtt3ConnAckReturnCode> CREDENTIAL_3 =
      Set.of(
          Mqtt3ConnAckReturnCode.BAD_USER_NAME_OR_PASSWORD, Mqtt3ConnAckReturnCode.NOT_AUTHORIZED);

  /// Whether an older version of MQTT may be understood where this one was not.
  private final boolean versionDoubtful;

  private Trouble(String sentence, boolean versionDoubtful) {
    super(sentence, null, false, false);
    this.versionDoubtful = versionDoubtful;
  }

  static Trouble of(String sentence) {
    return new Trouble(sentence, false);
  }

  static Trouble subscription(String filter, String code) {
    return of("it does not let us subscribe to %s (%s)".formatted(filter, code));
  }

  /// What the chain of causes says.
  ///
  /// @param user to whom we are known, null for nobody
  static Trouble of(Throwable failure, @Nullable String user) {
    if (find(failure, Trouble.class) instanceof Trouble known) {
      return known;
    }
    if (find(failure, Mqtt5ConnAckException.class) instanceof Mqtt5ConnAckException refused) {
      Mqtt5ConnAckReasonCode code = refused.getMqttMessage().getReasonCode();
      return CREDENTIAL_5.contains(code)
          ? credential(user, code.toString())
          : new Trouble(
              "it refuses the connection (" + code + ")",
              code == Mqtt5ConnAckReasonCode.UNSUPPORTED_PROTOCOL_VERSION);
    }
    if (find(failure, Mqtt3ConnAckException.class) instanceof Mqtt3ConnAckException refused) {
      Mqtt3ConnAckReturnCode code = refused.getMqttMessage().getReturnCode();
      return CREDENTIAL_3.contains(code)
          ? credential(user, code.toString())
          : new Trouble(
              "it refuses the connection (" + code + ")",
              code == Mqtt3ConnAckReturnCode.UNSUPPORTED_PROTOCOL_VERSION);
    }
    if (find(failure, Mqtt5SubAckException.class) != null
        || find(failure, Mqtt3SubAckException.class) != null) {
      return of("it does not let us subscribe");
    }
    if (find(failure, Mqtt5DisconnectException.class) instanceof Mqtt5DisconnectException ended
        && ended.getMqttMessage() instanceof Mqtt5Disconnect message) {
      return disconnected(message.getReasonCode(), ended);
    }
    return ofNetwork(failure);
  }

  private static Trouble disconnected(
      Mqtt5DisconnectReasonCode code, Mqtt5DisconnectException ended) {
    return code == Mqtt5DisconnectReasonCode.SESSION_TAKEN_OVER
        ? of("another connection uses our client id; does a copy of the data folder run somewhere?")
        : new Trouble(
            "the connection ended (%s: %s)".formatted(code, text(ended)),
            code == Mqtt5DisconnectReasonCode.MALFORMED_PACKET
                || code == Mqtt5DisconnectReasonCode.PROTOCOL_ERROR);
  }

  private static Trouble credential(@Nullable String user, String code) {
    return of(
        user == null
            ? "it lets nobody in without user and password (%s)".formatted(code)
            : "it refuses user '%s' or the password (%s)".formatted(user, code));
  }

  private static Trouble ofNetwork(Throwable failure) {
    if (find(failure, GeneralSecurityException.class) instanceof Throwable cause) {
      return of(
          "its certificate is not trusted (%s); name its authority with VATIO_BROKER_CA"
              .formatted(text(cause)));
    }
    if (find(failure, SSLException.class) instanceof Throwable cause) {
      return of("no TLS connection (%s); check port and scheme".formatted(text(cause)));
    }
    if (find(failure, UnknownHostException.class) != null) {
      return of("its host name is not known");
    }
    if (find(failure, ConnectException.class) != null
        || find(failure, NoRouteToHostException.class) != null) {
      return of("nobody answers at this address");
    }
    if (find(failure, TimeoutException.class) != null) {
      return of("it does not answer in time");
    }
    return new Trouble("the connection broke (" + text(failure) + ")", true);
  }

  private static String text(Throwable failure) {
    Throwable last = failure;
    while (last.getCause() != null) {
      last = last.getCause();
    }
    String message = last.getMessage();
    String text = message == null ? last.getClass().getSimpleName() : message;
    String line = text.replaceAll("\\p{Cntrl}+", " ");
    return line.length() > 200 ? line.substring(0, 200) + "…" : line;
  }

  private static @Nullable Throwable find(Throwable failure, Class<? extends Throwable> type) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (type.isInstance(cause)) {
        return cause;
      }
    }
    return null;
  }

  boolean isVersionDoubtful() {
    return versionDoubtful;
  }

  String sentence() {
    return String.valueOf(getMessage());
  }
}
