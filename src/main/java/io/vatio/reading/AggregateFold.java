package io.vatio.reading;

import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Adds up readings of one series that come in order of time, in buckets that touch each other. To
/// know the value that is held at the first bound, begin with the readings one hold limit before
/// it. For one thread.
final class AggregateFold implements Consumer<Reading> {
  private final long[] bounds;
  private final long hold;
  private final @Nullable Aggregate[] cells;
  private int at;
  private double held;
  private long heldFrom;

  /// The bucket in which the held value began.
  private int heldAt;

  private boolean holding;

  /// @param bounds rising, at least two; see [Interval#bounds]
  /// @param hold microseconds for which a value is held without a next one
  AggregateFold(long[] bounds, long hold) {
    this.bounds = bounds;
    this.hold = hold;
    this.cells = new Aggregate[bounds.length - 1];
  }

  /// Where to begin to read.
  long readFrom() {
    return bounds[0] - hold;
  }

  @Override
  public void accept(Reading reading) {
    add(reading.ts(), reading.value(), Quality.isGood(reading.quality()));
  }

  void add(long ts, double value, boolean good) {
    if (ts >= bounds[bounds.length - 1]) {
      return;
    }
    if (good) {
      release(cells, ts);
      holding = true;
      held = value;
      heldFrom = ts;
    }
    if (ts < bounds[0]) {
      return;
    }
    while (bounds[at + 1] <= ts) {
      at++;
    }
    if (good) {
      heldAt = at;
      cell(cells, at).add(ts, value);
    } else {
      cell(cells, at).flagged++;
    }
  }

  /// The sums so far, by bucket; a bucket of which nothing is known is empty. More readings may
  /// follow.
  ///
  /// @param until a value is not held beyond this moment: the present
  Aggregate[] results(long until) {
    @Nullable Aggregate[] open = Arrays.copyOf(cells, cells.length);
    // Only what the last reading may still add to is copied.
    for (int i = heldAt; i < open.length; i++) {
      Aggregate cell = open[i];
      open[i] = cell == null ? null : cell.copy();
    }
    release(open, until);
    Aggregate[] results = new Aggregate[open.length];
    for (int i = 0; i < results.length; i++) {
      results[i] = cell(open, i);
    }
    return results;
  }

  /// Gives the held value the time up to this moment.
  private void release(@Nullable Aggregate[] into, long until) {
    if (!holding) {
      return;
    }
    long from = Math.max(heldFrom, bounds[0]);
    long to = Math.min(Math.min(heldFrom + hold, until), bounds[bounds.length - 1]);
    for (int i = heldAt; i < into.length && from < to; i++) {
      long end = Math.min(to, bounds[i + 1]);
      if (from < end) {
        cell(into, i).hold(held, end - from);
        from = end;
      }
    }
  }

  private static Aggregate cell(@Nullable Aggregate[] cells, int i) {
    Aggregate cell = cells[i];
    if (cell == null) {
      cell = new Aggregate();
      cells[i] = cell;
    }
    return cell;
  }
}
