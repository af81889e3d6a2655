package io.vatio.ingest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.device.DeviceTemplate;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Reach;
import io.vatio.kernel.Text;
import io.vatio.reading.Reading;
import io.vatio.sensor.SensorTemplate;
import io.vatio.testing.Core;
import io.vatio.testing.CutProxy;
import io.vatio.testing.FixedClock;
import io.vatio.testing.TestPostgres;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A real PostgreSQL behind a network that breaks: what is acknowledged meanwhile is on our disk,
/// and gets into the database in order, each once.
class SpoolTest {
  private static final Principal SUPERUSER =
      new Principal.User(1, "ana", true, "", Set.of(), Reach.ALL);
  private static final Instant NOW = Instant.parse("2026-03-01T10:00:00Z");

  @TempDir Path folder;
  private final FixedClock clock = new FixedClock(NOW);
  private final Semaphore stored = new Semaphore(0);
  private URI database;
  private CutProxy proxy;
  private Core core;

  @BeforeEach
  void connect() {
    database = URI.create(TestPostgres.newDatabase());
    proxy = new CutProxy(database.getHost(), database.getPort());
  }

  @AfterEach
  void close() {
    proxy.open();
    if (core != null) {
      core.close();
    }
    proxy.close();
  }

  @Test
  void what_comes_while_the_database_is_away_is_acknowledged_and_gets_there_in_order()
      throws Exception {
    start("socketTimeout=2", 1 << 20);
    send("pump 0");
    awaitStored(1);

    proxy.cut();
    List<Receipt> receipts = sendAll(IntStream.rangeClosed(1, 500));
    Spool.Status waiting = core.inbox.spooling();
    proxy.open();
    awaitStored(500);

    assertEquals(Set.of(new Receipt.Stored(1)), Set.copyOf(receipts));
    assertNotNull(waiting);
    assertEquals(500, waiting.messages());
    assertEquals(numbers(0, 500), values());
    // And the way is open again for everybody.
    assertEquals(new Receipt.Stored(1), send("pump 501"));
    assertEquals(numbers(0, 501), values());
  }

  @Test
  void a_server_that_hangs_holds_nobody_for_longer_than_its_patience() throws Exception {
    start("socketTimeout=2", 1 << 20);
    send("pump 0");

    proxy.hang();
    long start = System.nanoTime();
    List<Receipt> receipts = sendAll(IntStream.rangeClosed(1, 50));
    double seconds = (System.nanoTime() - start) / 1e9;
    // While it is known to hang, nobody waits for it.
    start = System.nanoTime();
    receipts.addAll(sendAll(IntStream.rangeClosed(51, 100)));
    double later = (System.nanoTime() - start) / 1e9;
    proxy.cut();
    proxy.open();
    awaitStored(101);

    assertEquals(Set.of(new Receipt.Stored(1)), Set.copyOf(receipts));
    assertTrue(seconds < 12, "the first waited for " + seconds + " s");
    assertTrue(later < 1, "the others waited for " + later + " s");
    assertEquals(numbers(0, 100), values());
  }

  @Test
  void a_batch_whose_commit_was_never_answered_is_not_stored_twice() throws Exception {
    start("preferQueryMode=simple&socketTimeout=5", 1 << 20);
    send("pump 0");
    awaitStored(1);

    // Without a time of their own nothing but the batch itself says that they are there.
    proxy.cutAfter("COMMIT");
    Receipt receipt = send("pump 1");
    Receipt next = send("pump 2");
    proxy.open();
    awaitStored(1);

    assertEquals(new Receipt.Stored(1), receipt);
    assertEquals(new Receipt.Stored(1), next);
    assertEquals(numbers(0, 2), values());
  }

