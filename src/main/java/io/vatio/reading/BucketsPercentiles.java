package io.vatio.reading;

import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import java.util.Arrays;
import java.util.function.Consumer;

/// Percentiles of buckets, from every reading: between two readings in order of size the value is
/// taken in proportion. One bucket's values are in memory at a time.
final class BucketsPercentiles implements Consumer<Reading> {
  /// Readings of one question: some eighty megabytes should they all lie in one bucket.
  static final long MOST = 10_000_000;

  private final long[] bounds;
  private final double[] percentiles;
  private final double[][] found;
  private double[] values = new double[1_024];
  private int count;
  private int at;

  private BucketsPercentiles(long[] bounds, double[] percentiles) {
    this.bounds = bounds;
    this.percentiles = percentiles;
    this.found = new double[percentiles.length][bounds.length - 1];
    for (double[] row : found) {
      Arrays.fill(row, Double.NaN);
    }
  }

  /// @return by percentile and bucket; NaN where there is no good reading
  /// @throws Problem.Invalid when there are more than [#MOST] readings
  static double[][] of(ReadingStore readings, int seriesId, long[] bounds, double[] percentiles) {
    long last = bounds[bounds.length - 1];
    if (readings.count(seriesId, bounds[0], last) > MOST) {
      throw Problem.invalid(
          "funciones", Text.of("series.percentile_too_much", Long.toString(MOST)));
    }
    BucketsPercentiles all = new BucketsPercentiles(bounds, percentiles);
    // Only one at a time has a bucket of that size in memory.
    synchronized (BucketsPercentiles.class) {
      readings.scan(seriesId, bounds[0], last, all);
      all.finish();
    }
    return all.found;
  }

  @Override
  public void accept(Reading reading) {
    while (bounds[at + 1] <= reading.ts()) {
      finish();
      at++;
    }
    if (Quality.isGood(reading.quality())) {
      if (count == values.length) {
        values = Arrays.copyOf(values, count + (count >> 1));
      }
      values[count++] = reading.value();
    }
  }

  private void finish() {
    if (count > 0) {
      Arrays.sort(values, 0, count);
      for (int i = 0; i < percentiles.length; i++) {
        found[i][at] = at(percentiles[i]);
      }
      count = 0;
    }
  }

  private double at(double percentile) {
    double place = percentile / 100 * (count - 1);
    int below = (int) Math.floor(place);
    int above = Math.min(below + 1, count - 1);
    return values[below] + (values[above] - values[below]) * (place - below);
  }
}
