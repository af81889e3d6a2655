package io.vatio.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import io.vatio.testing.ApiClient;
import io.vatio.testing.CommandProcess;
import io.vatio.testing.FailingDisk;
import io.vatio.testing.RawMqtt;
import io.vatio.testing.ReadOnlyFolder;
import io.vatio.testing.ServerProcess;
import io.vatio.testing.Waiting;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A disk that goes read-only under a busy server, as file systems do after an error: nothing is
/// acknowledged, what is known is still told, and when it can be written again everything catches
/// up, each reading once.
class ReadOnlyDiskStory {
  private static final int SERIES = 4;
  private static final int LINES = 40_000;
  private static final long FIRST_TIME = 1_767_225_600_000_000L;
  private static final String IMPORTED = "desde=2025-01-01T00:00:00Z&hasta=2025-02-01T00:00:00Z";
  private static final String PUBLISHED = "desde=2026-01-01T00:00:00Z&hasta=2026-01-02T00:00:00Z";
  private static final Pattern PUT_OFF = Pattern.compile("roll-?ups (is|are) put off");
  private static final String TOPIC = "energy/consumption";

  @TempDir private Path folder;
  private int sent;

  @Test
  void a_read_only_disk_stops_acknowledgements_and_nothing_else() throws Exception {
    assumeTrue(
        ReadOnlyFolder.isPossible(folder),
        "skipped: making a folder read-only under an open file needs root and chattr +i");
    try (ServerProcess server =
        ServerProcess.start(folder, Map.of("VATIO_SEAL_INTERVAL", "1"), List.of())) {
      ApiClient api = ApiClient.login(server.url());
      subscribe(server);
      Set<Integer> acknowledged = new HashSet<>();
      assertTrue(publish(server, 500, acknowledged));
      String job = startImport(api);
      // Sealing, roll-ups and the import are all in the middle of their work.
      Waiting.until("under way", () -> api.json(job).path("guardadas").asInt() > 30_000);

      try (ReadOnlyFolder _ = ReadOnlyFolder.of(folder.resolve("data"))) {
        assertFalse(publish(server, 50, acknowledged), "a PUBACK from a read-only disk");
        refuses(api);
        Waiting.until("not ready", () -> server.status("/health/ready") == 503);
        assertEquals(200, server.status("/health/live"));
        assertEquals("en_curso", api.json(job).path("estado").asText());
        assertEquals(500, acknowledged.size());
        assertSums(api, acknowledged);
        Waiting.until("roll-ups have met it", () -> saidPutOff(server));
        assertFalse(publish(server, 50, acknowledged));
      }

      Waiting.until("ready again", () -> server.status("/health/ready") == 200);
      assertTrue(publish(server, 500, acknowledged));
      Waiting.until(
          "imported", () -> api.json(job).path("estado").asText().matches("terminada|fallida"));
      JsonNode done = api.json(job);
      assertEquals("terminada", done.path("estado").asText(), done.toString());
      assertEquals(0, done.path("rechazadas").asInt(), done.toString());
      assertEquals(
          SERIES * LINES, done.path("guardadas").asInt() + done.path("duplicadas").asInt());
      Waiting.until("added up", () -> metric(api, "vatio_rollup_behind") == 0);
      Waiting.until("sealed", () -> metric(api, "vatio_readings_unsealed") < 25_000);
      assertSums(api, acknowledged);
      assertImported(api);
      assertReceived(server, acknowledged);
      assertEquals(
          acknowledged.size() + SERIES * LINES, metric(api, "vatio_readings_stored_total"));
      assertEquals(143, server.terminate(), server.output());
    }
  }