  @Test
  void a_full_spool_says_so_and_takes_again_when_there_is_room() throws Exception {
    start("socketTimeout=2", 8_000);
    send("pump 0");

    proxy.cut();
    List<Receipt> receipts = new ArrayList<>();
    for (int i = 1; i <= 100; i++) {
      receipts.add(send("pump " + i));
    }
    Spool.Status full = core.inbox.spooling();
    proxy.open();
    long taken = receipts.stream().filter(r -> r.equals(new Receipt.Stored(1))).count();
    awaitStored((int) taken + 1);

    assertTrue(taken > 10 && taken < 100, "taken: " + taken);
    assertInstanceOf(Receipt.Overloaded.class, receipts.getLast());
    assertNotNull(full);
    assertTrue(full.full());
    assertEquals(numbers(0, (int) taken), values());
    assertEquals(new Receipt.Stored(1), send("pump 1000"));
  }

  @Test
  void what_waits_is_taken_in_after_a_restart_and_what_was_taken_in_is_not_again()
      throws Exception {
    start("socketTimeout=2", 1 << 20);
    send("pump 0");
    proxy.cut();
    sendAll(IntStream.rangeClosed(1, 100));
    core.inbox.close();
    List<Path> files = spoolFiles();
    List<byte[]> contents = new ArrayList<>();
    for (Path file : files) {
      contents.add(Files.readAllBytes(file));
    }
    core.database.close();

    proxy.open();
    stored.drainPermits();
    start("socketTimeout=2", 1 << 20);
    awaitStored(100);
    assertEquals(numbers(0, 100), values());
    core.close();

    // As if killed after the commit and before the files went.
    for (int i = 0; i < files.size(); i++) {
      Files.write(files.get(i), contents.get(i));
    }
    start("socketTimeout=2", 1 << 20);
    send("pump 101");
    assertEquals(numbers(0, 101), values());
  }

  @Test
  void a_message_that_may_not_be_is_refused_at_once_and_kept_with_its_reason() throws Exception {
    start("socketTimeout=2", 1 << 20);
    send("pump 0");
    long pump = core.devices.findBySerial("pump").orElseThrow().id();
    Principal device = new Principal.Device(pump, "pump");

    proxy.cut();
    Receipt own = accept(device, "pump 1").get(30, TimeUnit.SECONDS);
    Receipt foreign = accept(device, "other 1").get(30, TimeUnit.SECONDS);
    Receipt rubbish = accept(device, "?").get(30, TimeUnit.SECONDS);
    proxy.open();
    awaitStored(2);
    send("pump 2");

    assertEquals(new Receipt.Stored(1), own);
    assertInstanceOf(Receipt.Rejected.class, foreign);
    assertInstanceOf(Receipt.Rejected.class, rubbish);
    assertEquals(
        List.of("formato", "dispositivo_ajeno"),
        core.deadLetters.list(1, 10).items().stream().map(DeadLetter::reason).toList());
    assertEquals(numbers(0, 2), values());
  }

  @Test
  void a_message_damaged_on_the_disk_goes_to_the_dead_letters_and_the_others_in() throws Exception {
    start("socketTimeout=2", 1 << 20);
    send("pump 0");
    proxy.cut();
    for (int i = 1; i <= 3; i++) {
      send("pump " + i);
    }
    core.inbox.close();
    Path file = spoolFiles().getFirst();
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 2] ^= 4;
    Files.write(file, bytes);
    core.database.close();

    proxy.open();
    stored.drainPermits();
    start("socketTimeout=2", 1 << 20);
    awaitStored(2);
    send("pump 4");

