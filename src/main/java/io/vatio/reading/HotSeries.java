package io.vatio.reading;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The unsettled readings of one series in order of time, and the newest of all. Thread safe;
/// written by the appending thread only.
final class HotSeries {
  private @Nullable Reading[] rows = new Reading[4];
  private int size;
  private @Nullable Reading latest;
  private long settledMax;

  /// @param latest the newest settled reading whose clock is to be believed, null for none
  /// @param settledMax the greatest time of any settled reading, Long.MIN_VALUE for none
  HotSeries(@Nullable Reading latest, long settledMax) {
    this.latest = latest;
    this.settledMax = settledMax;
  }

  /// The greatest time of any settled reading; Long.MIN_VALUE for none.
  synchronized long settledMax() {
    return settledMax;
  }

  /// The greatest time of all, hot or settled; Long.MIN_VALUE for none.
  synchronized long max() {
    return size == 0 ? settledMax : Math.max(settledMax, row(size - 1).ts());
  }

  synchronized boolean contains(long ts) {
    int at = lowerBound(ts);
    return at < size && row(at).ts() == ts;
  }

  synchronized void add(Reading reading) {
    if (size == rows.length) {
      rows = Arrays.copyOf(rows, size + (size >> 1));
    }
    int at = lowerBound(reading.ts());
    System.arraycopy(rows, at, rows, at + 1, size - at);
    rows[at] = reading;
    size++;
    if ((reading.quality() & Quality.CLOCK.bit()) == 0
        && (latest == null || reading.ts() > latest.ts())) {
      latest = reading;
    }
  }

  /// Forgets the readings up to this seq, which are settled now.
  synchronized void settled(long seq) {
    int kept = 0;
    for (int i = 0; i < size; i++) {
      Reading reading = row(i);
      if (reading.seq() <= seq) {
        settledMax = Math.max(settledMax, reading.ts());
      } else {
        rows[kept++] = reading;
      }
    }
    Arrays.fill(rows, kept, size, null);
    size = kept;
    if (rows.length > 64 && size < rows.length / 4) {
      rows = Arrays.copyOf(rows, Math.max(4, size * 2));
    }
  }

  synchronized @Nullable Reading latest() {
    return latest;
  }

  /// The newest hot readings with from ≤ ts < to, at most limit, oldest first.
  synchronized List<Reading> between(long from, long to, int limit) {
    int end = lowerBound(to);
    int start = Math.max(lowerBound(from), end - limit);
    List<Reading> result = new ArrayList<>(Math.max(0, end - start));
    for (int i = start; i < end; i++) {
      result.add(row(i));
    }
    return result;
  }

  private int lowerBound(long ts) {
    // Nearly always the new reading is the newest.
    if (size == 0 || row(size - 1).ts() < ts) {
      return size;
    }
    int low = 0;
    int high = size;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (row(middle).ts() < ts) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private Reading row(int index) {
    Reading reading = rows[index];
    if (reading == null) {
      throw new IllegalStateException("hot row " + index + " of " + size);
    }
    return reading;
  }
}
