package io.vatio.reading;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The newest committed readings in order of their seq, in a ring. Thread safe.
final class RecentReadings {
  private final @Nullable Reading[] ring;
  private long count;

  RecentReadings(int capacity) {
    this.ring = new Reading[capacity];
  }

  synchronized void add(List<@Nullable Reading> rows) {
    for (Reading row : rows) {
      if (row != null) {
        ring[(int) (count++ % ring.length)] = row;
      }
    }
  }

  /// Forgets what it has and takes these.
  synchronized void replace(List<@Nullable Reading> rows) {
    count = 0;
    add(rows);
  }

  synchronized List<Reading> since(long seq, int limit) {
    long low = Math.max(0, count - ring.length);
    long high = count;
    while (low < high) {
      long middle = (low + high) >>> 1;
      if (at(middle).seq() <= seq) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    List<Reading> result = new ArrayList<>();
    for (long i = low; i < count && result.size() < limit; i++) {
      result.add(at(i));
    }
    return result;
  }

  synchronized long lastSeq() {
    return count == 0 ? 0 : at(count - 1).seq();
  }

  private Reading at(long index) {
    Reading reading = ring[(int) (index % ring.length)];
    if (reading == null) {
      throw new IllegalStateException("ring index " + index);
    }
    return reading;
  }
}
