package io.vatio.reading;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What a sealed reading takes. The figures in `docs/architecture.md` come from here.
class ChunkSizeTest {
  private static final int NEARLY_A_DAY_OF_TEN_SECONDS = 8_192;
  private static final int SERIES = 200;

  @ParameterizedTest
  @EnumSource(Kind.class)
  void a_reading_takes_few_bytes(Kind kind) {
    double bytes = (double) ChunkCodec.encode(day(kind, NEARLY_A_DAY_OF_TEN_SECONDS)).length;
    double each = bytes / NEARLY_A_DAY_OF_TEN_SECONDS;

    assertTrue(each <= kind.most, kind + ": " + each);
  }

  @Test
  void two_readings_are_no_burden() {
    assertTrue(ChunkCodec.encode(day(Kind.TEMPERATURE, 2)).length <= 60);
  }

  /// Series like those of a home and of a bad case; arrival in rounds of all series, in an order
  /// that is the same each time (as polled) or not (as they come).
  enum Kind {
    /// Tenths of a degree, whole seconds.
    TEMPERATURE(0.4),
    /// Watts with noise, milliseconds of jitter.
    POWER(2),
    /// A meter that only rises, by thousandths.
    METER(1.2),
    /// Two noisy decimals, milliseconds of jitter, arrival in any order.
    NOISY(3.3),
    /// The same stamped at arrival, in microseconds.
    ARRIVAL(4.3),
    /// What a 32-bit register gives.
    FLOAT(2.6),
    /// Nothing to find in it.
    RANDOM(10.2);

    private final double most;

    Kind(double most) {
      this.most = most;
    }
  }

  static List<Reading> day(Kind kind, int n) {
    Random random = new Random(7);
    List<Reading> readings = new ArrayList<>(n);
    double level = 0;
    long total = 123_456_789;
    for (int i = 0; i < n; i++) {
      level = 0.98 * level + random.nextGaussian();
      total += 3 + random.nextInt(4);
      long grid = 1_767_225_600_000_000L + i * 10_000_000L;
      long ts =
          switch (kind) {
            case TEMPERATURE, FLOAT -> grid;
            case POWER, METER, NOISY -> grid + random.nextInt(20) * 1_000L;
            case ARRIVAL, RANDOM -> grid + (long) Math.abs(random.nextGaussian() * 3_000);
          };
      double value =
          switch (kind) {
            case TEMPERATURE -> Math.round(210 + 0.3 * level + 20 * Math.sin(i / 1_400.0)) / 10.0;
            case POWER -> Math.round(800 + 40 * level);
            case METER -> total / 1_000.0;
            case NOISY, ARRIVAL -> Math.round(2_000 + 150 * level) / 100.0;
            case FLOAT -> (float) (Math.round(2_000 + 150 * level) / 100.0);
            case RANDOM -> random.nextDouble();
          };
      int place =
          switch (kind) {
            case TEMPERATURE, POWER, METER -> 17;
            case NOISY, ARRIVAL, FLOAT, RANDOM -> random.nextInt(SERIES);
          };
      readings.add(new Reading((long) i * SERIES + place, 1, ts, value, 0, null));
    }
    return readings;
  }
}
