package io.vatio.protocol.mqtt;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.AtomicInteger;

/// The broker's figures. Thread safe.
final class BrokerMeters {
  /// Why messages are dropped that a subscriber should have got.
  static final String SLOW_SUBSCRIBER = "slow_subscriber";

  static final String QUEUE_FULL = "queue_full";

  private final MeterRegistry registry;
  private final Counter received;
  private final Counter sent;
  private final Counter denied;
  private final Counter refusedLogins;
  private final Counter slow;
  private final AtomicInteger connections = new AtomicInteger();
  private final AtomicInteger unknown = new AtomicInteger();

  BrokerMeters(MeterRegistry registry) {
    this.registry = registry;
    this.received =
        Counter.builder("vatio.mqtt.received")
            .description("Messages that clients published")
            .register(registry);
    this.sent =
        Counter.builder("vatio.mqtt.sent")
            .description("Messages sent to subscribers")
            .register(registry);
    this.denied =
        Counter.builder("vatio.mqtt.denied")
            .description("Messages and subscriptions on topics that the client may not use")
            .register(registry);
    this.refusedLogins =
        Counter.builder("vatio.mqtt.logins.refused")
            .description("Connections refused for their credentials")
            .register(registry);
    this.slow =
        Counter.builder("vatio.mqtt.subscribers.closed")
            .description("Connections ended because the client did not take its messages")
            .register(registry);
    Gauge.builder("vatio.mqtt.connections", connections, AtomicInteger::get)
        .description("Open connections")
        .register(registry);
    Gauge.builder("vatio.mqtt.connections.unknown", unknown, AtomicInteger::get)
        .description("Open connections that have not shown who they are")
        .register(registry);
  }

  /// What is kept for clients that are away.
  void sessions(Sessions sessions, QueueBudget queues) {
    Gauge.builder("vatio.mqtt.sessions", sessions, Sessions::kept)
        .description("Sessions that outlive their connection")
        .register(registry);
    Gauge.builder("vatio.mqtt.queued", queues, QueueBudget::messages)
        .description("Messages that wait for kept sessions")
        .register(registry);
    Gauge.builder("vatio.mqtt.queued.bytes", queues, QueueBudget::bytes)
        .description("Bytes that wait for kept sessions")
        .baseUnit("bytes")
        .register(registry);
  }

  AtomicInteger connections() {
    return connections;
  }

  AtomicInteger unknown() {
    return unknown;
  }

  void received() {
    received.increment();
  }

  void sent() {
    sent.increment();
  }

  void denied() {
    denied.increment();
  }

  void refusedLogin() {
    refusedLogins.increment();
  }

  void slowSubscriber() {
    slow.increment();
  }

  /// @param reason a fixed word
  void dropped(String reason) {
    registry.counter("vatio.mqtt.dropped", "reason", reason).increment();
  }
}
