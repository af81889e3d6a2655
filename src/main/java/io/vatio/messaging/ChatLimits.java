package io.vatio.messaging;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/// How often one sender may ask: [#BURST] times at once, and again one every so often. Remembers
/// the last [#SENDERS]. Thread safe.
final class ChatLimits {
  static final int BURST = 20;
  private static final int SENDERS = 10_000;

  private final Duration every;
  private final Clock clock;
  private final Map<String, Bucket> buckets =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Bucket> eldest) {
          return size() > SENDERS;
        }
      };

  /// @param every after a burst
  ChatLimits(Duration every, Clock clock) {
    this.every = every;
    this.clock = clock;
  }

  enum Answer {
    YES,
    /// The first one too many; worth a sentence.
    NO,
    /// And more of them; worth nothing.
    STILL_NO
  }

  synchronized Answer ask(String sender) {
    Instant now = clock.instant();
    Bucket before = buckets.getOrDefault(sender, new Bucket(BURST, now, false));
    long earned = Math.max(0, Duration.between(before.since(), now).dividedBy(every));
    long left = Math.min(BURST, before.left() + earned);
    Instant since = left == BURST ? now : before.since().plus(every.multipliedBy(earned));
    if (left > 0) {
      buckets.put(sender, new Bucket(left - 1, since, false));
      return Answer.YES;
    }
    buckets.put(sender, new Bucket(0, since, true));
    return before.told() ? Answer.STILL_NO : Answer.NO;
  }

  private record Bucket(long left, Instant since, boolean told) {}
}
