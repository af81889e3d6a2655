package io.vatio.account;

import io.vatio.kernel.Micros;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/// How often somebody may do something that costs, be it right or wrong: some at once, then one
/// every while.
///
/// Of more than [#MAX_ENTRIES] the ones that were quiet for longest are forgotten. Thread safe.
final class Allowance {
  static final int MAX_ENTRIES = 10_000;

  private final Clock clock;
  private final long everyMicros;
  private final long burstMicros;

  /// When the last of what each has used up will have come back, microseconds.
  private final Map<String, Long> usedUp =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
          return size() > MAX_ENTRIES;
        }
      };

  /// @param atOnce how many may come together
  /// @param every when another one comes back
  Allowance(Clock clock, int atOnce, Duration every) {
    this.clock = clock;
    this.everyMicros = every.toNanos() / 1_000;
    this.burstMicros = atOnce * everyMicros;
  }

  /// Takes one.
  ///
  /// @return whether there was one left
  boolean take(String who) {
    return secondsToWait(who) == 0;
  }

  /// Takes one for an address, or for all that one subscriber has.
  ///
  /// @throws Problem.TooMany when there is none left
  void requireFor(String address) {
    long wait = secondsToWait(AddressGroup.of(address));
    if (wait > 0) {
      throw Problem.tooMany(
          Text.of("account.slow_down", Long.toString(wait)), Duration.ofSeconds(wait));
    }
  }

  private synchronized long secondsToWait(String who) {
    long now = Micros.of(clock.instant());
    long next = Math.max(now, usedUp.getOrDefault(who, now)) + everyMicros;
    long over = next - now - burstMicros;
    if (over > 0) {
      return (over + 999_999) / 1_000_000;
    }
    usedUp.put(who, next);
    return 0;
  }
}
