package io.vatio.account;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Slows down whoever guesses passwords: after [#FREE] failures within [#WINDOW] each further one
/// doubles the time to wait, by name and by address.
///
/// A try counts from its beginning until it turns out right, so a hundred guesses at the same
/// moment
/// are not a hundred free ones. Whoever has logged in from an address before is held by the address
/// only: guessing at somebody's name from elsewhere does not lock the owner out.
///
/// Memory is bounded: of more than [#MAX_ENTRIES] names or addresses the ones quiet for longest are
/// forgotten; somebody who tries a million names is still held by the address. Thread safe.
final class Throttle {
  static final int FREE = 5;
  static final Duration WINDOW = Duration.ofMinutes(15);
  static final int MAX_ENTRIES = 10_000;

  /// Tries at the same time by one that has not failed lately: programs that log in side by side.
  private static final int CLEAN_CONCURRENT = 16;

  private static final Duration FIRST_DELAY = Duration.ofSeconds(2);
  private static final Duration MAX_DELAY = WINDOW;
  private static final int MAX_NAME = 200;

  private final Clock clock;
  private final Map<String, Record> names = bounded();
  private final Map<String, Record> addresses = bounded();
  private final Map<String, Boolean> knownTogether = bounded();

  Throttle(Clock clock) {
    this.clock = clock;
  }

  /// Begins a try, if it need not wait.
  synchronized Attempt begin(String name, String address) {
    Instant now = clock.instant();
    String nameKey = shortened(name.toLowerCase(Locale.ROOT));
    // One subscriber has a whole /64 of IPv6 addresses, so that counts as one.
    String addressKey = AddressGroup.of(address);
    String pair = addressKey + " " + nameKey;
    Record byAddress = addresses.computeIfAbsent(addressKey, _ -> new Record());
    long wait = byAddress.secondsToWait(now);
    if (wait > 0 || knownTogether.get(pair) != null) {
      // Names from an address that must wait are not even noted: they would push others out.
      return new Attempt(wait, List.of(byAddress), pair);
    }
    Record byName = names.computeIfAbsent(nameKey, _ -> new Record());
    return new Attempt(byName.secondsToWait(now), List.of(byName, byAddress), pair);
  }

  synchronized int size() {
    return names.size() + addresses.size() + knownTogether.size();
  }

  private static String shortened(String name) {
    return name.length() > MAX_NAME ? name.substring(0, MAX_NAME) : name;
  }

  private static <V> Map<String, V> bounded() {
    return new LinkedHashMap<>(16, 0.75f, true) {
      private static final long serialVersionUID = 1L;

      @Override
      protected boolean removeEldestEntry(Map.Entry<String, V> eldest) {
        return size() > MAX_ENTRIES;
      }
    };
  }

  /// A try that has begun, or must wait. One that has begun is ended by exactly one of [#succeed],
  /// [#fail] and [#abandon].
  final class Attempt {
    private final long wait;
    private final List<Record> held;
    private final String pair;

    private Attempt(long wait, List<Record> held, String pair) {
      this.wait = wait;
      this.held = held;
      this.pair = pair;
      if (wait == 0) {
        held.forEach(record -> record.pending++);
      }
    }

    /// 0 when it has begun, else the seconds to wait.
    long secondsToWait() {
      return wait;
    }

    /// It was right: the name is clean again. The address is not, or everybody with one account
    /// could clean it between guesses at others.
    void succeed() {
      synchronized (Throttle.this) {
        held.forEach(record -> record.pending--);
        if (held.size() > 1) {
          held.getFirst().failures = 0;
        }
        knownTogether.put(pair, true);
      }
    }

    /// It was wrong.
    void fail() {
      synchronized (Throttle.this) {
        Instant now = clock.instant();
        held.forEach(record -> record.fail(now));
      }
    }

    /// It ended without an answer.
    void abandon() {
      synchronized (Throttle.this) {
        held.forEach(record -> record.pending--);
      }
    }
  }

  /// What is known of one name or address.
  private static final class Record {
    private int failures;
    private int pending;
    private Instant lastFailure = Instant.MIN;
    private Instant blockedUntil = Instant.MIN;

    void fail(Instant now) {
      pending--;
      failures++;
      lastFailure = now;
      if (failures >= FREE) {
        blockedUntil = now.plus(delay());
      }
    }

    private Duration delay() {
      int doublings = Math.min(failures - FREE, 20);
      Duration delay = FIRST_DELAY.multipliedBy(1L << doublings);
      return delay.compareTo(MAX_DELAY) > 0 ? MAX_DELAY : delay;
    }

    long secondsToWait(Instant now) {
      if (failures > 0 && !now.isBefore(lastFailure.plus(WINDOW))) {
        failures = 0;
      }
      if (failures >= FREE && now.isBefore(blockedUntil)) {
        return Math.max(1, Duration.between(now, blockedUntil).plusMillis(999).toSeconds());
      }
      int concurrent = failures == 0 ? CLEAN_CONCURRENT : Math.max(1, FREE - failures);
      return pending < concurrent ? 0 : 1;
    }
  }
}
