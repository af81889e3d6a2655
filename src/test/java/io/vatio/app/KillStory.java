package io.vatio.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.testing.Databases;
import io.vatio.testing.RawMqtt;
import io.vatio.testing.ServerProcess;
import io.vatio.testing.StoredValues;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The first guarantee: acknowledged means on disk. A server is killed with SIGKILL in mid-ingest,
/// ten times over the same data, by a client that sends again whatever was not acknowledged, as
/// MQTT
/// prescribes.
class KillStory {
  private static final int ROUNDS = 10;
  private static final int WINDOW = 200;
  private static final String TOPIC = "energy/consumption";

  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource(Databases.class)
  void ten_kills_in_mid_ingest_lose_no_acknowledged_reading_and_store_none_twice(Databases kind)
      throws Exception {
    String url = url(kind);
    Random random = new Random(20_260_301);
    Sender sender = new Sender();

    for (int round = 0; round < ROUNDS; round++) {
      try (ServerProcess server = ServerProcess.start(folder, environment(url), List.of())) {
        int killAfter = 500 + random.nextInt(3_000);
        sender.sendUntilKilled(server, killAfter);
      }
    }
    // Once more without a kill: what is still unacknowledged gets through.
    try (ServerProcess server = ServerProcess.start(folder, environment(url), List.of())) {
      sender.finish(server);
      assertEquals(143, server.terminate(), server.output());
    }

    List<Double> stored = StoredValues.ofMainMeter(url);
    Set<Double> distinct = new HashSet<>(stored);
    List<Double> lost = new ArrayList<>();
    for (int value : sender.acknowledged) {
      if (!distinct.contains((double) value)) {
        lost.add((double) value);
      }
    }
    assertTrue(
        sender.acknowledged.size() > ROUNDS * 500, "only " + sender.acknowledged.size() + " sent");
    assertEquals(List.of(), lost, "acknowledged and lost");
    assertEquals(distinct.size(), stored.size(), "stored twice");
    assertEquals(sender.acknowledged.size(), stored.size(), "stored = acknowledged in the end");
  }

  private String url(Databases kind) {
    return kind == Databases.SQLITE
        ? "sqlite:" + folder.resolve("data").resolve("vatio.db")
        : kind.newUrl(folder);
  }

  private static Map<String, String> environment(String url) {
    return url.startsWith("sqlite:") ? Map.of() : Map.of("VATIO_DATABASE_URL", url);
  }

  /// Sends 1, 2, 3 …: even numbers with a time of their own, odd ones without, which the server can
  /// know again only by their packet.
  private static final class Sender {
    private static final long FIRST_TIME = 1_767_225_600_000_000L;

    final Set<Integer> acknowledged = ConcurrentHashMap.newKeySet();
    private final Map<Integer, Integer> inFlight = new ConcurrentHashMap<>();
    private int next = 1;
    private volatile Semaphore window = new Semaphore(WINDOW);
    private volatile boolean dead;

    void sendUntilKilled(ServerProcess server, int killAfter) throws Exception {
      CountDownLatch enough = new CountDownLatch(killAfter);
      dead = false;
      window = new Semaphore(WINDOW - inFlight.size());
      RawMqtt client = connect(server);
      Thread acks =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      while (true) {
                        acknowledge(client.readAck());
                        enough.countDown();
                      }
                    } catch (IOException _) {
                      // The server is dead, as planned.
                      dead = true;
                      window.release();
                    }
                  });
      Thread killer =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      enough.await(60, TimeUnit.SECONDS);
                      server.kill();
                    } catch (InterruptedException e) {
                      throw new IllegalStateException(e);
                    }
                  });
      try {
        resend(client);
        while (true) {
          sendNext(client);
        }
      } catch (IOException _) {
        // The server is dead, as planned.
      }
      killer.join();
      client.close();
      acks.join();
    }

    void finish(ServerProcess server) throws IOException {
      try (RawMqtt client = connect(server)) {
        resend(client);
        while (!inFlight.isEmpty()) {
          acknowledge(client.readAck());
        }
      }
    }

    private static RawMqtt connect(ServerProcess server) throws IOException {
      return RawMqtt.connect(
          server.mqttPort(), "kill-story", ServerProcess.ADMIN, ServerProcess.PASSWORD);
    }

    private void resend(RawMqtt client) throws IOException {
      List<Integer> ids = new ArrayList<>(inFlight.keySet());
      ids.sort((a, b) -> Integer.compare(inFlight.get(a), inFlight.get(b)));
      for (int id : ids) {
        client.publish(TOPIC, id, true, payload(inFlight.get(id)));
      }
      client.flush();
    }

    private void sendNext(RawMqtt client) throws IOException {
      if (!window.tryAcquire()) {
        client.flush();
        window.acquireUninterruptibly();
      }
      if (dead) {
        throw new IOException("killed");
      }
      int value = next++;
      int id = value % 60_000 + 1;
      inFlight.put(id, value);
      client.publish(TOPIC, id, false, payload(value));
    }

    private void acknowledge(int id) {
      Integer value = inFlight.remove(id);
      if (value != null) {
        acknowledged.add(value);
        window.release();
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
