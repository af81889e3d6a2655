package io.vatio.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import io.vatio.testing.ServerProcess;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A real server is killed while messages wait for a client that is away.
@Timeout(120)
class MqttKillStory {
  private static final int MESSAGES = 2_000;

  @TempDir Path folder;

  @Test
  void what_was_acknowledged_waits_for_its_subscriber_after_kill_9() throws Exception {
    Set<Integer> acknowledged = new ConcurrentSkipListSet<>();
    try (ServerProcess server = ServerProcess.start(folder, Map.of(), List.of())) {
      Mqtt5BlockingClient subscriber = client(server, "subscriber");
      connect(subscriber, false);
      subscriber.subscribeWith().topicFilter("casa/#").qos(MqttQos.AT_LEAST_ONCE).send();
      subscriber.disconnect();

      Mqtt5BlockingClient publisher = client(server, "publisher");
      connect(publisher, true);
      CompletableFuture<?> enough = new CompletableFuture<>();
      for (int i = 0; i < MESSAGES; i++) {
        int number = i;
        var unused =
            publisher
                .toAsync()
                .publish(message(number))
                .thenAccept(
                    result -> {
                      if (result.getError().isEmpty()) {
                        acknowledged.add(number);
                        if (acknowledged.size() == MESSAGES / 2) {
                          enough.complete(null);
                        }
                      }
                    });
      }
      enough.get(60, TimeUnit.SECONDS);
      server.kill();
    }

    try (ServerProcess server = ServerProcess.start(folder, Map.of(), List.of())) {
      Mqtt5BlockingClient subscriber = client(server, "subscriber");
      Set<Integer> received = new TreeSet<>();
      try (var messages = subscriber.publishes(MqttGlobalPublishFilter.ALL)) {
        assertTrue(connect(subscriber, false));
        while (!received.containsAll(acknowledged)) {
          var next = messages.receive(20, TimeUnit.SECONDS);
          assertTrue(next.isPresent(), received.size() + " of " + acknowledged.size());
          received.add(
              Integer.valueOf(new String(next.get().getPayloadAsBytes(), StandardCharsets.UTF_8)));
        }
      }
      assertEquals(
          Set.of(),
          IntStream.of(acknowledged.stream().mapToInt(i -> i).toArray())
              .filter(i -> !received.contains(i))
              .boxed()
              .collect(java.util.stream.Collectors.toSet()));
      subscriber.disconnect();
    }
  }

  private static Mqtt5Publish message(int number) {
    return Mqtt5Publish.builder()
        .topic("casa/luz")
        .qos(MqttQos.AT_LEAST_ONCE)
        .payload(Integer.toString(number).getBytes(StandardCharsets.UTF_8))
        .build();
  }

  private static Mqtt5BlockingClient client(ServerProcess server, String id) {
    return MqttClient.builder()
        .useMqttVersion5()
        .identifier(id)
        .serverHost("127.0.0.1")
        .serverPort(server.mqttPort())
        .buildBlocking();
  }

  /// @return whether the server still had its session
  private static boolean connect(Mqtt5BlockingClient client, boolean clean) {
    return client
        .connectWith()
        .cleanStart(clean)
        .sessionExpiryInterval(3_600)
        .simpleAuth()
        .username(ServerProcess.ADMIN)
        .password(ServerProcess.PASSWORD.getBytes(StandardCharsets.UTF_8))
        .applySimpleAuth()
        .send()
        .isSessionPresent();
  }
}
