package io.vatio.protocol.mqtt;

import static org.junit.jupiter.api.Assertions.fail;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/// Settings of the broker with one thing changed.
final class BrokerSettings {
  private BrokerSettings() {}

  static MqttSettings anonymous(MqttSettings s) {
    return copy(s, true, s.maxConnections(), s.connectTimeout(), s.retainedMessages());
  }

  static MqttSettings impatient(MqttSettings s) {
    return copy(s, s.anonymous(), s.maxConnections(), Duration.ofMillis(100), s.retainedMessages());
  }

  static MqttSettings connections(MqttSettings s, int most) {
    return copy(s, s.anonymous(), most, s.connectTimeout(), s.retainedMessages());
  }

  static MqttSettings retained(MqttSettings s, int most) {
    return copy(s, s.anonymous(), s.maxConnections(), s.connectTimeout(), most);
  }

  static MqttSettings sessions(MqttSettings s, SessionSettings sessions) {
    return new MqttSettings(
        s.host(),
        s.port(),
        s.tlsPort(),
        s.anonymous(),
        s.maxPacketBytes(),
        s.receiveMaximum(),
        s.pendingBytes(),
        s.ingestMessages(),
        s.ingestBytes(),
        s.maxConnections(),
        s.maxUnknown(),
        s.connectTimeout(),
        s.keepAliveMax(),
        s.outboxBytes(),
        s.outboxMessages(),
        s.topicLength(),
        s.topicLevels(),
        s.subscriptions(),
        s.retainedMessages(),
        s.retainedBytes(),
        s.door(),
        sessions);
  }

  private static MqttSettings copy(
      MqttSettings s, boolean anonymous, int connections, Duration timeout, int retained) {
    return new MqttSettings(
        s.host(),
        s.port(),
        s.tlsPort(),
        anonymous,
        s.maxPacketBytes(),
        s.receiveMaximum(),
        s.pendingBytes(),
        s.ingestMessages(),
        s.ingestBytes(),
        connections,
        s.maxUnknown(),
        timeout,
        s.keepAliveMax(),
        s.outboxBytes(),
        s.outboxMessages(),
        s.topicLength(),
        s.topicLevels(),
        s.subscriptions(),
        retained,
        s.retainedBytes(),
        s.door(),
        s.sessions());
  }

  /// Waits until something that nobody tells us is so.
  static void eventually(BooleanSupplier condition) {
    long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        fail("did not happen within ten seconds");
      }
      LockSupport.parkNanos(5_000_000);
    }
  }
}
