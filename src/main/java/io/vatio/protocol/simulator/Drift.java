package io.vatio.protocol.simulator;

import java.time.Duration;
import java.time.Instant;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// A value that wanders around a mean and comes back (Ornstein-Uhlenbeck), the same statistics
/// whatever the step. Not thread-safe.
final class Drift {
  private final double mean;
  private final double deviation;
  private final double memorySeconds;
  private final RandomGenerator random;
  private double value;
  private @Nullable Instant last;

  /// @param memory after this time the value has forgotten two thirds of where it was
  Drift(double mean, double deviation, Duration memory, RandomGenerator random) {
    this.mean = mean;
    this.deviation = deviation;
    this.memorySeconds = memory.toMillis() / 1000.0;
    this.random = random;
    this.value = mean + deviation * random.nextGaussian();
  }

  double at(Instant now) {
    if (last != null && now.isAfter(last)) {
      double kept = Math.exp(-Duration.between(last, now).toMillis() / 1000.0 / memorySeconds);
      value =
          mean
              + (value - mean) * kept
              + deviation * Math.sqrt(1 - kept * kept) * random.nextGaussian();
    }
    last = now;
    return value;
  }
}
