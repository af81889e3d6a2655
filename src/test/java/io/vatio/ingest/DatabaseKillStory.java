package io.vatio.ingest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.device.DeviceTemplate;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Reach;
import io.vatio.reading.Reading;
import io.vatio.sensor.SensorTemplate;
import io.vatio.testing.Core;
import io.vatio.testing.FixedClock;
import io.vatio.testing.OwnPostgres;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The database server is killed with SIGKILL, all its processes at once, again and again in
/// mid-ingest; a device goes on sending and never sends anything twice, as what it sent was
/// acknowledged. In the end everything acknowledged is there, once, in its order.
class DatabaseKillStory {
  private static final int ROUNDS = 6;
  private static final int WINDOW = 300;
  private static final Instant NOW = Instant.parse("2026-03-01T10:00:00Z");
  private static final Principal SENDER =
      new Principal.User(1, "ana", true, "", Set.of(), Reach.ALL);

  @TempDir Path folder;
  private final Set<Integer> acknowledged = ConcurrentHashMap.newKeySet();
  private final List<Receipt> refused = Collections.synchronizedList(new ArrayList<>());
  private final Semaphore window = new Semaphore(WINDOW);
  private int sent;

  @Test
  void what_was_acknowledged_before_while_and_after_is_there_once_and_in_order() throws Exception {
    Random random = new Random(11);
    try (OwnPostgres postgres = new OwnPostgres(folder);
        Core core =
            Core.start(
                postgres.url() + "?socketTimeout=5",
                new FixedClock(NOW),
                new SpoolSettings(folder.resolve("spool"), 64L << 20),
                new Numbers())) {
      Semaphore stored = new Semaphore(0);
      core.events.subscribe(
          ReadingsStored.class,
          event -> stored.release((int) (event.toSeq() - event.fromSeq() + 1)));
      for (int round = 0; round < ROUNDS; round++) {
        send(core, 1_000);
        CountDownLatch enough = new CountDownLatch(1);
        int more = 200 + random.nextInt(3_000);
        Thread sender =
            Thread.ofPlatform()
                .start(
                    () -> {
                      send(core, more);
                      enough.countDown();
                      send(core, 1_000);
                    });
        enough.await(60, TimeUnit.SECONDS);
        postgres.kill();
        sender.join();
        // Nobody waits for a server that is gone.
        send(core, 500);
        postgres.start();
        send(core, 500);
      }
      assertTrue(window.tryAcquire(WINDOW, 60, TimeUnit.SECONDS), "not all were answered");
      awaitEmpty(core, stored);

      List<Reading> readings = readings(core);
      assertEquals(List.of(), refused);
      assertEquals(sent, acknowledged.size());
      assertEquals(sent, readings.size(), "stored = acknowledged");
      List<Double> values = readings.stream().map(Reading::value).toList();
      assertEquals(values.stream().sorted().toList(), values, "in the order of sending");
    }
  }

  /// Even numbers have a time of their own, odd ones none.
  private void send(Core core, int count) {
    for (int i = 0; i < count; i++) {
      int number = ++sent;
      window.acquireUninterruptibly();
      core.inbox
          .accept(
              RawMessage.of(
                  Origin.MQTT,
                  "numbers",
                  Integer.toString(number).getBytes(StandardCharsets.UTF_8),
                  NOW,
                  SENDER))
          .thenAccept(
              receipt -> {
                if (receipt.equals(new Receipt.Stored(1))) {
                  acknowledged.add(number);
                } else {
                  refused.add(receipt);
                }
                window.release();
              });
    }
  }

  private static void awaitEmpty(Core core, Semaphore stored) throws InterruptedException {
    Spool.Status status = core.inbox.spooling();
    while (status != null && status.messages() > 0) {
      assertTrue(stored.tryAcquire(1, 60, TimeUnit.SECONDS), "waits: " + status);
      status = core.inbox.spooling();
    }
  }

  private static List<Reading> readings(Core core) {
    long pump = core.devices.findBySerial("pump").orElseThrow().id();
    int series = core.catalogue.find(pump, "n").orElseThrow().id();
    List<Reading> readings = new ArrayList<>();
    core.readings.scan(series, Long.MIN_VALUE, Long.MAX_VALUE, readings::add);
    readings.sort((a, b) -> Long.compare(a.seq(), b.seq()));
    return readings;
  }

  private static final class Numbers implements Decoder {
    @Override
    public boolean wants(String address) {
      return address.equals("numbers");
    }

    @Override
    public Decoding decode(RawMessage message) {
      int number = Integer.parseInt(new String(message.payload(), StandardCharsets.UTF_8));
      return Decoding.Content.of(
          List.of(
              new Sample(
                  new DeviceTemplate("pump", "pump", "generico", "x", true),
                  new SensorTemplate("n", "N", "otro", "", 0, 1e9),
                  number,
                  number % 2 == 0 ? NOW.plusSeconds(number) : null,
                  0,
                  null)));
    }
  }
}
