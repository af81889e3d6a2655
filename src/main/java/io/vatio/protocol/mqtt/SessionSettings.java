package io.vatio.protocol.mqtt;

import java.time.Duration;

/// How long and how much the broker keeps for clients that are away.
///
/// @param longest time that a session is kept without a connection; zero = none is kept
/// @param sessions kept at most
/// @param sessionsPerOwner of these, of one device, user or key
/// @param queueMessages QoS 1 and 2 that wait for one kept session
/// @param queueBytes of these
/// @param allMessages that wait for all kept sessions together
/// @param allBytes of these
public record SessionSettings(
    Duration longest,
    int sessions,
    int sessionsPerOwner,
    int queueMessages,
    int queueBytes,
    int allMessages,
    long allBytes) {

  /// A week; what a small machine can hold.
  public static final SessionSettings DEFAULT =
      new SessionSettings(Duration.ofDays(7), 20_000, 200, 10_000, 8 << 20, 200_000, 64L << 20);

  public SessionSettings {
    // Every message that waits has a packet id of its own.
    if (queueMessages > 50_000) {
      throw new IllegalArgumentException("queueMessages: at most 50000");
    }
  }

  /// The same, kept for another time.
  public SessionSettings longest(Duration time) {
    return new SessionSettings(
        time, sessions, sessionsPerOwner, queueMessages, queueBytes, allMessages, allBytes);
  }
}
