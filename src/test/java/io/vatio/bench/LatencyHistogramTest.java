package io.vatio.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LatencyHistogramTest {
  private final LatencyHistogram latencies = new LatencyHistogram();

  @Test
  void says_zero_when_empty() {
    assertEquals(0, latencies.percentileNanos(0.99));
    assertEquals(0, latencies.maxNanos());
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 31, 32, 33, 63, 64, 1_000, 999_999, 60_000_000_000L, Long.MAX_VALUE})
  void one_duration_is_every_percentile(long nanos) {
    latencies.record(nanos);

    assertEquals(nanos, latencies.percentileNanos(0.01));
    assertEquals(nanos, latencies.percentileNanos(1));
    assertEquals(nanos, latencies.maxNanos());
  }

  @Test
  void percentiles_are_right_to_three_percent_and_never_too_small() {
    SplittableRandom random = new SplittableRandom(1);
    long[] all = random.longs(20_000, 100, 80_000_000).toArray();
    Arrays.stream(all).forEach(latencies::record);
    Arrays.sort(all);

    for (double share : new double[] {0.01, 0.5, 0.9, 0.99, 0.999}) {
      long exact = all[(int) Math.ceil(share * all.length) - 1];
      long seen = latencies.percentileNanos(share);
      assertTrue(seen >= exact && seen <= exact * 1.04, exact + " was said to be " + seen);
    }
  }

  @Test
  void a_copy_stays_when_the_original_starts_again() {
    latencies.record(5);
    LatencyHistogram copy = latencies.copy();
    latencies.reset();

    assertEquals(1, copy.count());
    assertEquals(0, latencies.count());
    assertEquals(5, copy.maxNanos());
  }
}
