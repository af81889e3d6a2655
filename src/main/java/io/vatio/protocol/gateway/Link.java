package io.vatio.protocol.gateway;

import com.hivemq.client.mqtt.datatypes.MqttQos;
import java.util.List;
import java.util.concurrent.CompletionStage;

/// One connection to the broker, from its CONNECT to its end, with one version of MQTT. Not used
/// again: the next connection is another link, so that whatever the broker sends again reaches us.
interface Link {

  /// Seconds between signs of life.
  int KEEP_ALIVE_S = 30;

  /// How long the broker shall keep what we miss.
  long SESSION_S = 7 * 24 * 3_600L;

  /// Connects; tells whether the broker remembers us.
  CompletionStage<Boolean> connect();

  /// Asks for these topics with QoS 1; fails with [Trouble] when one is refused.
  ///
  /// @param remembered what [#connect] told
  CompletionStage<?> subscribe(List<String> filters, boolean remembered);

  /// @param qos 2 is sent as 1
  CompletionStage<?> publish(String topic, byte[] payload, int qos, boolean retain);

  static MqttQos qos(int number) {
    return number == 0 ? MqttQos.AT_MOST_ONCE : MqttQos.AT_LEAST_ONCE;
  }

  /// Says goodbye; completes when the connection is closed. Nothing is heard of the link
  /// afterwards,
  /// except perhaps [Listener#lost].
  CompletionStage<?> close();

  /// Who is told; on a thread of the connection.
  interface Listener {
    void arrived(Delivery delivery);

    void lost(Throwable cause);
  }

  /// A message as the broker delivered it.
  ///
  /// @param packetId 0 for none, with QoS 0
  /// @param repeated the broker may have delivered it before
  /// @param retained kept by the broker from an earlier time
  /// @param acknowledge tells the broker that we have it; may be called on any thread, does nothing
  ///     when the connection is gone
  record Delivery(
      String topic,
      byte[] payload,
      int qos,
      int packetId,
      boolean repeated,
      boolean retained,
      Runnable acknowledge) {}
}
