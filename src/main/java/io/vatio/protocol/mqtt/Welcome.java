package io.vatio.protocol.mqtt;

import io.netty.handler.codec.mqtt.MqttConnectReturnCode;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttProperties.IntegerProperty;
import io.netty.handler.codec.mqtt.MqttProperties.StringProperty;

/// What a client hears whose login was accepted, with all that the server promises it.
///
/// @param keepAlive seconds that were agreed, 0 for none
record Welcome(MqttMessage packet, int keepAlive) {
  static Welcome of(MqttSettings settings, Login login, Sessions.Opened opened) {
    int keepAlive = keepAlive(settings, login);
    MqttProperties properties =
        login.version5()
            ? promises(settings, login, keepAlive, opened.session().expirySeconds())
            : MqttProperties.NO_PROPERTIES;
    return new Welcome(
        Packets.connAck(MqttConnectReturnCode.CONNECTION_ACCEPTED, opened.present(), properties),
        keepAlive);
  }

  /// MQTT 5 lets the server shorten it; older clients get what they ask for.
  private static int keepAlive(MqttSettings settings, Login login) {
    int longest = settings.keepAliveMax();
    int wanted = login.keepAlive();
    return login.version5() && longest > 0 && (wanted == 0 || wanted > longest) ? longest : wanted;
  }

  private static MqttProperties promises(
      MqttSettings settings, Login login, int keepAlive, long expirySeconds) {
    MqttProperties properties = new MqttProperties();
    number(properties, MqttProperties.RECEIVE_MAXIMUM, settings.receiveMaximum());
    number(properties, MqttProperties.MAXIMUM_PACKET_SIZE, settings.maxPacketBytes());
    number(properties, MqttProperties.TOPIC_ALIAS_MAXIMUM, Inbound.TOPIC_ALIASES);
    if (login.expirySeconds() != expirySeconds) {
      number(properties, MqttProperties.SESSION_EXPIRY_INTERVAL, (int) expirySeconds);
    }
    if (keepAlive != login.keepAlive()) {
      number(properties, MqttProperties.SERVER_KEEP_ALIVE, keepAlive);
    }
    if (login.assigned()) {
      properties.add(
          new StringProperty(MqttProperties.ASSIGNED_CLIENT_IDENTIFIER, login.clientId()));
    }
    return properties;
  }

  private static void number(MqttProperties properties, int id, int value) {
    properties.add(new IntegerProperty(id, value));
  }
}