    assertEquals(List.of(0.0, 1.0, 3.0, 4.0), values());
    DeadLetter letter = core.deadLetters.list(1, 10).items().getFirst();
    assertEquals("SPOOL", letter.origin());
    assertEquals("2", letter.address());
  }

  @Test
  void readings_of_known_sensors_wait_there_too() throws Exception {
    start("socketTimeout=2", 1 << 20);
    send("pump 0");
    awaitStored(1);
    long pump = core.devices.findBySerial("pump").orElseThrow().id();
    int series = core.catalogue.find(pump, "n").orElseThrow().id();
    KnownReadings readings = new KnownReadings(2);
    readings.add(series, pump, KnownReadings.UNTIMED, 1, null);
    readings.add(series, pump, KnownReadings.UNTIMED, 2, null);

    proxy.cut();
    Receipt receipt =
        core.inbox
            .accept(
                RawMessage.of(Origin.HTTP, "api/readings", new byte[0], NOW, SUPERUSER),
                new Decoding.Known(readings))
            .get(30, TimeUnit.SECONDS);
    proxy.open();
    awaitStored(2);

    assertEquals(new Receipt.Stored(2), receipt);
    assertEquals(numbers(0, 2), values());
  }

  private void start(String parameters, long bytes) {
    String url =
        "postgresql://%s@127.0.0.1:%d%s?%s"
            .formatted(database.getUserInfo(), proxy.port(), database.getPath(), parameters);
    core = Core.start(url, clock, new SpoolSettings(folder.resolve("spool"), bytes), new Numbers());
    core.events.subscribe(
        ReadingsStored.class, event -> stored.release((int) (event.toSeq() - event.fromSeq() + 1)));
  }

  private Receipt send(String line) throws Exception {
    return accept(SUPERUSER, line).get(30, TimeUnit.SECONDS);
  }

  private List<Receipt> sendAll(IntStream numbers) throws Exception {
    List<CompletableFuture<Receipt>> receipts =
        numbers.mapToObj(n -> accept(SUPERUSER, "pump " + n)).toList();
    List<Receipt> answers = new ArrayList<>();
    for (CompletableFuture<Receipt> receipt : receipts) {
      answers.add(receipt.get(30, TimeUnit.SECONDS));
    }
    return answers;
  }

  private CompletableFuture<Receipt> accept(Principal sender, String line) {
    return core.inbox.accept(
        RawMessage.of(Origin.MQTT, "numbers", line.getBytes(StandardCharsets.UTF_8), NOW, sender));
  }

  private void awaitStored(int readings) throws InterruptedException {
    assertTrue(stored.tryAcquire(readings, 60, TimeUnit.SECONDS), "not all were stored");
  }

  /// The values of the pump in the order of the sequence.
  private List<Double> values() {
    long pump = core.devices.findBySerial("pump").orElseThrow().id();
    int series = core.catalogue.find(pump, "n").orElseThrow().id();
    List<Reading> readings = new ArrayList<>();
    core.readings.scan(series, Long.MIN_VALUE, Long.MAX_VALUE, readings::add);
    return readings.stream()
        .sorted((a, b) -> Long.compare(a.seq(), b.seq()))
        .map(Reading::value)
        .toList();
  }

  private static List<Double> numbers(int from, int to) {
    return IntStream.rangeClosed(from, to).mapToObj(n -> (double) n).toList();
  }

  private List<Path> spoolFiles() throws IOException {
    try (Stream<Path> all = Files.list(folder.resolve("spool"))) {
      return all.filter(file -> file.toString().endsWith(".spool")).sorted().toList();
    }
  }

  /// Takes `device number`, without a time.
  private static final class Numbers implements Decoder {
    @Override
    public boolean wants(String address) {
      return address.equals("numbers");
    }

    @Override
    public Decoding decode(RawMessage message) {
      String[] words = new String(message.payload(), StandardCharsets.UTF_8).split(" ");
      if (words.length != 2) {
        return new Decoding.Refused(
            new Rejection(Rejection.Reason.MALFORMED, Text.of("ingest.object_expected")));
      }
      return Decoding.Content.of(
          List.of(
              new Sample(
                  new DeviceTemplate(words[0], words[0], "generico", "x", true),
                  new SensorTemplate("n", "N", "otro", "", -1e9, 1e9),
                  Double.parseDouble(words[1]),
                  null,
                  0,
                  null)));
    }
  }
}
