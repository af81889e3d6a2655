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

  boolean contains(long delivery) {
    return known.contains(delivery);
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
