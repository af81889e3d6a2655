package io.vatio.account;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/// Slows down whoever guesses passwords: after [#FREE] failures within [#WINDOW] each further one
/// doubles the time to wait, by name and by address.
///
/// A try counts as a failure from its beginning until it turns out right, so a hundred guesses at
/// the same moment are not a hundred free ones. Memory is bounded: of more than [#MAX_ENTRIES]
/// names or addresses the ones quiet for longest are forgotten; somebody who tries a million names
/// is still held by the address. Thread safe.
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
  private final Map<String, Record> records = new LinkedHashMap<>(16, 0.75f, true);

  Throttle(Clock clock) {
    this.clock = clock;
  }

  /// Begins a try. Every try that may begin must be ended by [#succeeded], [#failed] or
  /// [#abandoned].
  ///
  /// @return 0 when it may begin, else the seconds to wait
  synchronized long begin(String name, String address) {
    Instant now = clock.instant();
    Record byName = record(nameKey(name), now);
    Record byAddress = record(addressKey(address), now);
    long wait = Math.max(byName.secondsToWait(now), byAddress.secondsToWait(now));
    if (wait == 0) {
      byName.pending++;
      byAddress.pending++;
    }
    forgetSome();
    return wait;
  }

  /// The try was right: the name is clean again. The address is not, or everybody with one account
  /// could clean it between guesses at others.
  synchronized void succeeded(String name, String address) {
    Record byName = end(nameKey(name));
    byName.failures = 0;
    end(addressKey(address));
  }

  /// The try was wrong.
  synchronized void failed(String name, String address) {
    Instant now = clock.instant();
    end(nameKey(name)).fail(now);
    end(addressKey(address)).fail(now);
  }

  /// The try ended without an answer.
  synchronized void abandoned(String name, String address) {
    end(nameKey(name));
    end(addressKey(address));
  }

  synchronized int size() {
    return records.size();
  }

  private Record record(String key, Instant now) {
    Record record = records.computeIfAbsent(key, _ -> new Record(now));
    record.forgiveAfterWindow(now);
    return record;
  }

  private Record end(String key) {
    Record record = records.computeIfAbsent(key, _ -> new Record(clock.instant()));
    record.pending = Math.max(0, record.pending - 1);
    return record;
  }

  private void forgetSome() {
    Iterator<Record> quietestFirst = records.values().iterator();
    while (records.size() > MAX_ENTRIES) {
      quietestFirst.next();
      quietestFirst.remove();
    }
  }

  private static String nameKey(String name) {
    String lower = name.toLowerCase(java.util.Locale.ROOT);
    return "name:" + (lower.length() > MAX_NAME ? lower.substring(0, MAX_NAME) : lower);
  }

  /// One subscriber has a whole /64 of IPv6 addresses, so that counts as one.
  private static String addressKey(String address) {
    return "address:" + AddressGroup.of(address);
  }

  /// What is known of one name or address.
  private static final class Record {
    private int failures;
    private int pending;
    private Instant lastFailure;
    private Instant blockedUntil = Instant.MIN;

    Record(Instant now) {
      lastFailure = now;
    }

    void forgiveAfterWindow(Instant now) {
      if (failures > 0 && !now.isBefore(lastFailure.plus(WINDOW))) {
        failures = 0;
      }
    }

    void fail(Instant now) {
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
      if (failures >= FREE && now.isBefore(blockedUntil)) {
        return Math.max(1, Duration.between(now, blockedUntil).plusMillis(999).toSeconds());
      }
      int concurrent = failures == 0 ? CLEAN_CONCURRENT : Math.max(1, FREE - failures);
      return pending < concurrent ? 0 : 1;
    }
  }
}
