package io.vatio.testing;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/// A clock that stands until a test moves it. Thread safe.
public final class FixedClock extends Clock {
  private volatile Instant now;

  public FixedClock(Instant now) {
    this.now = now;
  }

  public static FixedClock at(String iso) {
    return new FixedClock(Instant.parse(iso));
  }

  public void advance(Duration step) {
    now = now.plus(step);
  }

  @Override
  public Instant instant() {
    return now;
  }

  @Override
  public ZoneId getZone() {
    return ZoneOffset.UTC;
  }

  @Override
  public Clock withZone(ZoneId zone) {
    return this;
  }
}
