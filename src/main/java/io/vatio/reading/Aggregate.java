package io.vatio.reading;

import org.jspecify.annotations.Nullable;

/// What the good readings of a stretch of time add up to. Mutable, for one thread.
///
/// Between readings a value is held: until the next good one, and no longer than the series' limit
/// ([HoldLimits]). From that come the mean over time and the coverage.
public final class Aggregate {
  long count;
  long flagged;
  double sum;
  double min = Double.POSITIVE_INFINITY;
  double max = Double.NEGATIVE_INFINITY;
  double first;
  long firstTs = Long.MAX_VALUE;
  double last;
  long lastTs = Long.MIN_VALUE;
  double weighted;
  long covered;

  /// Good readings.
  public long count() {
    return count;
  }

  /// Readings left out for their quality.
  public long flagged() {
    return flagged;
  }

  /// Sum of the good readings' values, in their unit.
  public double sum() {
    return sum;
  }

  public @Nullable Double mean() {
    return count == 0 ? null : (Double) (sum / count);
  }

  /// The mean over the time for which a value was held; null where none was.
  public @Nullable Double timeWeightedMean() {
    return covered == 0 ? null : (Double) (weighted / covered);
  }

  public @Nullable Double min() {
    return count == 0 ? null : (Double) min;
  }

  public @Nullable Double max() {
    return count == 0 ? null : (Double) max;
  }

  public @Nullable Double first() {
    return count == 0 ? null : (Double) first;
  }

  public @Nullable Double last() {
    return count == 0 ? null : (Double) last;
  }

  /// Microseconds for which a value was held.
  public long covered() {
    return covered;
  }

  /// Value times time, in value-microseconds.
  public double weighted() {
    return weighted;
  }

  boolean isEmpty() {
    return count == 0 && flagged == 0 && covered == 0;
  }

  void add(long ts, double value) {
    count++;
    sum += value;
    min = Math.min(min, value);
    max = Math.max(max, value);
    if (ts < firstTs) {
      firstTs = ts;
      first = value;
    }
    if (ts > lastTs) {
      lastTs = ts;
      last = value;
    }
  }

  void hold(double value, long micros) {
    weighted += value * micros;
    covered += micros;
  }

  /// Adds what another stretch of time adds up to.
  void merge(Aggregate other) {
    count += other.count;
    flagged += other.flagged;
    sum += other.sum;
    min = Math.min(min, other.min);
    max = Math.max(max, other.max);
    if (other.firstTs < firstTs) {
      firstTs = other.firstTs;
      first = other.first;
    }
    if (other.lastTs > lastTs) {
      lastTs = other.lastTs;
      last = other.last;
    }
    weighted += other.weighted;
    covered += other.covered;
  }

  Aggregate copy() {
    Aggregate copy = new Aggregate();
    copy.merge(this);
    return copy;
  }
}
