package io.vatio.protocol.simulator;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// The power a home draws, in kW: a base load, the fridge's cycles, kettle and oven at meal times,
/// lights and screens in the evening. Always between [#LEAST_KW] and [#MOST_KW].
final class Household {
  static final double LEAST_KW = 0.05;

  /// What the main switch of an ordinary home lets through.
  static final double MOST_KW = 9.2;

  private static final double FRIDGE_KW = 0.11;
  private static final double FRIDGE_CYCLE_S = 2700;
  private static final double FRIDGE_ON_S = 900;
  private static final Duration LONGEST_STEP = Duration.ofMinutes(5);

  private final ZoneId zone;
  private final Drift smallLoads;
  private final Appliance kettle;
  private final Appliance oven;
  private final double fridgeOffsetS;
  private @Nullable Instant last;

  Household(ZoneId zone, RandomGenerator random) {
    this.zone = zone;
    this.smallLoads = new Drift(0.28, 0.07, Duration.ofMinutes(2), random);
    this.kettle = new Appliance(2.0, Duration.ofMinutes(3), 1, random);
    this.oven = new Appliance(2.2, Duration.ofMinutes(45), 0.6, random);
    this.fridgeOffsetS = random.nextDouble(FRIDGE_CYCLE_S);
  }

  double powerKw(Instant now) {
    DayTime day = DayTime.of(now, zone);
    Duration step = step(now);
    double power =
        Math.max(0, smallLoads.at(now))
            + fridgeKw(now)
            + kettle.powerKw(step, kettleUsesPerHour(day))
            + oven.powerKw(step, ovenUsesPerHour(day))
            + 0.2 * day.bump(6.5, 9)
            + 0.9 * day.bump(18, 24);
    return Message.rounded(Math.clamp(power, LEAST_KW, MOST_KW), 3);
  }

  private Duration step(Instant now) {
    Duration step = last == null ? Duration.ZERO : Duration.between(last, now);
    last = now;
    if (step.isNegative()) {
      return Duration.ZERO;
    }
    return step.compareTo(LONGEST_STEP) > 0 ? LONGEST_STEP : step;
  }

  private double fridgeKw(Instant now) {
    double phase = (now.getEpochSecond() + fridgeOffsetS) % FRIDGE_CYCLE_S;
    return phase < FRIDGE_ON_S ? FRIDGE_KW : 0;
  }

  private static double kettleUsesPerHour(DayTime day) {
    if (day.between(7, 9.5) || day.between(16, 19)) {
      return 1.2;
    }
    return day.between(9.5, 16) || day.between(19, 23) ? 0.4 : 0.01;
  }

  private static double ovenUsesPerHour(DayTime day) {
    return day.between(13, 14.5) || day.between(19.5, 21) ? 0.4 : 0;
  }

  /// A load that somebody switches on now and then for a fixed time.
  private static final class Appliance {
    private static final double THERMOSTAT_S = 120;
    private final double ratedKw;
    private final double runS;
    private final double duty;
    private final RandomGenerator random;
    private double leftS;

    /// @param duty share of each thermostat period in which the load really heats, 0 to 1
    Appliance(double ratedKw, Duration run, double duty, RandomGenerator random) {
      this.ratedKw = ratedKw;
      this.runS = run.toSeconds();
      this.duty = duty;
      this.random = random;
    }

    double powerKw(Duration step, double usesPerHour) {
      double seconds = step.toMillis() / 1000.0;
      leftS = Math.max(0, leftS - seconds);
      boolean switchedOn = random.nextDouble() < 1 - Math.exp(-usesPerHour * seconds / 3600);
      if (leftS == 0 && switchedOn) {
        leftS = runS;
      }
      return leftS > 0 && leftS % THERMOSTAT_S <= duty * THERMOSTAT_S ? ratedKw : 0;
    }
  }
}