  @Test
  void a_disk_that_failed_can_be_saved_and_has_everything_once_it_is_mounted_anew()
      throws Exception {
    Optional<FailingDisk> possible = FailingDisk.in(folder);
    assumeTrue(
        possible.isPresent(), "skipped: having a file system fail needs root and a loop device");
    Set<Integer> acknowledged = new HashSet<>();
    try (FailingDisk disk = possible.get()) {
      try (ServerProcess server = ServerProcess.start(disk.folder(), Map.of(), List.of())) {
        ApiClient api = ApiClient.login(server.url());
        assertTrue(publish(server, 500, acknowledged));
        disk.fail();

        assertFalse(publish(server, 50, acknowledged), "a PUBACK from a failed disk");
        refuses(api);
        Waiting.until("not ready", () -> server.status("/health/ready") == 503);
        assertSums(api, acknowledged);
        Path backup = folder.resolve("rescue.vatio");
        CommandProcess rescue = command(disk.folder(), "backup", backup.toString());
        assertEquals(0, rescue.code(), rescue.output());
        assertTrue(Files.size(backup) > 0);
        assertEquals(143, server.terminate(), server.output());

        CommandProcess start =
            command(disk.folder(), "run", "--http-port", "0", "--mqtt-port", "0");
        assertNotEquals(0, start.code());
        assertFalse(start.output().contains("\tat "), "a stack trace: " + start.output());
        assertTrue(start.output().contains("ead-only"), start.output());
      }
      disk.repair();
      try (ServerProcess server = ServerProcess.start(disk.folder(), Map.of(), List.of())) {
        assertEquals(500, acknowledged.size());
        assertSums(ApiClient.login(server.url()), acknowledged);
        assertTrue(publish(server, 50, acknowledged));
        assertEquals(143, server.terminate(), server.output());
      }
    }
  }

  private CommandProcess command(Path place, String... command) throws Exception {
    return CommandProcess.run(
        folder, Map.of("VATIO_DATA_DIR", place.resolve("data").toString()), command);
  }

  private static boolean saidPutOff(ServerProcess server) {
    return PUT_OFF.matcher(server.output()).find();
  }

  private static void refuses(ApiClient api) {
    for (var answer :
        List.of(
            api.post("/api/alert", "{\"message\":\"hola\"}"),
            api.post(
                "/generador/",
                "{\"id\":1,\"valor_produccion\":50,\"velocidad_viento\":10,"
                    + "\"direccion_viento\":\"N\",\"temperatura\":12}"),
            api.send("POST", "/api/imports/", "timestamp,a/b\n1,1\n", "text/csv"),
            api.send("PUT", "/api/retention/", "{\"reglas\":[{\"crudo_dias\":30}]}"))) {
      assertEquals(503, answer.statusCode(), answer.uri() + " " + answer.body());
      assertTrue(answer.headers().firstValue("Retry-After").isPresent(), "" + answer.uri());
    }
  }

  /// Publishes what comes next, each value again until it is acknowledged.
  ///
  /// @return false when the server closed the connection before it acknowledged all of them
  private boolean publish(ServerProcess server, int count, Set<Integer> acknowledged)
      throws IOException {
    int last = sent + count;
    try (RawMqtt client =
        RawMqtt.connect(
            server.mqttPort(), "publisher", ServerProcess.ADMIN, ServerProcess.PASSWORD)) {
      while (sent < last) {
        int until = Math.min(last, sent + 50);
        for (int value = sent + 1; value <= until; value++) {
          client.publish(TOPIC, value, false, payload(value));
        }
        client.flush();
        while (sent < until) {
          acknowledged.add(client.readAck());
          sent++;
        }
      }
      return true;
    } catch (IOException _) {
      sent = acknowledged.size();
      return false;
    }
  }

  private static byte[] payload(int value) {
    return "{\"value\":%d,\"timestamp\":%d}"
        .formatted(value, FIRST_TIME + value * 20_000_000L)
        .getBytes(StandardCharsets.UTF_8);
  }

