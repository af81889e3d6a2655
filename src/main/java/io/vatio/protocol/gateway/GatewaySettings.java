package io.vatio.protocol.gateway;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// How to work with another broker.
///
/// @param authority certificates (PEM) to trust for TLS; null for those that the system trusts
/// @param group of the shared subscription `$share/<group>/…`; empty for plain subscriptions
/// @param filters of the topics to hear
/// @param maxPacketBytes the broker keeps larger messages to itself (MQTT 5)
/// @param windowMessages that are in the inbox at the same time; what the broker sends beyond it
///     waits here. Below what the inbox holds, so that other doors find room
/// @param windowBytes payload bytes of the same
/// @param heldBytes payload bytes that wait here; beyond it the connection is closed for a while
/// @param firstPause before the second attempt to connect; doubles up to [#longestPause]
public record GatewaySettings(
    BrokerUrl url,
    @Nullable Path authority,
    String group,
    List<String> filters,
    int maxPacketBytes,
    int windowMessages,
    long windowBytes,
    long heldBytes,
    Duration firstPause,
    Duration longestPause) {

  public GatewaySettings {
    filters = List.copyOf(filters);
  }

  /// With the usual bounds.
  public static GatewaySettings of(
      BrokerUrl url,
      @Nullable Path authority,
      String group,
      List<String> filters,
      int maxPacketBytes) {
    return new GatewaySettings(
        url,
        authority,
        group,
        filters,
        maxPacketBytes,
        20_000,
        32L << 20,
        64L << 20,
        Duration.ofSeconds(1),
        Duration.ofSeconds(30));
  }
}
