package io.vatio.protocol.mqtt;

import io.netty.handler.codec.mqtt.MqttProperties;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// One message on its way to subscribers. Never changed once made; shared between threads.
final class Publication {
  /// Never expires.
  static final long FOREVER = Long.MAX_VALUE;

  final String topic;
  final byte[] payload;
  final int qos;
  final boolean retain;

  /// What MQTT 5 wants forwarded; null for nothing.
  final @Nullable MqttProperties properties;

  /// When it is of no use any more, milliseconds since 1970.
  final long expiresAt;

  /// Bytes of topic, payload and properties.
  final int size;

  Publication(
      String topic,
      byte[] payload,
      int qos,
      boolean retain,
      @Nullable MqttProperties properties,
      long expiresAt) {
    this.topic = topic;
    this.payload = payload;
    this.qos = qos;
    this.retain = retain;
    this.properties = properties;
    this.expiresAt = expiresAt;
    this.size =
        topicBytes(topic)
            + payload.length
            + (properties == null ? 0 : PublishProperties.length(properties));
  }

  /// The same with another quality of service.
  Publication withQos(int wanted) {
    return wanted == qos
        ? this
        : new Publication(topic, payload, wanted, retain, properties, expiresAt);
  }

  boolean expired(long nowMs) {
    return nowMs >= expiresAt;
  }

  private static int topicBytes(String topic) {
    for (int i = 0; i < topic.length(); i++) {
      if (topic.charAt(i) >= 0x80) {
        return topic.getBytes(StandardCharsets.UTF_8).length;
      }
    }
    return topic.length();
  }
}
