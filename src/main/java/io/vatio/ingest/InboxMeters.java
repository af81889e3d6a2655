package io.vatio.ingest;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Collection;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/// What the inbox counts and measures. Thread safe.
final class InboxMeters {
  private final MeterRegistry registry;
  private final Map<Origin, Counter> received = new EnumMap<>(Origin.class);
  private final Counter stored;
  private final Counter duplicates;
  private final Counter overloaded;
  private final Timer commits;

  /// @param waiting messages that wait for their commit
  /// @param waitingBytes payload bytes of these
  InboxMeters(MeterRegistry registry, Collection<?> waiting, AtomicLong waitingBytes) {
    this.registry = registry;
    for (Origin origin : Origin.values()) {
      received.put(origin, registry.counter("vatio.messages.received", "origin", origin.name()));
    }
    this.stored = registry.counter("vatio.readings.stored");
    this.duplicates = registry.counter("vatio.readings.duplicate");
    this.overloaded = registry.counter("vatio.messages.overloaded");
    this.commits =
        Timer.builder("vatio.commit")
            .description("Time of one commit of the inbox")
            .publishPercentiles(0.5, 0.99)
            .register(registry);
    Gauge.builder("vatio.inbox.messages", waiting, Collection::size).register(registry);
    Gauge.builder("vatio.inbox.bytes", waitingBytes, AtomicLong::get).register(registry);
  }

  void received(Origin origin) {
    Counter counter = received.get(origin);
    if (counter != null) {
      counter.increment();
    }
  }

  void stored(int fresh, int repeated) {
    stored.increment(fresh);
    duplicates.increment(repeated);
  }

  void rejected(Rejection.Reason reason) {
    registry.counter("vatio.messages.rejected", "reason", reason.code()).increment();
  }

  void overloaded(int messages) {
    overloaded.increment(messages);
  }

  /// Time of one commit.
  Timer commits() {
    return commits;
  }
}
