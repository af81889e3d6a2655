package io.vatio.ingest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.device.DeviceTemplate;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Reach;
import io.vatio.sensor.SensorTemplate;
import io.vatio.testing.Core;
import io.vatio.testing.Databases;
import io.vatio.testing.FixedClock;
import io.vatio.testing.SlowDatabase;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// While a commit waits for its disk, nobody hears of what is in it.
@Timeout(60)
class SlowDiskTest {
  private static final Principal SENDER =
      new Principal.User(1, "ana", true, "", Set.of(), Reach.ALL);
  private static final Instant NOW = Instant.parse("2026-03-01T10:00:00Z");
  private static final int MORE = 100;

  @TempDir private Path folder;

  @ParameterizedTest
  @EnumSource(Databases.class)
  void nobody_hears_of_a_reading_before_its_commit_and_what_came_meanwhile_shares_the_next(
      Databases kind) throws Exception {
    SlowDatabase database = new SlowDatabase(Databases.open(kind.newUrl(folder)));
    try (Core core = Core.on(database, new FixedClock(NOW), new Numbers())) {
      send(core, 0).get(20, TimeUnit.SECONDS);
      int series =
          core.catalogue
              .find(core.devices.findBySerial("pump").orElseThrow().id(), "n")
              .orElseThrow()
              .id();
      AtomicInteger rung = new AtomicInteger();
      core.events.subscribe(ReadingsStored.class, _ -> rung.incrementAndGet());
      AtomicInteger commits = new AtomicInteger();
      CountDownLatch forcing = new CountDownLatch(1);
      CountDownLatch forced = new CountDownLatch(1);
      database.beforeCommit(
          () -> {
            commits.incrementAndGet();
            forcing.countDown();
            await(forced);
          });

      List<CompletableFuture<Receipt>> receipts = new ArrayList<>();
      receipts.add(send(core, 1));
      await(forcing);
      for (int i = 0; i < MORE; i++) {
        receipts.add(send(core, 2 + i));
      }

      assertEquals(0, receipts.stream().filter(CompletableFuture::isDone).count());
      assertEquals(0, rung.get());
      assertEquals(1, core.readings.count(series, Long.MIN_VALUE, Long.MAX_VALUE));
      forced.countDown();
      for (var receipt : receipts) {
        assertEquals(new Receipt.Stored(1), receipt.get(20, TimeUnit.SECONDS));
      }
      assertEquals(MORE + 2, core.readings.count(series, Long.MIN_VALUE, Long.MAX_VALUE));
      assertEquals(2, commits.get(), "one for the first, one for all that came meanwhile");
      assertEquals(2, rung.get());
    }
  }

  private static CompletableFuture<Receipt> send(Core core, int number) {
    return core.inbox.accept(
        RawMessage.of(
            Origin.MQTT,
            "numbers",
            Integer.toString(number).getBytes(StandardCharsets.UTF_8),
            NOW,
            SENDER));
  }

  private static void await(CountDownLatch latch) {
    try {
      assertTrue(latch.await(20, TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
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
                  NOW.plusSeconds(number),
                  0,
                  null)));
    }
  }
}
