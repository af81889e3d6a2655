package io.vatio.protocol.mqtt;

import io.netty.handler.codec.mqtt.MqttProperties;
import io.vatio.ingest.Receipt;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// A message that a client published and that has not been answered yet. Its receipt comes on the
/// committing thread, which only notes it here and wakes the connection.
final class Arrival implements BiConsumer<Receipt, Throwable> {
  private static final Receipt FAILED = new Receipt.Overloaded(Duration.ofSeconds(5));

  private final Connection connection;
  final PublishTopic topic;
  final byte[] payload;
  final int qos;
  final boolean retain;
  final int packetId;
  final @Nullable MqttProperties properties;
  final long expiresAt;

  volatile @Nullable Receipt receipt;

  // Event loop only.
  /// The message on its way into the retained ones, null for none.
  @Nullable CompletableFuture<RetainedMessages.Outcome> kept;

  /// The message on its way to those who are to get it even if they are away, null for nobody.
  @Nullable CompletableFuture<Void> queued;

  /// @param packetId 0 for nothing to acknowledge
  Arrival(
      Connection connection,
      PublishTopic topic,
      byte[] payload,
      int qos,
      boolean retain,
      int packetId,
      @Nullable MqttProperties properties,
      long expiresAt) {
    this.connection = connection;
    this.topic = topic;
    this.payload = payload;
    this.qos = qos;
    this.retain = retain;
    this.packetId = packetId;
    this.properties = properties;
    this.expiresAt = expiresAt;
  }

  @Override
  public void accept(@Nullable Receipt result, @Nullable Throwable failure) {
    receipt = result == null ? FAILED : result;
    connection.wake();
  }

  Publication publication() {
    return new Publication(topic.name, payload, qos, retain, properties, expiresAt);
  }
}
