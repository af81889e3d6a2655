package io.vatio.protocol.simulator;

import java.util.concurrent.atomic.LongAdder;

/// Counts what happened to every message of a simulation. Any thread.
final class Tally {
  private final LongAdder produced = new LongAdder();
  private final LongAdder sent = new LongAdder();
  private final LongAdder acknowledged = new LongAdder();
  private final LongAdder refused = new LongAdder();
  private final LongAdder dropped = new LongAdder();
  private final LongAdder reconnects = new LongAdder();

  /// @param sent attempts; a message that had to be sent twice counts twice
  /// @param dropped oldest messages given up because the queue was full
  record Count(
      long produced,
      long sent,
      long acknowledged,
      long refused,
      long dropped,
      long reconnects,
      long waiting) {

    String line() {
      return "sent %d, acknowledged %d, refused %d, reconnects %d, waiting %d, dropped %d"
          .formatted(sent, acknowledged, refused, reconnects, waiting, dropped);
    }
  }

  void produced() {
    produced.increment();
  }

  void sent() {
    sent.increment();
  }

  void acknowledged() {
    acknowledged.increment();
  }

  void refused() {
    refused.increment();
  }

  void dropped() {
    dropped.increment();
  }

  void reconnected() {
    reconnects.increment();
  }

  Count count() {
    long done = acknowledged.sum() + refused.sum() + dropped.sum();
    long all = produced.sum();
    return new Count(
        all,
        sent.sum(),
        acknowledged.sum(),
        refused.sum(),
        dropped.sum(),
        reconnects.sum(),
        Math.max(0, all - done));
  }
}
