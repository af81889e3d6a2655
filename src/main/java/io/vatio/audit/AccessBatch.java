package io.vatio.audit;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// Requests that wait to be written: what they add up to, and the lines of some of them. Of one
/// thread.
final class AccessBatch {
  /// Sums that may wait; what has no place is not counted.
  private static final int MAX_SUMS = 20_000;

  /// Lines that may wait while the database is away.
  private static final int MAX_LINES = 2_000;

  /// Lines of one second, whatever they are about.
  static final int LINES = 200;

  /// Lines of one second beyond those, of requests that failed or were slow.
  static final int REMARKABLE = 50;

  /// @param account [#EVERYBODY] or an account
  /// @param day UTC, since 1970
  record Key(long account, long day, String module, String method, int status)
      implements Comparable<Key> {
    @Override
    public int compareTo(Key other) {
      int order = Long.compare(account, other.account);
      order = order != 0 ? order : Long.compare(day, other.day);
      order = order != 0 ? order : module.compareTo(other.module);
      order = order != 0 ? order : method.compareTo(other.method);
      return order != 0 ? order : Integer.compare(status, other.status);
    }
  }

  record Sum(long requests, long durationUs) {
    Sum and(Sum more) {
      return new Sum(requests + more.requests, durationUs + more.durationUs);
    }
  }

  record Place(long account, long day, String endpoint, String method)
      implements Comparable<Place> {
    @Override
    public int compareTo(Place other) {
      int order = Long.compare(account, other.account);
      order = order != 0 ? order : Long.compare(day, other.day);
      order = order != 0 ? order : endpoint.compareTo(other.endpoint);
      return order != 0 ? order : method.compareTo(other.method);
    }
  }

  /// Stands for all accounts and for those without.
  static final long EVERYBODY = -1;

  private static final long SECOND_US = 1_000_000;
  private static final long DAY_US = 86_400 * SECOND_US;

  // In order, so that two servers on one database do not wait for each other.
  final Map<Key, Sum> sums = new TreeMap<>();
  final Map<Place, Long> places = new TreeMap<>();
  final Deque<AccessLine> lines = new ArrayDeque<>();
  private final Map<Long, Integer> linesOfSecond = new HashMap<>();

  static long day(long atMicros) {
    return Math.floorDiv(atMicros, DAY_US);
  }

  boolean isEmpty() {
    return sums.isEmpty() && lines.isEmpty();
  }

  /// Forgets how many lines the seconds had; called when a round begins.
  void begin() {
    linesOfSecond.clear();
  }

  /// @param modules the program's own
  /// @return false when there was no room
  boolean add(AccessLog.Ended ended, Set<String> modules) {
    var exchange = ended.exchange();
    long account = exchange.principal() == null ? 0 : exchange.principal().account().orElse(0);
    Key all =
        new Key(
            EVERYBODY,
            day(ended.atMicros()),
            AccessWords.module(exchange, modules),
            AccessWords.method(exchange.method()),
            exchange.status());
    if (sums.size() >= MAX_SUMS && !sums.containsKey(all)) {
      return false;
    }
    long durationUs = exchange.durationNanos() / 1_000;
    Sum one = new Sum(1, durationUs);
    Place place =
        new Place(EVERYBODY, all.day(), AccessWords.endpoint(exchange.route()), all.method());
    sums.merge(all, one, Sum::and);
    places.merge(place, 1L, Long::sum);
    if (account != 0) {
      sums.merge(
          new Key(account, all.day(), all.module(), all.method(), all.status()), one, Sum::and);
      places.merge(
          new Place(account, place.day(), place.endpoint(), place.method()), 1L, Long::sum);
    }
    boolean remarkable = exchange.status() >= AccessLine.ERROR || durationUs > AccessLine.SLOW_US;
    int most = remarkable ? LINES + REMARKABLE : LINES;
    long second = Math.floorDiv(ended.atMicros(), SECOND_US);
    if (lines.size() < MAX_LINES && linesOfSecond.getOrDefault(second, 0) < most) {
      linesOfSecond.merge(second, 1, Integer::sum);
      lines.add(AccessWords.line(exchange, all.module(), ended.atMicros()));
    }
    return true;
  }

  /// Forgets the sums and this many lines.
  void written(int most) {
    sums.clear();
    places.clear();
    for (int i = 0; i < most && !lines.isEmpty(); i++) {
      lines.remove();
    }
  }
}
