package io.vatio.protocol.simulator;

import java.time.Duration;
import java.time.ZoneId;
import java.util.Objects;

/// What is simulated: one scenario, how many devices, how often, with which luck.
///
/// @param interval time between two messages of one device, 10 ms to 1 day
/// @param count number of devices (pairs of thermometer and plug in a home), 1 to 10 000
/// @param errorRate probability of an erroneous turbine record, 0 to 1
/// @param seed the same seed gives the same devices the same luck
/// @param zone whose clock says when evening is
public record SimulationPlan(
    Scenario scenario,
    Duration interval,
    int count,
    double errorRate,
    long seed,
    Delivery delivery,
    ZoneId zone) {

  static final int MAX_COUNT = 10_000;
  private static final Duration SHORTEST = Duration.ofMillis(10);
  private static final Duration LONGEST = Duration.ofDays(1);
  private static final ZoneId USUAL_ZONE = ZoneId.of("Europe/Madrid");

  public SimulationPlan {
    Objects.requireNonNull(scenario);
    Objects.requireNonNull(delivery);
    Objects.requireNonNull(zone);
    if (interval.compareTo(SHORTEST) < 0 || interval.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException("--interval must be between 0.01 and 86400 seconds");
    }
    if (count < 1 || count > MAX_COUNT) {
      throw new IllegalArgumentException("--count must be between 1 and " + MAX_COUNT);
    }
    if (!(errorRate >= 0 && errorRate <= 1)) {
      throw new IllegalArgumentException("--error-rate must be between 0 and 1");
    }
  }

  /// The scenario with its usual count, a message every five seconds, one turbine record in ten
  /// erroneous.
  public static SimulationPlan of(Scenario scenario) {
    return new SimulationPlan(
        scenario, Duration.ofSeconds(5), scenario.usualCount(), 0.1, 1, Delivery.BOTH, USUAL_ZONE);
  }

  /// The same plan with another interval.
  public SimulationPlan every(Duration newInterval) {
    return new SimulationPlan(scenario, newInterval, count, errorRate, seed, delivery, zone);
  }

  /// The same plan with another number of devices.
  public SimulationPlan withCount(int newCount) {
    return new SimulationPlan(scenario, interval, newCount, errorRate, seed, delivery, zone);
  }

  SimulationPlan withLuck(long newSeed, double newErrorRate) {
    return new SimulationPlan(scenario, interval, count, newErrorRate, newSeed, delivery, zone);
  }

  SimulationPlan by(Delivery newDelivery) {
    return new SimulationPlan(scenario, interval, count, errorRate, seed, newDelivery, zone);
  }
}
