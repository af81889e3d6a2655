package io.vatio.protocol.mqtt;

import static org.junit.jupiter.api.Assertions.fail;

import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/// Settings of the broker with one thing changed.
final class BrokerSettings {
  private BrokerSettings() {}

  /// What a small server has.
  static MqttSettings of(int port, int tlsPort, boolean anonymous, int maxPacketBytes) {
    return MqttSettings.of(
        "127.0.0.1",
        port,
        tlsPort,
        anonymous,
        maxPacketBytes,
        3_600,
        DoorLimits.DEFAULT,
        SessionSettings.DEFAULT);
  }

  static MqttSettings anonymous(MqttSettings s) {
    return with(s, "anonymous", true);
  }

  static MqttSettings impatient(MqttSettings s) {
    return patient(s, Duration.ofMillis(100));
  }

  static MqttSettings patient(MqttSettings s, Duration login) {
    return with(s, "connectTimeout", login);
  }

  static MqttSettings connections(MqttSettings s, int most) {
    return with(s, "maxConnections", most);
  }

  static MqttSettings retained(MqttSettings s, int most) {
    return with(s, "retainedMessages", most);
  }

  static MqttSettings door(MqttSettings s, DoorLimits door) {
    return with(s, "door", door);
  }

  static MqttSettings sessions(MqttSettings s, SessionSettings sessions) {
    return with(s, "sessions", sessions);
  }

  private static MqttSettings with(MqttSettings s, String name, Object value) {
    try {
      RecordComponent[] components = MqttSettings.class.getRecordComponents();
      Class<?>[] types = new Class<?>[components.length];
      Object[] values = new Object[components.length];
      for (int i = 0; i < components.length; i++) {
        types[i] = components[i].getType();
        values[i] =
            components[i].getName().equals(name) ? value : components[i].getAccessor().invoke(s);
      }
      return MqttSettings.class.getDeclaredConstructor(types).newInstance(values);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(name, e);
    }
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
