package io.vatio.protocol.mqtt;

import java.util.concurrent.TimeUnit;

/// A token bucket: fills at a steady rate up to a limit, full at the beginning. For one thread.
final class Bucket {
  private static final double NANOS = TimeUnit.SECONDS.toNanos(1);

  private final double perSecond;
  private final double most;
  private double tokens;
  private long at;
  private boolean used;

  Bucket(double perSecond, double most) {
    this.perSecond = perSecond;
    this.most = most;
    this.tokens = most;
  }

  /// Takes so many if they are there.
  boolean take(int count, long nowNanos) {
    fill(nowNanos);
    if (tokens < count) {
      return false;
    }
    tokens -= count;
    return true;
  }

  /// Takes so many, into debt if need be: what has happened already.
  void draw(int count, long nowNanos) {
    fill(nowNanos);
    tokens -= count;
  }

  /// Milliseconds until there is no debt, 0 for none.
  long debtMs(long nowNanos) {
    fill(nowNanos);
    return tokens >= 0 ? 0 : (long) Math.ceil(-tokens / perSecond * 1_000);
  }

  private void fill(long nowNanos) {
    if (used) {
      tokens = Math.min(most, tokens + (nowNanos - at) / NANOS * perSecond);
    }
    used = true;
    at = nowNanos;
  }
}
