package io.vatio.reading;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;

/// Fingerprints of the newest messages that carried no time of their own. Used by the appending
/// thread only.
final class Deliveries {
  private final int capacity;
  private final Set<Long> known = new HashSet<>();
  private final Deque<Long> order = new ArrayDeque<>();

  Deliveries(int capacity) {
    this.capacity = capacity;
  }

  /// Whether a reading came before in a message that was sent again.
  ///
  /// @param batch fingerprints of the append that is still open
  boolean repeats(NewReading reading, Set<Long> batch) {
    return reading.redelivered()
        && !reading.timed()
        && (known.contains(reading.delivery()) || batch.contains(reading.delivery()));
  }

  void add(Collection<Long> deliveries) {
    for (Long delivery : deliveries) {
      if (known.add(delivery)) {
        order.add(delivery);
        if (order.size() > capacity) {
          known.remove(order.remove());
        }
      }
    }
  }
}
