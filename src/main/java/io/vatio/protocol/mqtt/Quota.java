package io.vatio.protocol.mqtt;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// How many each has at the same time, up to a limit. Thread safe; remembers only who has some.
final class Quota {
  private final int most;
  private final Map<Long, Integer> taken = new ConcurrentHashMap<>();

  Quota(int most) {
    this.most = most;
  }

  /// Takes one; false when there are as many as there may be.
  boolean take(long who) {
    boolean[] got = new boolean[1];
    taken.compute(
        who,
        (_, before) -> {
          int now = before == null ? 0 : before;
          got[0] = now < most;
          return got[0] ? (Integer) (now + 1) : before;
        });
    return got[0];
  }

  void give(long who) {
    taken.computeIfPresent(who, (_, count) -> count == 1 ? null : count - 1);
  }
}
