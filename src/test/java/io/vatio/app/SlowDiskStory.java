package io.vatio.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.vatio.testing.ApiClient;
import io.vatio.testing.RawMqtt;
import io.vatio.testing.ServerProcess;
import io.vatio.testing.SlowDisk;
import io.vatio.testing.Waiting;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A disk that takes a fifth of a second for every fsync, as a worn memory card does, under a
/// server with devices, an import, sealing and roll-ups: everybody waits, nobody starves, and a
/// kill
/// in the middle of it loses nothing.
class SlowDiskStory {
  private static final int FSYNC_MS = 200;
  private static final int PUBLISHERS = 4;
  private static final int WINDOW = 100;

  /// Each publisher sends so many while the disk is slow and nobody dies.
  private static final int FIRST = 500;

  private static final int LINES = 30_000;
  private static final long FIRST_TIME = 1_767_225_600_000_000L;
  private static final String IMPORTED = "desde=2025-01-01T00:00:00Z&hasta=2025-02-01T00:00:00Z";
  private static final String PUBLISHED = "desde=2026-01-01T00:00:00Z&hasta=2026-02-01T00:00:00Z";
  private static final String TOPIC = "energy/consumption";

  @TempDir private Path folder;

  @Test
  void a_disk_with_slow_fsyncs_slows_everybody_down_and_a_kill_meanwhile_loses_nothing()
      throws Exception {
    assumeTrue(
        SlowDisk.isPossible(), "skipped: slowing a process down needs strace and its rights");
    List<Publisher> publishers = new ArrayList<>();
    for (int i = 0; i < PUBLISHERS; i++) {
      publishers.add(new Publisher(i));
    }
    String job;
    try (ServerProcess server = start()) {
      ApiClient api = ApiClient.login(server.url());
      publishers.forEach(p -> p.publish(server, 1));
      try (SlowDisk _ = SlowDisk.under(server.pid(), FSYNC_MS)) {
        job = startImport(api);
        run(publishers, p -> p.publish(server, FIRST));
        publishers.forEach(p -> assertEquals(FIRST + 1, p.acknowledged.size(), "starved"));
        assertTrue(metric(api, "vatio_inbox_messages") <= PUBLISHERS * WINDOW + 1_000);
        assertTrue(
            metric(api, "vatio_commit_seconds_max") >= FSYNC_MS / 1_000.0, "the disk was slow");
        assertEquals(200, server.status("/health/ready"));

        CountDownLatch some = new CountDownLatch(PUBLISHERS * WINDOW);
        publishers.forEach(p -> p.onAck = some::countDown);
        Thread killer =
            Thread.ofPlatform()
                .start(
                    () -> {
                      try {
                        some.await(60, TimeUnit.SECONDS);
                        server.kill();
                      } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                      }
                    });
        run(publishers, p -> p.publish(server, 1_000_000));
        killer.join();
      }
    }
    try (ServerProcess server = start()) {
      ApiClient api = ApiClient.login(server.url());
      publishers.forEach(
          p -> {
            p.onAck = () -> {};
            p.publish(server, WINDOW);
          });
      Waiting.until(
          "imported", () -> api.json(job).path("estado").asText().matches("terminada|fallida"));
      Waiting.until("added up", () -> metric(api, "vatio_rollup_behind") == 0);
      JsonNode done = api.json(job);
      assertEquals("terminada", done.path("estado").asText(), done.toString());
      assertEquals(
          LINES, done.path("guardadas").asInt() + done.path("duplicadas").asInt(), "" + done);
      assertSums(api, "sensor=potencia_w&" + IMPORTED, LINES, LINES / 100 * 4_950.0);
      // Sent without a PUBACK and never again: the last window before the kill is sent again.
      assertSums(
          api,
          "dispositivo=medidor-principal&" + PUBLISHED,
          publishers.stream().mapToInt(p -> p.acknowledged.size()).sum(),
          publishers.stream().flatMap(p -> p.acknowledged.stream()).mapToDouble(v -> v).sum());
      assertEquals(143, server.terminate(), server.output());
    }
  }

  private ServerProcess start() {
    return ServerProcess.start(folder, Map.of("VATIO_SEAL_INTERVAL", "1"), List.of());
  }

  private static void run(List<Publisher> publishers, Consumer<Publisher> work)
      throws InterruptedException {
    List<Thread> threads =
        publishers.stream().map(p -> Thread.ofPlatform().start(() -> work.accept(p))).toList();
    for (Thread thread : threads) {
      thread.join();
    }
  }

  private static void assertSums(ApiClient api, String query, double count, double sum) {
    JsonNode values =
        api.json("/api/series/?intervalo=1h&funciones=count,sum&" + query).at("/series/0/valores");
    assertEquals(count, total(values.path("count")), query);
    assertEquals(sum, total(values.path("sum")), query);
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
    StringBuilder text = new StringBuilder(LINES * 16).append("timestamp,contador/potencia_w");
    for (int i = 0; i < LINES; i++) {
      text.append('\n').append(1_735_689_600L + i * 60L).append(',').append(i % 100);
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

  /// Sends its own numbers, a window at a time, each again until it is acknowledged.
  private static final class Publisher {
    private final int number;
    final NavigableSet<Integer> acknowledged = new ConcurrentSkipListSet<>();
    private int next;
    volatile Runnable onAck = () -> {};

    Publisher(int number) {
      this.number = number;
    }

    /// Ends early when the connection does.
    void publish(ServerProcess server, int count) {
      int last = next + count;
      try (RawMqtt client =
          RawMqtt.connect(
              server.mqttPort(), "p" + number, ServerProcess.ADMIN, ServerProcess.PASSWORD)) {
        while (next < last) {
          int until = Math.min(last, next + WINDOW);
          for (int i = next; i < until; i++) {
            client.publish(TOPIC, i % 60_000 + 1, false, payload(value(i)));
          }
          client.flush();
          int first = next;
          for (int i = first; i < until; i++) {
            assertEquals(i % 60_000 + 1, client.readAck());
            acknowledged.add(value(i));
            onAck.run();
          }
          next = until;
        }
      } catch (IOException _) {
        // Killed, as planned; the window starts again.
      }
    }

    private int value(int i) {
      return i * PUBLISHERS + number;
    }

    private static byte[] payload(int value) {
      return "{\"value\":%d,\"timestamp\":%d}"
          .formatted(value, FIRST_TIME + value * 1_000_000L)
          .getBytes(StandardCharsets.UTF_8);
    }
  }
}
