package io.vatio.protocol.mqtt;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttProperties.BinaryProperty;
import io.netty.handler.codec.mqtt.MqttProperties.IntegerProperty;
import io.netty.handler.codec.mqtt.MqttProperties.MqttProperty;
import io.netty.handler.codec.mqtt.MqttProperties.StringPair;
import io.netty.handler.codec.mqtt.MqttProperties.StringProperty;
import io.netty.handler.codec.mqtt.MqttProperties.UserProperties;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.vatio.platform.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/// The properties of MQTT 5 messages that travel with them, and their form in the database.
final class PublishProperties {
  private PublishProperties() {}

  static int integer(MqttProperties properties, int id, int otherwise) {
    return properties.getProperty(id) instanceof IntegerProperty property
        ? property.value()
        : otherwise;
  }

  /// A number of four bytes, of which MQTT uses all.
  static long unsigned(MqttProperties properties, int id, long otherwise) {
    return properties.getProperty(id) instanceof IntegerProperty property
        ? Integer.toUnsignedLong(property.value())
        : otherwise;
  }

  /// Whether a payload is said to be text and is not.
  static boolean brokenText(MqttProperties properties, MqttPublishMessage packet) {
    return integer(properties, MqttProperties.PAYLOAD_FORMAT_INDICATOR, 0) == 1
        && !ByteBufUtil.isText(packet.payload(), StandardCharsets.UTF_8);
  }

  /// What has to be passed on, null for nothing.
  static @Nullable MqttProperties forwarded(MqttProperties received) {
    if (received.isEmpty()) {
      return null;
    }
    MqttProperties kept = new MqttProperties();
    for (MqttProperty<?> property : received.listAll()) {
      if (travels(property.propertyId())) {
        kept.add(property);
      }
    }
    return kept.isEmpty() ? null : kept;
  }

  private static boolean travels(int id) {
    return switch (id) {
      case MqttProperties.PAYLOAD_FORMAT_INDICATOR,
          MqttProperties.CONTENT_TYPE,
          MqttProperties.RESPONSE_TOPIC,
          MqttProperties.CORRELATION_DATA,
          MqttProperties.USER_PROPERTY ->
          true;
      default -> false;
    };
  }

  /// What a subscriber gets.
  ///
  /// @param expirySeconds left, negative for no expiry
  static MqttProperties outgoing(
      @Nullable MqttProperties forwarded, int[] subscriptions, long expirySeconds) {
    if (forwarded == null && subscriptions.length == 0 && expirySeconds < 0) {
      return MqttProperties.NO_PROPERTIES;
    }
    MqttProperties properties = new MqttProperties();
    if (forwarded != null) {
      forwarded.listAll().forEach(properties::add);
    }
    for (int subscription : subscriptions) {
      properties.add(new IntegerProperty(MqttProperties.SUBSCRIPTION_IDENTIFIER, subscription));
    }
    if (expirySeconds >= 0) {
      properties.add(
          new IntegerProperty(
              MqttProperties.PUBLICATION_EXPIRY_INTERVAL,
              (int) Math.min(expirySeconds, Integer.MAX_VALUE)));
    }
    return properties;
  }

  /// Bytes that these properties take in a packet, without the length in front.
  static int length(MqttProperties properties) {
    int length = 0;
    for (MqttProperty<?> property : properties.listAll()) {
      length +=
          switch (property) {
            case UserProperties users -> {
              int sum = 0;
              for (StringPair pair : users.value()) {
                sum += 5 + utf8(pair.key) + utf8(pair.value);
              }
              yield sum;
            }
            case StringProperty text -> 3 + utf8(text.value());
            case BinaryProperty bytes -> 3 + bytes.value().length;
            case IntegerProperty number ->
                switch (number.propertyId()) {
                  case MqttProperties.SUBSCRIPTION_IDENTIFIER -> 1 + variable(number.value());
                  case MqttProperties.PUBLICATION_EXPIRY_INTERVAL -> 5;
                  default -> 2;
                };
            default -> 0;
          };
    }
    return length;
  }

  /// Bytes of a whole PUBLISH packet.
  static int packetLength(Publication publication, int qos, @Nullable MqttProperties properties) {
    int bare =
        publication.size - (publication.properties == null ? 0 : length(publication.properties));
    int remaining = 2 + bare + (qos > 0 ? 2 : 0);
    if (properties != null) {
      int length = length(properties);
      remaining += variable(length) + length;
    }
    return 1 + variable(remaining) + remaining;
  }

  private static int variable(int value) {
    return value < 128 ? 1 : value < 16_384 ? 2 : value < 2_097_152 ? 3 : 4;
  }

  private static int utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  /// As JSON text; empty for none.
  static String write(@Nullable MqttProperties properties) {
    if (properties == null) {
      return "";
    }
    ObjectNode json = Json.object();
    for (MqttProperty<?> property : properties.listAll()) {
      String key = Integer.toString(property.propertyId());
      switch (property) {
        case UserProperties users -> {
          ArrayNode pairs = json.putArray(key);
          users.value().forEach(pair -> pairs.addArray().add(pair.key).add(pair.value));
        }
        case StringProperty text -> json.put(key, text.value());
        case BinaryProperty bytes ->
            json.put(key, Base64.getEncoder().encodeToString(bytes.value()));
        case IntegerProperty number -> json.put(key, number.value());
        default -> throw new IllegalStateException("property " + key);
      }
    }
    return json.toString();
  }

  /// The opposite of [#write].
  static @Nullable MqttProperties read(String text) {
    if (text.isEmpty()) {
      return null;
    }
    MqttProperties properties = new MqttProperties();
    JsonNode json = Json.parse(text);
    json.properties()
        .forEach(
            field -> {
              int id = Integer.parseInt(field.getKey());
              JsonNode value = field.getValue();
              switch (id) {
                case MqttProperties.USER_PROPERTY -> {
                  UserProperties users = new UserProperties();
                  value.forEach(pair -> users.add(pair.get(0).asText(), pair.get(1).asText()));
                  properties.add(users);
                }
                case MqttProperties.CORRELATION_DATA ->
                    properties.add(
                        new BinaryProperty(id, Base64.getDecoder().decode(value.asText())));
                case MqttProperties.PAYLOAD_FORMAT_INDICATOR ->
                    properties.add(new IntegerProperty(id, value.asInt()));
                default -> properties.add(new StringProperty(id, value.asText()));
              }
            });
    return properties;
  }
}