  /// Hours add up to what was acknowledged, no more and no less.
  private static void assertSums(ApiClient api, Set<Integer> acknowledged) {
    JsonNode series =
        api.json(
                "/api/series/?dispositivo=medidor-principal&intervalo=1h&funciones=count,sum&"
                    + PUBLISHED)
            .at("/series/0/valores");
    assertEquals(acknowledged.size(), total(series.path("count")));
    assertEquals(acknowledged.stream().mapToInt(v -> v).sum(), total(series.path("sum")));
  }

  private static void assertImported(ApiClient api) {
    JsonNode answer =
        api.json("/api/series/?sensor=potencia_w&intervalo=1h&funciones=count,sum&" + IMPORTED);
    int seen = 0;
    for (JsonNode series : answer.path("series")) {
      if (series.toString().contains("potencia_w")) {
        assertEquals(LINES, total(series.at("/valores/count")), series.path("dispositivo") + "");
        assertEquals(LINES / 100 * 4_950.0, total(series.at("/valores/sum")));
        seen++;
      }
    }
    assertEquals(SERIES, seen, answer.toString());
  }

  private static double total(JsonNode cells) {
    double total = 0;
    for (JsonNode cell : cells) {
      total += cell.asDouble();
    }
    return total;
  }

  /// A line a minute from 1 January 2025 on.
  private static String startImport(ApiClient api) {
    StringBuilder text = new StringBuilder(LINES * 30).append("timestamp");
    for (int s = 0; s < SERIES; s++) {
      text.append(",contador-").append(s).append("/potencia_w");
    }
    for (int i = 0; i < LINES; i++) {
      text.append('\n').append(1_735_689_600L + i * 60L);
      text.append(("," + i % 100).repeat(SERIES));
    }
    var answer = api.send("POST", "/api/imports/", text.toString(), "text/csv");
    assertEquals(202, answer.statusCode(), answer.body());
    return answer.headers().firstValue("Location").orElseThrow();
  }

  private static double metric(ApiClient api, String name) {
    return api.get("/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
        .findFirst()
        .orElse(-1);
  }

  private static void subscribe(ServerProcess server) {
    Mqtt5BlockingClient subscriber = subscriber(server);
    connect(subscriber);
    subscriber.subscribeWith().topicFilter(TOPIC).qos(MqttQos.AT_LEAST_ONCE).send();
    subscriber.disconnect();
  }

  /// What was acknowledged while the subscriber was away has waited for it.
  private static void assertReceived(ServerProcess server, Set<Integer> acknowledged)
      throws InterruptedException {
    Mqtt5BlockingClient subscriber = subscriber(server);
    Set<Integer> received = new HashSet<>();
    try (var messages = subscriber.publishes(MqttGlobalPublishFilter.ALL)) {
      assertTrue(connect(subscriber), "the session was kept");
      while (!received.containsAll(acknowledged)) {
        var next = messages.receive(20, TimeUnit.SECONDS);
        assertTrue(next.isPresent(), received.size() + " of " + acknowledged.size());
        String text = new String(next.get().getPayloadAsBytes(), StandardCharsets.UTF_8);
        received.add(Integer.valueOf(text.replaceAll(".*\"value\":(\\d+).*", "$1")));
      }
    }
    subscriber.disconnect();
  }

  private static Mqtt5BlockingClient subscriber(ServerProcess server) {
    return MqttClient.builder()
        .useMqttVersion5()
        .identifier("subscriber")
        .serverHost("127.0.0.1")
        .serverPort(server.mqttPort())
        .buildBlocking();
  }

  /// @return whether the server still had its session
  private static boolean connect(Mqtt5BlockingClient client) {
    return client
        .connectWith()
        .cleanStart(false)
        .sessionExpiryInterval(3_600)
        .simpleAuth()
        .username(ServerProcess.ADMIN)
        .password(ServerProcess.PASSWORD.getBytes(StandardCharsets.UTF_8))
        .applySimpleAuth()
        .send()
        .isSessionPresent();
  }
}
