package io.vatio.protocol.mqtt;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.mqtt.MqttFixedHeader;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttProperties.IntegerProperty;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttPublishVariableHeader;
import io.netty.handler.codec.mqtt.MqttQoS;
import java.util.HashMap;
import java.util.Map;

/// Messages as one connection takes them: its version, its limits, its topic aliases. Event loop
/// only.
final class Outgoing {
  private static final int WINDOW = 1_000;
  private static final int MOST_ALIASES = 32;

  /// What an alias may add to a packet, with all lengths that grow by it.
  private static final int ALIAS_BYTES = 5;

  private final Transport transport;
  private final boolean version5;
  private final int window;
  private final int maxPacket;
  private final int aliasMaximum;
  private final Map<String, Integer> aliases = new HashMap<>(0);

  Outgoing(Transport transport, Login login) {
    this.transport = transport;
    this.version5 = login.version5();
    this.window = Math.min(WINDOW, login.window());
    this.maxPacket = login.maxPacket();
    this.aliasMaximum = Math.min(MOST_ALIASES, login.aliasMaximum());
  }

  /// Most messages that go without acknowledgement.
  int window() {
    return window;
  }

  boolean writable() {
    return transport.writable();
  }

  /// Writes a message.
  ///
  /// @return false when it is larger than the client takes
  boolean publish(Delivery delivery, int packetId, boolean again, long nowMs) {
    Publication publication = delivery.publication;
    MqttProperties properties =
        version5
            ? PublishProperties.outgoing(
                publication.properties,
                delivery.subscriptions,
                publication.expiresAt == Publication.FOREVER
                    ? -1
                    : Math.max(0, (publication.expiresAt - nowMs + 999) / 1_000))
            : MqttProperties.NO_PROPERTIES;
    int length =
        maxPacket == Integer.MAX_VALUE
            ? 0
            : PublishProperties.packetLength(publication, delivery.qos, properties);
    if (length > maxPacket) {
      return false;
    }
    String topic = publication.topic;
    if (aliasMaximum > 0 && length <= maxPacket - ALIAS_BYTES) {
      Integer alias = aliases.get(topic);
      boolean fresh = alias == null && aliases.size() < aliasMaximum;
      if (fresh) {
        alias = aliases.size() + 1;
        aliases.put(topic, alias);
      }
      if (alias != null) {
        properties = withAlias(properties, alias);
        topic = fresh ? topic : "";
      }
    }
    transport.write(
        new MqttPublishMessage(
            new MqttFixedHeader(
                MqttMessageType.PUBLISH, again, MqttQoS.valueOf(delivery.qos), delivery.retain, 0),
            new MqttPublishVariableHeader(topic, packetId, properties),
            Unpooled.wrappedBuffer(publication.payload)));
    return true;
  }

  private static MqttProperties withAlias(MqttProperties properties, int alias) {
    MqttProperties complete = properties;
    if (properties == MqttProperties.NO_PROPERTIES) {
      complete = new MqttProperties();
    }
    complete.add(new IntegerProperty(MqttProperties.TOPIC_ALIAS, alias));
    return complete;
  }

  /// Tells the client that it may forget a packet id.
  void release(int packetId) {
    transport.write(
        transport.alloc().ioBuffer(4).writeByte(Packets.PUBREL).writeByte(2).writeShort(packetId));
  }
}
