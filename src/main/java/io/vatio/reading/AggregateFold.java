package io.vatio.reading;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Adds up readings of one series that come in order of time, in buckets that touch each other. To
/// know the value that is held at the first bound, begin with the readings one hold limit before
/// it. No value is held beyond the present, although readings may be from the future. For one
/// thread.
final class AggregateFold implements Consumer<Reading> {
  private final long[] bounds;
  private final long hold;
  private final long now;
  private final @Nullable Aggregate[] cells;
  private int at;
  private double held;
  private long heldFrom;

  /// The bucket in which the held value began.
  private int heldAt;

  private boolean holding;

  /// @param bounds rising, at least two; see [Interval#bounds]
  /// @param hold microseconds for which a value is held without a next one
  /// @param now the present
  AggregateFold(long[] bounds, long hold, long now) {
    this(bounds, hold, now, new Aggregate[bounds.length - 1]);
  }

  private AggregateFold(long[] bounds, long hold, long now, @Nullable Aggregate[] cells) {
    this.bounds = bounds;
    this.hold = hold;
    this.now = now;
    this.cells = cells;
  }

  /// One that goes on from here by itself.
  ///
  /// @param later its present, not before the one of this
  AggregateFold copy(long later) {
    @Nullable Aggregate[] copies = new Aggregate[cells.length];
    for (int i = 0; i < cells.length; i++) {
      Aggregate cell = cells[i];
      copies[i] = cell == null ? null : cell.copy();
    }
    AggregateFold copy = new AggregateFold(bounds, hold, later, copies);
    copy.at = at;
    copy.held = held;
    copy.heldFrom = heldFrom;
    copy.heldAt = heldAt;
    copy.holding = holding;
    return copy;
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
      release(ts);
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
      cell(at).add(ts, value);
    } else {
      cell(at).flagged++;
    }
  }

  /// The sums by bucket; a bucket of which nothing is known is empty. Ends the adding up.
  Aggregate[] results() {
    release(now);
    Aggregate[] results = new Aggregate[cells.length];
    for (int i = 0; i < results.length; i++) {
      results[i] = cell(i);
    }
    return results;
  }

  /// Gives the held value the time up to this moment.
  private void release(long until) {
    if (!holding) {
      return;
    }
    long from = Math.max(heldFrom, bounds[0]);
    long to = Math.min(Math.min(heldFrom + hold, Math.min(until, now)), bounds[bounds.length - 1]);
    for (int i = heldAt; i < cells.length && from < to; i++) {
      long end = Math.min(to, bounds[i + 1]);
      if (from < end) {
        cell(i).hold(held, end - from);
        from = end;
      }
    }
  }

  private Aggregate cell(int i) {
    Aggregate cell = cells[i];
    if (cell == null) {
      cell = new Aggregate();
      cells[i] = cell;
    }
    return cell;
  }
}
