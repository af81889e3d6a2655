package io.vatio.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.vatio.platform.json.Json;
import io.vatio.testing.ApiClient;
import io.vatio.testing.Mosquitto;
import io.vatio.testing.RawMqtt;
import io.vatio.testing.ServerProcess;
import io.vatio.testing.StoredValues;
import io.vatio.testing.TestServer;
import io.vatio.testing.Waiting;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A server that uses another broker: what that one accepted is stored, each once, whatever happens
/// to the server.
class OtherBrokerStory {
  private static final int KILLS = 5;
  private static final int WINDOW = 50;
  private static final long FIRST_TIME = 1_767_225_600_000L;

  @TempDir Path folder;

  @Test
  void kills_of_the_server_lose_nothing_that_the_broker_accepted_and_store_nothing_twice()
      throws Exception {
    try (Mosquitto mosquitto = Mosquitto.start(folder.resolve("mosquitto"))) {
      Map<String, String> environment = environment("mqtt://127.0.0.1:" + mosquitto.port());
      Random random = new Random(20_261_121);
      Device device = new Device(mosquitto.port());
      // Only what is published after the first subscription is the broker's to keep.
      ServerProcess.start(folder, environment, List.of()).close();

      Thread publishing = Thread.ofPlatform().start(device);
      for (int kill = 0; kill < KILLS; kill++) {
        try (ServerProcess server = ServerProcess.start(folder, environment, List.of())) {
          int until = device.accepted.get() + 500 + random.nextInt(1_500);
          Waiting.until("traffic", () -> device.accepted.get() > until);
          server.kill();
        }
      }
      device.stop = true;
      publishing.join();

      try (ServerProcess server = ServerProcess.start(folder, environment, List.of())) {
        publishOne(mosquitto.port(), "-1");
        ApiClient admin = ApiClient.login(server.url());
        Waiting.until("the last of all", () -> values(admin).contains(-1.0));
        assertEquals(143, server.terminate(), server.output());
      }
      List<Double> values =
          StoredValues.ofMainMeter("sqlite:" + folder.resolve("data").resolve("vatio.db"));
      Set<Double> distinct = new HashSet<>(values);
      for (int i = 1; i <= device.accepted.get(); i++) {
        assertTrue(distinct.contains((double) i), i + " was accepted by the broker and is lost");
      }
      assertEquals(distinct.size(), values.size(), "stored twice");
    }
  }

  @Test
  void another_vatio_is_a_broker_too() throws Exception {
    try (TestServer first = TestServer.start(folder.resolve("first"), Map.of());
        TestServer second =
            TestServer.start(
                folder.resolve("second"),
                environment(
                    "mqtt://%s:%s@127.0.0.1:%d"
                        .formatted(
                            ServerProcess.ADMIN, ServerProcess.PASSWORD, first.mqttPort())))) {
      Waiting.until("connected", () -> ready(second.url()).path("status").asText().equals("up"));
      JsonNode ready = ready(second.url());
      assertEquals("BROKER_ACCEPTED_THEN_COMMITTED", ready.path("guarantee").asText());
      assertEquals(0, second.mqttPort());
      assertEquals("COMMITTED_BEFORE_ACK", ready(first.url()).path("guarantee").asText());

      try (RawMqtt device =
          RawMqtt.connect(first.mqttPort(), "meter", ServerProcess.ADMIN, ServerProcess.PASSWORD)) {
        device.publish("energy/consumption", 1, false, "4.5".getBytes(StandardCharsets.UTF_8));
        device.flush();
        device.readAck();
      }

      ApiClient admin = ApiClient.login(second.url());
      Waiting.until("stored by both", () -> values(admin).equals(List.of(4.5)));
      assertEquals(List.of(4.5), values(ApiClient.login(first.url())));
      first.close();
      Waiting.until("noticed", () -> ready(second.url()).path("status").asText().equals("down"));
      String reason = ready(second.url()).path("reasons").path("broker").asText();
      assertTrue(reason.startsWith("mqtt://127.0.0.1:"), reason);
    }
  }

  private static JsonNode ready(String url) {
    return Json.parse(ApiClient.anonymous(url).get("/health/ready").body());
  }

  private static Map<String, String> environment(String url) {
    // Empty counts as not given, so the embedded listeners stay off.
    return Map.of("VATIO_BROKER_URL", url, "VATIO_MQTT_PORT", "", "VATIO_MQTTS_PORT", "");
  }

  private static List<Double> values(ApiClient admin) {
    List<Double> values = new ArrayList<>();
    admin
        .json("/api/energy?limit=1000")
        .forEach(reading -> values.add(reading.path("consumption").asDouble()));
    return values;
  }

  private static void publishOne(int port, String payload) throws IOException {
    try (RawMqtt device = RawMqtt.connect(port, "one-more", null, null)) {
      device.publish("energy/consumption", 1, false, payload.getBytes(StandardCharsets.UTF_8));
      device.flush();
      device.readAck();
    }
  }

  /// Publishes 1, 2, 3 …: even numbers with a time of their own, odd ones without.
  private static final class Device implements Runnable {
    final AtomicInteger accepted = new AtomicInteger();
    volatile boolean stop;
    private final int port;

    Device(int port) {
      this.port = port;
    }

    @Override
    public void run() {
      try (RawMqtt client = RawMqtt.connect(port, "device", null, null)) {
        int value = 1;
        while (!stop) {
          for (int i = 0; i < WINDOW; i++) {
            client.publish("energy/consumption", value % 60_000 + 1, false, payload(value++));
          }
          client.flush();
          for (int i = 0; i < WINDOW; i++) {
            client.readAck();
          }
          accepted.addAndGet(WINDOW);
        }
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }

    private static byte[] payload(int value) {
      String text =
          value % 2 == 0
              ? "{\"value\":%d,\"timestamp\":%d}".formatted(value, FIRST_TIME + value)
              : Integer.toString(value);
      return text.getBytes(StandardCharsets.UTF_8);
    }
  }
}
