package io.vatio.protocol.mqtt;

/// What one address and one device may take of the broker, so that nobody takes all of it.
///
/// An address is one of IPv4, or the first 64 bits of one of IPv6: what one subscriber has.
///
/// @param connections of one address at the same time
/// @param unknown of them that have not shown who they are
/// @param connectionsPerSecond that an address may open in the long run; it may save up
///     `connections`
/// @param sessions of one device at the same time
/// @param messagesPerSecond that a device may publish on one connection; beyond it, it is read more
///     slowly
/// @param bytesPerSecond of payloads, likewise
public record DoorLimits(
    int connections,
    int unknown,
    int connectionsPerSecond,
    int sessions,
    int messagesPerSecond,
    int bytesPerSecond) {
  public static final DoorLimits DEFAULT = of(1_000, 10_000);

  private static final int SESSIONS = 10;
  private static final int BYTES_PER_MESSAGE = 1_024;
  private static final int BYTES_AT_LEAST = 1 << 20;

  /// The two that people choose, and the others in proportion.
  public static DoorLimits of(int connections, int messagesPerSecond) {
    int tenth = Math.max(10, connections / 10);
    return new DoorLimits(
        connections,
        tenth,
        tenth,
        SESSIONS,
        messagesPerSecond,
        (int)
            Math.min(
                Integer.MAX_VALUE,
                Math.max(BYTES_AT_LEAST, (long) messagesPerSecond * BYTES_PER_MESSAGE)));
  }
}
