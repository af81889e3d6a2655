package io.vatio.protocol.mqtt;

import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttConnectPayload;
import io.netty.handler.codec.mqtt.MqttConnectReturnCode;
import io.netty.handler.codec.mqtt.MqttConnectVariableHeader;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.vatio.kernel.Authenticator;
import io.vatio.kernel.Principal;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// What a CONNECT says.
///
/// @param assigned whether the server had to make the client id up
/// @param keepAlive seconds that the client asks for, 0 for none
/// @param window most messages that it takes without acknowledging one
/// @param maxPacket most bytes of one packet that it takes
/// @param tellsReasons whether it wants to read why something was refused
/// @param expirySeconds that it would like its session to outlive the connection
/// @param aliasMaximum topic aliases that it takes
/// @param anonymous whether it shows no credentials at all
record Login(
    boolean version5,
    String clientId,
    boolean assigned,
    boolean cleanStart,
    int keepAlive,
    int window,
    int maxPacket,
    boolean tellsReasons,
    long expirySeconds,
    int aliasMaximum,
    boolean anonymous,
    String userName,
    byte[] password,
    @Nullable Will will,
    boolean enhanced) {
  private static final int CLIENT_ID_LENGTH = 256;
  private static final int USER_NAME_LENGTH = 256;
  private static final int PASSWORD_BYTES = 4_096;

  /// As MQTT 5 writes it, in seconds.
  private static final long FOREVER = 0xFFFFFFFFL;

  private static final byte[] EMPTY = new byte[0];
  private static final Authenticator.Outcome DENIED = new Authenticator.Outcome.Denied();

  static Login of(MqttConnectMessage packet) {
    MqttConnectVariableHeader header = packet.variableHeader();
    MqttConnectPayload payload = packet.payload();
    MqttProperties properties = header.properties();
    String clientId = payload.clientIdentifier() == null ? "" : payload.clientIdentifier();
    byte[] password = payload.passwordInBytes();
    return new Login(
        header.version() == 5,
        clientId.isEmpty() ? "vatio-" + UUID.randomUUID() : clientId,
        clientId.isEmpty(),
        header.isCleanSession(),
        header.keepAliveTimeSeconds(),
        PublishProperties.integer(properties, MqttProperties.RECEIVE_MAXIMUM, 65_535),
        PublishProperties.integer(
            properties, MqttProperties.MAXIMUM_PACKET_SIZE, Integer.MAX_VALUE),
        PublishProperties.integer(properties, MqttProperties.REQUEST_PROBLEM_INFORMATION, 1) != 0,
        expirySeconds(header),
        PublishProperties.integer(properties, MqttProperties.TOPIC_ALIAS_MAXIMUM, 0),
        !header.hasUserName() && !header.hasPassword(),
        payload.userName() == null ? "" : payload.userName(),
        password == null ? EMPTY : password,
        header.isWillFlag() ? will(header, payload) : null,
        properties.getProperty(MqttProperties.AUTHENTICATION_METHOD) != null);
  }

  private static long expirySeconds(MqttConnectVariableHeader header) {
    if (header.version() == 5) {
      return PublishProperties.unsigned(
          header.properties(), MqttProperties.SESSION_EXPIRY_INTERVAL, 0);
    }
    return header.isCleanSession() ? 0 : FOREVER;
  }

  private static Will will(MqttConnectVariableHeader header, MqttConnectPayload payload) {
    return Will.of(
        payload.willTopic(),
        payload.willMessageInBytes(),
        header.willQos(),
        header.isWillRetain(),
        payload.willProperties());
  }

  /// What is wrong with a CONNECT that the decoder accepted, null for nothing.
  @Nullable MqttConnectReturnCode fault(MqttSettings settings) {
    boolean badId =
        clientId.length() > CLIENT_ID_LENGTH
            || clientId.indexOf(0) >= 0
            || (assigned && !version5 && !cleanStart);
    if (badId) {
      return version5
          ? MqttConnectReturnCode.CONNECTION_REFUSED_CLIENT_IDENTIFIER_NOT_VALID
          : MqttConnectReturnCode.CONNECTION_REFUSED_IDENTIFIER_REJECTED;
    }
    if (userName.length() > USER_NAME_LENGTH || password.length > PASSWORD_BYTES) {
      return wrongCredentials();
    }
    Will last = will;
    if (last != null
        && (last.qos() > 2
            || !Topics.isName(last.topic(), settings.topicLength(), settings.topicLevels()))) {
      return version5
          ? MqttConnectReturnCode.CONNECTION_REFUSED_TOPIC_NAME_INVALID
          : MqttConnectReturnCode.CONNECTION_REFUSED_NOT_AUTHORIZED;
    }
    if (enhanced) {
      return MqttConnectReturnCode.CONNECTION_REFUSED_BAD_AUTHENTICATION_METHOD;
    }
    return window == 0 || maxPacket == 0
        ? MqttConnectReturnCode.CONNECTION_REFUSED_PROTOCOL_ERROR
        : null;
  }

  /// Finds out who it is. A certificate decides by itself; a name beside it must be the same
  /// device's.
  ///
  /// @param shown the certificate of the handshake, null for none
  /// @param address where it comes from, without port
  CompletableFuture<Authenticator.Outcome> check(
      Authenticator authenticator, @Nullable X509Certificate shown, String address) {
    return shown == null
        ? authenticator.password(userName, new String(password, StandardCharsets.UTF_8), address)
        : authenticator
            .certificate(shown, address)
            .thenApply(outcome -> isNamed(outcome) ? outcome : DENIED);
  }

  private boolean isNamed(Authenticator.Outcome outcome) {
    return userName.isEmpty()
        || (outcome instanceof Authenticator.Outcome.Granted(Principal.Device device)
            && (userName.equals(device.name()) || userName.equals(device.serial())));
  }

  MqttConnectReturnCode wrongCredentials() {
    return version5
        ? MqttConnectReturnCode.CONNECTION_REFUSED_BAD_USERNAME_OR_PASSWORD
        : MqttConnectReturnCode.CONNECTION_REFUSED_BAD_USER_NAME_OR_PASSWORD;
  }

  MqttConnectReturnCode notAuthorized() {
    return version5
        ? MqttConnectReturnCode.CONNECTION_REFUSED_NOT_AUTHORIZED_5
        : MqttConnectReturnCode.CONNECTION_REFUSED_NOT_AUTHORIZED;
  }

  MqttConnectReturnCode tooOften() {
    return version5
        ? MqttConnectReturnCode.CONNECTION_REFUSED_QUOTA_EXCEEDED
        : MqttConnectReturnCode.CONNECTION_REFUSED_SERVER_UNAVAILABLE;
  }

  MqttConnectReturnCode unavailable() {
    return version5
        ? MqttConnectReturnCode.CONNECTION_REFUSED_SERVER_UNAVAILABLE_5
        : MqttConnectReturnCode.CONNECTION_REFUSED_SERVER_UNAVAILABLE;
  }
}
