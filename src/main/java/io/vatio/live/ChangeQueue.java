package io.vatio.live;

import io.vatio.device.Device;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Changed devices on their way from the thread that changed them to the hub. When the hub is
/// behind, only the newest state of each device stays. Thread safe.
final class ChangeQueue {
  private final int room;
  private final ArrayDeque<Device> waiting = new ArrayDeque<>();
  private int limit;

  /// @param room changes that wait before states are dropped
  ChangeQueue(int room) {
    this.room = room;
    this.limit = room;
  }

  synchronized void add(Device device) {
    if (waiting.size() >= limit) {
      coalesce();
    }
    waiting.addLast(device);
  }

  synchronized List<Device> drain() {
    if (waiting.isEmpty()) {
      return List.of();
    }
    List<Device> all = new ArrayList<>(waiting);
    waiting.clear();
    limit = room;
    return all;
  }

  private void coalesce() {
    Map<Long, Device> newest = new LinkedHashMap<>();
    for (Device device : waiting) {
      newest.remove(device.id());
      newest.put(device.id(), device);
    }
    waiting.clear();
    waiting.addAll(newest.values());
    // With more devices than room the queue is bounded by their number, and coalesced now and then.
    limit = Math.max(room, 2 * waiting.size());
  }
}
