package io.vatio.ingest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.device.DeviceTemplate;
import io.vatio.kernel.Permission;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Reach;
import io.vatio.kernel.Text;
import io.vatio.reading.Quality;
import io.vatio.reading.Reading;
import io.vatio.sensor.SensorTemplate;
import io.vatio.testing.Core;
import io.vatio.testing.Databases;
import io.vatio.testing.FixedClock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class InboxTest {
  private static final Principal SUPERUSER =
      new Principal.User(1, "ana", true, "", Set.of(), Reach.ALL);
  private static final Principal SENDER =
      new Principal.User(
          2, "luis", false, "operador", Set.of(Permission.CREATE_READINGS), Reach.ALL);
  private static final Principal STRANGER = new Principal.Anonymous("192.168.1.50");
  private static final long ALWAYS = Long.MAX_VALUE;

  @TempDir Path folder;
  private final FixedClock clock = FixedClock.at("2026-03-01T10:00:00Z");
  private Core core;

  @AfterEach
  void close() {
    if (core != null) {
      core.close();
    }
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void receipt_comes_when_the_reading_is_in_the_database(Databases kind) throws Exception {
    String url = kind.newUrl(folder);
    core = Core.start(url, clock, new Lines());

    Receipt receipt = send(SUPERUSER, "pump-1 flow 1.5 100").get(10, TimeUnit.SECONDS);
    core.database.close();
    core = Core.start(url, clock, new Lines());

    assertEquals(new Receipt.Stored(1), receipt);
    Reading reading = onlyReading("pump-1", "flow");
    assertEquals(1.5, reading.value());
    assertEquals(100_000_000L, reading.ts());
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void the_same_message_twice_is_stored_once_and_both_are_told_so(Databases kind) throws Exception {
    core = Core.start(kind.newUrl(folder), clock, new Lines());

    CompletableFuture<Receipt> first = send(SUPERUSER, "pump-1 flow 1.5 100");
    CompletableFuture<Receipt> second = send(SUPERUSER, "pump-1 flow 1.5 100");

    assertEquals(new Receipt.Stored(1), first.get(10, TimeUnit.SECONDS));
    assertEquals(new Receipt.Duplicate(), second.get(10, TimeUnit.SECONDS));
    assertEquals(1.5, onlyReading("pump-1", "flow").value());
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void a_bad_message_among_good_ones_harms_none_and_is_kept_with_its_reason(Databases kind)
      throws Exception {
    core = Core.start(kind.newUrl(folder), clock, new Lines());

    List<CompletableFuture<Receipt>> receipts = new ArrayList<>();
    for (String line : List.of("a x 1 1", "?!", "a x 2 2", "boom", "a x 3 3")) {
      receipts.add(send(SUPERUSER, line));
    }
    List<Receipt> answers = new ArrayList<>();
    for (var receipt : receipts) {
      answers.add(receipt.get(10, TimeUnit.SECONDS));
    }

    assertEquals(new Receipt.Stored(1), answers.get(0));
    assertInstanceOf(Receipt.Rejected.class, answers.get(1));
    assertEquals(new Receipt.Stored(1), answers.get(2));
    assertInstanceOf(Receipt.Rejected.class, answers.get(3));
    assertEquals(new Receipt.Stored(1), answers.get(4));
    List<DeadLetter> letters = core.deadLetters.list(1, 10).items();
    assertEquals(2, letters.size());
    assertEquals("?!", new String(letters.get(1).payload(), StandardCharsets.UTF_8));
    assertEquals("formato", letters.get(1).reason());
    assertEquals("ana", letters.get(1).sender());
    assertEquals("lines", letters.get(1).address());
  }

  @Test
  void a_large_dead_letter_keeps_only_its_head() throws Exception {
    core = Core.start(Databases.SQLITE.newUrl(folder), clock, new Lines());

    send(SUPERUSER, "?".repeat(5_000)).get(10, TimeUnit.SECONDS);

    DeadLetter letter = core.deadLetters.list(1, 10).items().getFirst();
    assertEquals(DeadLetterStore.PAYLOAD_KEPT, letter.payload().length);
    assertEquals(5_000, letter.size());
  }

  @Test
  void a_device_speaks_only_for_itself() throws Exception {
    core = Core.start(Databases.SQLITE.newUrl(folder), clock, new Lines());
    send(SUPERUSER, "pump-1 flow 1 1").get(10, TimeUnit.SECONDS);
    Principal other = new Principal.Device(99, "pump-2");

    Receipt receipt = send(other, "pump-1 flow 2 2").get(10, TimeUnit.SECONDS);

    Receipt.Rejected rejected = assertInstanceOf(Receipt.Rejected.class, receipt);
    assertEquals(Rejection.Reason.NOT_YOUR_DEVICE, rejected.reason().reason());
    assertEquals(1.0, onlyReading("pump-1", "flow").value());
  }

  @Test
  void who_may_not_create_devices_cannot_bring_one_into_use_but_can_announce_one()
      throws Exception {
    core = Core.start(Databases.SQLITE.newUrl(folder), clock, new Lines());

    Receipt inUse = send(SENDER, "pump-1 flow 1 1").get(10, TimeUnit.SECONDS);
    Receipt announced = send(SENDER, "~pump-2 flow 1 1").get(10, TimeUnit.SECONDS);

    Receipt.Rejected rejected = assertInstanceOf(Receipt.Rejected.class, inUse);
    assertEquals(Rejection.Reason.UNKNOWN_DEVICE, rejected.reason().reason());
    assertEquals(new Receipt.Stored(1), announced);
    assertTrue(core.devices.findBySerial("pump-1").isEmpty());
    assertTrue(core.devices.findBySerial("pump-2").isPresent());
  }

  @Test
  void strangers_can_announce_only_so_many_devices() throws Exception {
    core =
        Core.start(
            Databases.SQLITE.newUrl(folder),
            clock,
            new InboxSettings(1_000, 1_000_000, 3, 10),
            new Lines());

    List<Receipt> answers = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      answers.add(send(STRANGER, "~new-" + i + " x 1 1").get(10, TimeUnit.SECONDS));
    }

    assertEquals(3, answers.stream().filter(Receipt.Stored.class::isInstance).count());
    assertEquals(2, answers.stream().filter(Receipt.Rejected.class::isInstance).count());
    assertEquals(3, core.devices.count());
  }

  @Test
  void an_operator_brings_devices_into_use_and_strangers_only_so_many() throws Exception {
    core =
        Core.start(
            Databases.SQLITE.newUrl(folder),
            clock,
            new InboxSettings(1_000, 1_000_000, 3, 10),
            new Lines());
    Principal operator =
        new Principal.Trusted(
            "192.168.1.7",
            "operador",
            Set.of(Permission.CREATE_READINGS, Permission.ASSIGN_SENSORS));

    for (int i = 0; i < 2; i++) {
      assertEquals(
          new Receipt.Stored(1), send(operator, "pump-" + i + " x 1 1").get(10, TimeUnit.SECONDS));
    }
    assertEquals(new Receipt.Stored(1), send(STRANGER, "s-1 x 1 1").get(10, TimeUnit.SECONDS));
    assertInstanceOf(Receipt.Rejected.class, send(STRANGER, "s-2 x 1 1").get(10, TimeUnit.SECONDS));
    assertEquals(new Receipt.Stored(1), send(operator, "pump-9 x 1 1").get(10, TimeUnit.SECONDS));
  }

  @Test
  void a_device_can_invent_only_so_many_sensors() throws Exception {
    core =
        Core.start(
            Databases.SQLITE.newUrl(folder),
            clock,
            new InboxSettings(1_000, 1_000_000, 3, 4),
            new Lines());

    List<Receipt> answers = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      answers.add(send(SUPERUSER, "pump-1 key" + i + " 1 1").get(10, TimeUnit.SECONDS));
    }

    assertEquals(4, answers.stream().filter(Receipt.Stored.class::isInstance).count());
    assertEquals(new Receipt.Stored(1), send(SUPERUSER, "pump-1 key0 1 2").get());
  }

  @Test
  void a_value_out_of_range_or_from_a_lost_clock_is_kept_with_its_flag() throws Exception {
    core = Core.start(Databases.SQLITE.newUrl(folder), clock, new Lines());

    send(SUPERUSER, "pump-1 flow 1000 1772359200").get(10, TimeUnit.SECONDS);
    send(SUPERUSER, "pump-1 other 1 5").get(10, TimeUnit.SECONDS);
    send(SUPERUSER, "pump-1 third 1 1772445600").get(10, TimeUnit.SECONDS);

    assertEquals(Quality.OUT_OF_RANGE.bit(), onlyReading("pump-1", "flow").quality());
    assertEquals(Quality.CLOCK.bit(), onlyReading("pump-1", "other").quality());
    assertEquals(Quality.CLOCK.bit(), onlyReading("pump-1", "third").quality());
  }

  @Test
  void says_that_it_is_full_instead_of_growing() throws Exception {
    core =
        Core.start(
            Databases.SQLITE.newUrl(folder),
            clock,
            new InboxSettings(5, 1_000_000, 10, 10),
            new Lines());
    send(SUPERUSER, "pump-1 flow 1 1").get(10, TimeUnit.SECONDS);
    CountDownLatch hold = new CountDownLatch(1);
    CountDownLatch held = new CountDownLatch(1);
    Thread blocker =
        Thread.ofPlatform()
            .start(
                () ->
                    core.database.write(
                        handle -> {
                          held.countDown();
                          return await(hold);
                        }));
    held.await(10, TimeUnit.SECONDS);

    List<CompletableFuture<Receipt>> receipts = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      receipts.add(send(SUPERUSER, "pump-1 flow " + i + " " + (10 + i)));
    }
    long refusedAtOnce =
        receipts.stream()
            .filter(CompletableFuture::isDone)
            .filter(r -> r.join() instanceof Receipt.Overloaded)
            .count();
    hold.countDown();
    blocker.join();
    long stored = 0;
    for (var receipt : receipts) {
      stored += receipt.get(10, TimeUnit.SECONDS) instanceof Receipt.Stored ? 1 : 0;
    }

    assertTrue(refusedAtOnce >= 39, "refused " + refusedAtOnce);
    assertEquals(50 - refusedAtOnce, stored);
    assertEquals(stored + 1, readings("pump-1", "flow").size());
  }

  @Test
  void rings_the_doorbell_after_the_commit_with_the_numbers_of_the_readings() throws Exception {
    core = Core.start(Databases.SQLITE.newUrl(folder), clock, new Lines());
    List<Integer> seen = new ArrayList<>();
    core.events.subscribe(
        ReadingsStored.class,
        bell -> seen.add(core.readings.recentSince(bell.fromSeq() - 1, 100).size()));

    send(SUPERUSER, "pump-1 flow 1 1").get(10, TimeUnit.SECONDS);
    send(SUPERUSER, "pump-1 flow 1 1").get(10, TimeUnit.SECONDS);
    send(SUPERUSER, "pump-1 flow 2 2").get(10, TimeUnit.SECONDS);

    assertEquals(List.of(1, 1), seen);
  }

  @Test
  void a_failing_storage_is_told_and_forgotten_when_it_works_again() throws Exception {
    core = Core.start(Databases.SQLITE.newUrl(folder), clock, new Lines());
    send(SUPERUSER, "pump-1 flow 1 1").get(10, TimeUnit.SECONDS);
    core.database.write(handle -> handle.execute("PRAGMA max_page_count = 1"));

    List<Receipt> full = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      full.add(
          send(SUPERUSER, "pump-1 flow 1 " + (10 + i) + " " + "x".repeat(30_000))
              .get(10, TimeUnit.SECONDS));
    }
    assertTrue(full.stream().allMatch(Receipt.Overloaded.class::isInstance), full.toString());
    assertNotNull(core.inbox.storageFailure());
    core.database.write(handle -> handle.execute("PRAGMA max_page_count = 1000000"));
    Receipt after = send(SUPERUSER, "pump-1 flow 1 99").get(10, TimeUnit.SECONDS);

    assertEquals(new Receipt.Stored(1), after);
    assertNull(core.inbox.storageFailure());
    assertEquals(2, readings("pump-1", "flow").size());
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void a_message_that_breaks_its_batch_is_the_only_one_refused(Databases kind) throws Exception {
    core = Core.start(kind.newUrl(folder), clock, new Lines());
    // A time that no database can hold; decoders bound theirs, so this stands for any fault of
    // ours.
    String poison = "a x 1 " + 31_000_000_000_000_000L;

    List<CompletableFuture<Receipt>> receipts = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      receipts.add(send(SUPERUSER, i == 100 ? poison : "a x 1 " + i));
    }

    for (int i = 0; i < 200; i++) {
      Receipt receipt = receipts.get(i).get(10, TimeUnit.SECONDS);
      if (i == 100) {
        assertInstanceOf(Receipt.Rejected.class, receipt);
      } else {
        assertEquals(new Receipt.Stored(1), receipt);
      }
    }
    assertEquals(199, readings("a", "x").size());
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void every_reading_is_a_sign_of_life_that_outlasts_a_restart(Databases kind) throws Exception {
    String url = kind.newUrl(folder);
    core = Core.start(url, clock, new Lines());
    send(SUPERUSER, "pump-1 flow 1 1").get(10, TimeUnit.SECONDS);
    clock.advance(Duration.ofSeconds(30));
    send(SUPERUSER, "pump-1 flow 1 2").get(10, TimeUnit.SECONDS);

    assertEquals(clock.instant(), core.devices.findBySerial("pump-1").orElseThrow().lastSeen());
    core.close();
    core = Core.start(url, clock, new Lines());

    assertEquals(clock.instant(), core.devices.findBySerial("pump-1").orElseThrow().lastSeen());
  }

  @Test
  void a_decoder_that_fails_costs_only_the_message() throws Exception {
    core = Core.start(Databases.SQLITE.newUrl(folder), clock, new Lines());

    Receipt receipt = send(SUPERUSER, "boom").get(10, TimeUnit.SECONDS);

    assertInstanceOf(Receipt.Rejected.class, receipt);
    assertEquals(new Receipt.Stored(1), send(SUPERUSER, "a x 1 1").get(10, TimeUnit.SECONDS));
  }

  @Test
  void closing_stores_what_waits() throws Exception {
    String url = Databases.SQLITE.newUrl(folder);
    core = Core.start(url, clock, new Lines());

    List<CompletableFuture<Receipt>> receipts = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      receipts.add(send(SUPERUSER, "a x 1 " + i));
    }
    core.close();
    core = Core.start(url, clock, new Lines());

    for (var receipt : receipts) {
      assertEquals(new Receipt.Stored(1), receipt.get(10, TimeUnit.SECONDS));
    }
    assertEquals(500, readings("a", "x").size());
  }

  private static boolean await(CountDownLatch latch) {
    try {
      return latch.await(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private CompletableFuture<Receipt> send(Principal sender, String line) {
    return core.inbox.accept(
        RawMessage.of(
            Origin.MQTT, "lines", line.getBytes(StandardCharsets.UTF_8), clock.instant(), sender));
  }

  private Reading onlyReading(String serial, String key) {
    List<Reading> all = readings(serial, key);
    assertEquals(1, all.size());
    return all.getFirst();
  }

  private List<Reading> readings(String serial, String key) {
    long device = core.devices.findBySerial(serial).orElseThrow().id();
    int series = core.catalogue.find(device, key).orElseThrow().id();
    return core.readings.newest(series, Long.MIN_VALUE, ALWAYS, 1_000);
  }

  /// `serial key value epochSeconds [meta]`; a serial with `~` in front announces itself unclaimed.
  private static final class Lines implements Decoder {
    @Override
    public boolean wants(String address) {
      return address.equals("lines");
    }

    @Override
    public Decoding decode(RawMessage message) {
      String line = new String(message.payload(), StandardCharsets.UTF_8);
      if (line.startsWith("?")) {
        return new Decoding.Refused(
            new Rejection(Rejection.Reason.MALFORMED, Text.of("ingest.not_understood")));
      }
      if (line.equals("boom")) {
        throw new IllegalStateException("a fault in this decoder");
      }
      String[] part = line.split(" ");
      boolean claimed = !part[0].startsWith("~");
      String serial = claimed ? part[0] : part[0].substring(1);
      return Decoding.Content.of(
          List.of(
              new Sample(
                  new DeviceTemplate(serial, serial, "bomba", "B", claimed),
                  new SensorTemplate(part[1], part[1], "otro", "", 0, 100),
                  Double.parseDouble(part[2]),
                  Instant.ofEpochSecond(Long.parseLong(part[3])),
                  0,
                  part.length > 4 ? part[4] : null)));
    }
  }
}
