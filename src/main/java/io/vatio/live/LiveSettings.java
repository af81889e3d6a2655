package io.vatio.live;

import java.time.Duration;

/// How many may watch, and how much is kept for those who are slow.
///
/// @param listeners connections at the same time
/// @param listenersPerAddress of one peer
/// @param queueBytes written but not yet taken by one connection
/// @param deviceFrames device updates remembered for slow and returning listeners
/// @param readingFrames readings remembered for slow listeners
/// @param frameBytes most memory of either, bytes
/// @param readingsPerRound most readings sent in a round; of more, the newest of each series
/// @param round shortest time between two rounds of readings
/// @param ping time between two signs of life
/// @param stall a connection that takes nothing for so long is cut off
/// @param recheck how often a connection's credentials are asked again
public record LiveSettings(
    int listeners,
    int listenersPerAddress,
    int queueBytes,
    int deviceFrames,
    int readingFrames,
    long frameBytes,
    int readingsPerRound,
    Duration round,
    Duration ping,
    Duration stall,
    Duration recheck) {
  public static final LiveSettings DEFAULT =
      new LiveSettings(
          1_000,
          50,
          64 << 10,
          8_192,
          16_384,
          8L << 20,
          1_000,
          Duration.ofMillis(100),
          Duration.ofSeconds(20),
          Duration.ofSeconds(30),
          Duration.ofSeconds(60));
}
