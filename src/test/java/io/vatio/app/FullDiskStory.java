package io.vatio.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vatio.testing.ApiClient;
import io.vatio.testing.RawMqtt;
import io.vatio.testing.ServerProcess;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A disk that has no room left: nothing is acknowledged, everything that can still be answered is,
/// and when there is room again it goes on by itself. The disk is made full by the operating
/// system's
/// own limit on the size of a file.
class FullDiskStory {
  private static final int LIMIT_KIB = 2_048;
  private static final String ALERT = "{\"message\":\"" + "a".repeat(3_900) + "\"}";

  @TempDir Path folder;

  @Test
  void a_full_disk_stops_acknowledgements_and_nothing_else() throws Exception {
    assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/prlimit")) && Files.isExecutable(Path.of("/bin/bash")),
        "skipped: this story needs bash and prlimit to fill the disk");
    List<String> limit =
        List.of("/bin/bash", "-c", "ulimit -S -f " + LIMIT_KIB + "; exec \"$@\"", "limited");
    try (ServerProcess server = ServerProcess.start(folder, Map.of(), limit)) {
      ApiClient api = ApiClient.login(server.url());

      int acknowledged = publishUntilRefused(server, 0);
      assertTrue(acknowledged > 1_000, "acknowledged before the disk was full: " + acknowledged);

      // Others keep hammering; still nobody gets a false yes and the server lives.
      int more = 0;
      for (int i = 0; i < 3; i++) {
        more += publishUntilRefused(server, 1_000_000 * (i + 1));
      }
      assertEquals(200, server.status("/health/live"));
      assertEquals(200, api.get("/api/energy").statusCode());
      var refused = alertUntilRefused(api);
      assertEquals(503, refused.statusCode(), refused.body());
      assertTrue(refused.headers().firstValue("Retry-After").isPresent());
      publishUntilRefused(server, 5_000_000);
      assertEquals(503, server.status("/health/ready"));

      run("/usr/bin/prlimit", "--pid", Long.toString(server.pid()), "--fsize=unlimited");
      awaitStatus(server, "/health/ready", 200);
      try (RawMqtt client = connect(server)) {
        client.publish(
            "energy/consumption",
            1,
            false,
            "{\"value\":7,\"timestamp\":1}".getBytes(StandardCharsets.UTF_8));
        client.flush();
        assertEquals(1, client.readAck());
      }

      double stored = metric(api, "vatio_readings_stored_total");
      assertTrue(
          stored >= acknowledged + more + 1,
          stored + " stored, acknowledged " + (acknowledged + more));
      assertEquals(143, server.terminate());
    }
  }

  /// What is small may still find room where a batch of readings did not; then it is stored, and
  /// the
  /// yes was true.
  private static HttpResponse<String> alertUntilRefused(ApiClient api) {
    HttpResponse<String> answer = api.post("/api/alert", ALERT);
    for (int i = 0; i < 2_000 && answer.statusCode() == 200; i++) {
      answer = api.post("/api/alert", ALERT);
    }
    return answer;
  }

  /// How many were acknowledged before the server closed the connection.
  private static int publishUntilRefused(ServerProcess server, int first) {
    int acknowledged = 0;
    try (RawMqtt client = connect(server)) {
      for (int i = 0; i < 2_000; i++) {
        for (int k = 0; k < 50; k++) {
          int value = first + i * 50 + k + 1;
          client.publish(
              "energy/consumption",
              value % 60_000 + 1,
              false,
              "{\"value\":%d,\"timestamp\":%d}"
                  .formatted(value, 1_767_225_600_000_000L + value)
                  .getBytes(StandardCharsets.UTF_8));
        }
        client.flush();
        for (int k = 0; k < 50; k++) {
          client.readAck();
          acknowledged++;
        }
      }
    } catch (IOException _) {
      return acknowledged;
    }
    throw new AssertionError("the disk never became full");
  }

  private static RawMqtt connect(ServerProcess server) throws IOException {
    return RawMqtt.connect(
        server.mqttPort(), "full-disk", ServerProcess.ADMIN, ServerProcess.PASSWORD);
  }

  private static void awaitStatus(ServerProcess server, String path, int status)
      throws InterruptedException {
    for (int i = 0; i < 400 && server.status(path) != status; i++) {
      TimeUnit.MILLISECONDS.sleep(100);
    }
    assertEquals(status, server.status(path), server.output());
  }

  private static double metric(ApiClient api, String name) {
    return api.get("/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
        .findFirst()
        .orElse(0);
  }

  private static void run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).inheritIO().start();
    assertTrue(process.waitFor(10, TimeUnit.SECONDS));
    assertEquals(0, process.exitValue());
  }
}
