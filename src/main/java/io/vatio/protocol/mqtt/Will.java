package io.vatio.protocol.mqtt;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Reach;
import io.vatio.platform.json.Json;
import java.io.IOException;
import java.util.Base64;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What to publish when a client goes without saying goodbye.
///
/// @param properties to forward, null for none
/// @param expirySeconds of the message once it is published, negative for never
/// @param delaySeconds that the client has to come back before
record Will(
    String topic,
    byte[] payload,
    int qos,
    boolean retain,
    @Nullable MqttProperties properties,
    long expirySeconds,
    long delaySeconds) {

  /// @param properties as the client sent them
  static Will of(String topic, byte[] payload, int qos, boolean retain, MqttProperties properties) {
    return new Will(
        topic,
        payload,
        qos,
        retain,
        PublishProperties.forwarded(properties),
        PublishProperties.unsigned(properties, MqttProperties.PUBLICATION_EXPIRY_INTERVAL, -1),
        PublishProperties.unsigned(properties, MqttProperties.WILL_DELAY_INTERVAL, 0));
  }

  /// When the message is of no use any more, if it is published now.
  long expiresAt(long nowMs) {
    return expirySeconds < 0 ? Publication.FOREVER : nowMs + expirySeconds * 1_000;
  }

  Publication publication(long nowMs) {
    return new Publication(topic, payload, qos, retain, properties, expiresAt(nowMs));
  }

  /// As kept in the database, with its sender.
  String text(Principal sender) {
    ObjectNode json =
        Json.object()
            .put("topic", topic)
            .put("payload", Base64.getEncoder().encodeToString(payload))
            .put("qos", qos)
            .put("retain", retain)
            .put("properties", PublishProperties.write(properties))
            .put("expiry", expirySeconds)
            .put("delay", delaySeconds);
    ObjectNode from = json.putObject("sender");
    switch (sender) {
      case Principal.Device device -> from.put("device", device.id()).put("name", device.serial());
      case Principal.User user -> from.put("user", user.id()).put("name", user.username());
      case Principal.ApiKey key -> from.put("key", key.id()).put("name", key.label());
      case Principal.Trusted trusted -> from.put("trusted", 0).put("name", trusted.address());
      case Principal.Broker other -> from.put("broker", 0).put("name", other.place());
      case Principal.Anonymous anonymous ->
          from.put("anonymous", 0).put("name", anonymous.address());
    }
    return json.toString();
  }

  /// The opposite of [#text].
  static Left read(String text) {
    JsonNode json = Json.parse(text);
    try {
      return new Left(
          new Will(
              json.path("topic").asText(),
              json.path("payload").binaryValue(),
              json.path("qos").asInt(),
              json.path("retain").asBoolean(),
              PublishProperties.read(json.path("properties").asText()),
              json.path("expiry").asLong(),
              json.path("delay").asLong()),
          sender(json.path("sender")));
    } catch (IOException e) {
      throw new IllegalStateException("a will in the database is not understood", e);
    }
  }

  /// Who it was, without permissions: a last message brings nothing new into use.
  private static Principal sender(JsonNode json) {
    String name = json.path("name").asText();
    if (json.has("device")) {
      return new Principal.Device(json.path("device").asLong(), name);
    }
    if (json.has("user")) {
      return new Principal.User(json.path("user").asLong(), name, false, "", Set.of(), Reach.OWN);
    }
    if (json.has("key")) {
      return new Principal.ApiKey(json.path("key").asLong(), name, Set.of(), 0, Reach.OWN);
    }
    if (json.has("broker")) {
      return new Principal.Broker(name);
    }
    return json.has("trusted")
        ? new Principal.Trusted(name, "", Set.of())
        : new Principal.Anonymous(name);
  }

  /// A will and whose it is.
  record Left(Will will, Principal sender) {}
}
