package io.vatio.protocol;

import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/// The way to the devices that speak MQTT: the broker in this process or another one. Thread safe.
public interface MqttGateway {

  /// What a device may conclude from the acknowledgement that it gets.
  Guarantee guarantee();

  /// Publishes in the server's own name. From any thread.
  ///
  /// @param topic a valid topic name
  /// @param retain keep it for those who subscribe later; without payload: forget what was kept
  /// @return completes when the broker has it (retained messages of the embedded one: on the disk);
  ///     fails when there is no broker to give it to just now
  CompletionStage<?> publish(String topic, byte[] payload, int qos, boolean retain);

  /// Whether devices can reach the server through it now.
  Health health();

  /// What an acknowledgement to a device stands for.
  enum Guarantee {
    /// The reading is on the disk.
    COMMITTED_BEFORE_ACK,
    /// Another broker has the reading and hands it over until it is on the disk here. What that
    /// broker loses is lost.
    BROKER_ACCEPTED_THEN_COMMITTED
  }

  /// How it stands.
  ///
  /// @param trouble a sentence for the operator without secrets; null while it is up
  record Health(boolean up, @Nullable String trouble) {
    public static final Health UP = new Health(true, null);

    public static Health down(String trouble) {
      return new Health(false, trouble);
    }
  }
}
