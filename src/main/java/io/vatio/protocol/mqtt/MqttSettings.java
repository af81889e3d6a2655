package io.vatio.protocol.mqtt;

import java.time.Duration;

/// What the broker is told, and every limit it keeps.
///
/// @param host address to listen on
/// @param port of the plain listener; 0 = off, [#ANY_FREE_PORT] = any
/// @param tlsPort of the TLS listener, likewise
/// @param anonymous whether the plain listener takes clients without credentials
/// @param maxPacketBytes of one packet, either way
/// @param receiveMaximum messages of one connection that wait for their acknowledgement. Rate limit
///     of a connection = this / commit time: 1 000 at 5 ms are 200 000 a second, and fifty busy
///     connections just fill the inbox
/// @param pendingBytes payload bytes of one connection that wait for their commit
/// @param ingestMessages of all connections that wait for their commit; below what the inbox holds,
///     so that clients are slowed down before anybody is refused
/// @param ingestBytes payload bytes of the same
/// @param maxConnections open at the same time
/// @param maxUnknown connections that have not shown who they are
/// @param connectTimeout from the open socket to the end of authentication
/// @param keepAliveMax longest keep-alive, seconds; MQTT 5 clients that ask for more are told this
/// @param outboxBytes that wait for one subscriber
/// @param outboxMessages that wait for one subscriber
/// @param topicLength longest topic or filter, characters
/// @param topicLevels most levels of a topic or filter
/// @param subscriptions of one connection
/// @param retainedMessages kept
/// @param retainedBytes of kept messages together
/// @param door what one address and one device may take
/// @param sessions what is kept for clients that are away
public record MqttSettings(
    String host,
    int port,
    int tlsPort,
    boolean anonymous,
    int maxPacketBytes,
    int receiveMaximum,
    int pendingBytes,
    int ingestMessages,
    long ingestBytes,
    int maxConnections,
    int maxUnknown,
    Duration connectTimeout,
    int keepAliveMax,
    int outboxBytes,
    int outboxMessages,
    int topicLength,
    int topicLevels,
    int subscriptions,
    int retainedMessages,
    long retainedBytes,
    DoorLimits door,
    SessionSettings sessions) {

  /// Listens on whatever port is free; for tests and for several servers on one machine.
  public static final int ANY_FREE_PORT = -1;

  /// Listeners, packets, times and what clients may take as given, the other limits as they are for
  /// everybody.
  public static MqttSettings of(
      String host,
      int port,
      int tlsPort,
      boolean anonymous,
      int maxPacketBytes,
      int keepAliveMax,
      DoorLimits door,
      SessionSettings sessions) {
    return new MqttSettings(
        host,
        port,
        tlsPort,
        anonymous,
        maxPacketBytes,
        1_000,
        1 << 20,
        40_000,
        48L << 20,
        20_000,
        1_000,
        Duration.ofSeconds(10),
        keepAliveMax,
        1 << 20,
        10_000,
        512,
        32,
        100,
        10_000,
        16L << 20,
        door,
        sessions);
  }
}
