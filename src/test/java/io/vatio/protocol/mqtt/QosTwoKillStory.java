package io.vatio.protocol.mqtt;

import static io.netty.handler.codec.mqtt.MqttMessageType.PUBCOMP;
import static io.netty.handler.codec.mqtt.MqttMessageType.PUBREC;
import static io.netty.handler.codec.mqtt.MqttVersion.MQTT_3_1_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.vatio.testing.ServerProcess;
import io.vatio.testing.StoredValues;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A real server is killed between the steps of QoS 2.
@Timeout(120)
class QosTwoKillStory {
  private static final String TOPIC = "energy/consumption";
  private static final int MESSAGES = 200;

  @TempDir Path folder;

  @Test
  void each_message_reaches_its_subscriber_once_whatever_was_answered_before_kill_9() {
    int answered = MESSAGES / 2;
    try (ServerProcess server = ServerProcess.start(folder, Map.of(), List.of());
        Probe subscriber = client(server, "subscriber", false);
        Probe publisher = client(server, "publisher", false)) {
      subscriber.subscribe(2, TOPIC);
      subscriber.send(io.netty.handler.codec.mqtt.MqttMessage.DISCONNECT);
      subscriber.readClosed();
      for (int i = 1; i <= MESSAGES; i++) {
        publisher.publish(TOPIC, 2, i, payload(i));
      }
      for (int i = 1; i <= answered; i++) {
        publisher.readAck(PUBREC, i);
      }
      server.kill();
    }

    try (ServerProcess server = ServerProcess.start(folder, Map.of(), List.of());
        Probe publisher = client(server, "publisher", true);
        Probe subscriber = client(server, "subscriber", true)) {
      for (int i = 1; i <= MESSAGES; i++) {
        publisher.publish(TOPIC, 2, i, payload(i), false, true, MqttProperties.NO_PROPERTIES);
      }
      // Ids whose messages are known are answered at once, before those that go to the disk.
      List<Integer> received = new ArrayList<>();
      for (int i = 1; i <= MESSAGES; i++) {
        received.add(id(publisher.read(PUBREC)));
      }
      assertEquals(MESSAGES, received.stream().distinct().count());
      for (int i = 1; i <= MESSAGES; i++) {
        publisher.acknowledge(0x62, i);
        publisher.readAck(PUBCOMP, i);
      }
      List<String> payloads = new ArrayList<>();
      while (payloads.size() < MESSAGES) {
        MqttPublishMessage message = (MqttPublishMessage) subscriber.read(MqttMessageType.PUBLISH);
        payloads.add(Probe.text(message));
        // No answer: then nothing but messages follows, each once.
      }
      subscriber.ping();
      subscriber.read(MqttMessageType.PINGRESP);
      assertEquals(MESSAGES, payloads.stream().distinct().count());
      assertTrue(payloads.contains(payload(MESSAGES)));
      assertEquals(MESSAGES, stored(server));
    }
  }

  private static String payload(int number) {
    return "{\"value\":" + number + "}";
  }

  private static int id(io.netty.handler.codec.mqtt.MqttMessage packet) {
    return ((io.netty.handler.codec.mqtt.MqttMessageIdVariableHeader) packet.variableHeader())
        .messageId();
  }

  private static Probe client(ServerProcess server, String name, boolean present) {
    Probe probe = new Probe(server.mqttPort());
    assertEquals(
        present,
        probe
            .connect(
                MQTT_3_1_1,
                name,
                ServerProcess.ADMIN,
                ServerProcess.PASSWORD,
                c -> c.cleanSession(false))
            .variableHeader()
            .isSessionPresent());
    return probe;
  }

  /// Readings of the whole database.
  private int stored(ServerProcess server) {
    server.kill();
    return StoredValues.ofMainMeter("sqlite:" + folder.resolve("data").resolve("vatio.db")).size();
  }
}
