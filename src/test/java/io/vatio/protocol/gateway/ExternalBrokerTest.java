package io.vatio.protocol.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.energy.ConsumptionDecoder;
import io.vatio.energy.MainMeter;
import io.vatio.ingest.InboxSettings;
import io.vatio.platform.tls.ServerCertificate;
import io.vatio.protocol.MqttGateway;
import io.vatio.testing.Core;
import io.vatio.testing.Mosquitto;
import io.vatio.testing.RawMqtt;
import io.vatio.testing.Waiting;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Against a real Mosquitto.
class ExternalBrokerTest {
  private static final String CLIENT_ID = "vatio-test";

  @TempDir Path folder;
  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void closeAll() throws Exception {
    for (AutoCloseable part : open.reversed()) {
      part.close();
    }
  }

  @Test
  void stores_what_devices_publish_there() throws Exception {
    Mosquitto mosquitto = mosquitto();
    Core core = core(InboxSettings.DEFAULT);
    ExternalBroker broker = up(mosquitto, core);

    publish(mosquitto, 1, 500);

    awaitStored(core, 500);
    assertEquals(MqttGateway.Guarantee.BROKER_ACCEPTED_THEN_COMMITTED, broker.guarantee());
  }

  @Test
  void what_is_published_while_the_server_is_away_arrives_when_it_is_back() throws Exception {
    Mosquitto mosquitto = mosquitto();
    Core core = core(InboxSettings.DEFAULT);
    up(mosquitto, core).close();

    publish(mosquitto, 1, 300);
    assertEquals(0, values(core).size());
    up(mosquitto, core);

    awaitStored(core, 300);
  }

  @Test
  void a_restart_of_the_broker_is_survived_and_named_meanwhile() throws Exception {
    Mosquitto mosquitto = mosquitto();
    Core core = core(InboxSettings.DEFAULT);
    ExternalBroker broker = up(mosquitto, core);
    publish(mosquitto, 1, 50);
    awaitStored(core, 50);

    mosquitto.stop();
    Waiting.until("it is noticed", () -> !broker.health().up());
    String trouble = String.valueOf(broker.health().trouble());
    assertTrue(trouble.startsWith("mqtt://127.0.0.1:"), trouble);
    assertTrue(
        broker
            .publish("a/b", new byte[0], 1, false)
            .toCompletableFuture()
            .isCompletedExceptionally());
    mosquitto.startAgain();
    Waiting.until("it is back", () -> broker.health().up());
    publish(mosquitto, 51, 50);

    awaitStored(core, 100);
  }

  @Test
  void readings_without_a_time_are_stored_once_though_the_broker_repeats_them() throws Exception {
    Mosquitto mosquitto = mosquitto();
    Core core = core(InboxSettings.DEFAULT);
    ExternalBroker broker = up(mosquitto, core);
    publish(mosquitto, 1, 1);
    awaitStored(core, 1);

    // Nothing can be committed, so nothing is acknowledged, and the broker repeats all of it.
    try (Connection lock = lock()) {
      publish(mosquitto, 2, 200);
      Waiting.until("all are here", () -> figure(core, "vatio.gateway.messages.received") >= 201);
      mosquitto.stop();
      mosquitto.startAgain();
      Waiting.until("it is back", () -> broker.health().up());
      Waiting.until("repeated", () -> figure(core, "vatio.gateway.messages.repeated") >= 200);
      assertEquals(1, values(core).size());
      lock.createStatement().execute("ROLLBACK");
    }

    awaitStored(core, 201);
    broker.close();
    up(mosquitto, core);
    publish(mosquitto, 202, 1);
    awaitStored(core, 202);
  }

  @Test
  void a_small_inbox_delays_a_flood_and_loses_nothing_of_it() throws Exception {
    Mosquitto mosquitto = mosquitto();
    Core core = core(new InboxSettings(20, 1 << 20, 100, 100));
    up(mosquitto, core);

    publish(mosquitto, 1, 3_000);

    awaitStored(core, 3_000);
    assertTrue(figure(core, "vatio.messages.overloaded") > 0);
  }

  @Test
  void a_bad_message_is_kept_as_dead_letter_and_not_sent_again() throws Exception {
    Mosquitto mosquitto = mosquitto();
    Core core = core(InboxSettings.DEFAULT);
    ExternalBroker broker = up(mosquitto, core);

    publish(mosquitto, "not a number");
    Waiting.until("dead letter", () -> core.deadLetters.list(1, 10).total() == 1);
    broker.close();
    up(mosquitto, core);
    publish(mosquitto, 1, 1);
    awaitStored(core, 1);

    var letters = core.deadLetters.list(1, 10).items();
    assertEquals(1, letters.size());
    assertEquals("broker:mqtt://127.0.0.1:" + mosquitto.port(), letters.getFirst().sender());
  }

  @Test
  void what_the_broker_kept_from_earlier_is_not_stored_as_new() throws Exception {
    Mosquitto mosquitto = mosquitto();
    Core core = core(InboxSettings.DEFAULT);
    ExternalBroker first = up(mosquitto, core);
    first
        .publish(ConsumptionDecoder.TOPIC, "7".getBytes(StandardCharsets.UTF_8), 1, true)
        .toCompletableFuture()
        .get(10, TimeUnit.SECONDS);
    awaitStored(core, 1);
    first.close();

    start(settings(mosquitto, "", null), core, "vatio-another");
    publish(mosquitto, 8, 1);
    Waiting.until("the new one is there", () -> values(core).contains(8.0));

    assertEquals(List.of(7.0, 8.0), values(core));
  }

  @Test
  void servers_of_one_group_divide_the_messages() throws Exception {
    Mosquitto mosquitto = mosquitto();
    Core core = core(InboxSettings.DEFAULT);
    start(settings(mosquitto, "vatio", null), core, "vatio-one");
    start(settings(mosquitto, "vatio", null), core, "vatio-two");

    publish(mosquitto, 1, 100);

    awaitStored(core, 100);
  }

  @Test
  void a_broker_without_mqtt_5_is_spoken_to_with_311() throws Exception {
    Mosquitto mosquitto = mosquitto();
    Core core = core(InboxSettings.DEFAULT);
    OldBroker old = new OldBroker(mosquitto.port());
    open.add(old);
    ExternalBroker broker =
        start(settings("mqtt://127.0.0.1:" + old.port(), "", null), core, CLIENT_ID);

    publish(mosquitto, 1, 20);
    awaitStored(core, 20);
    broker.close();
    publish(mosquitto, 21, 20);
    start(settings("mqtt://127.0.0.1:" + old.port(), "", null), core, CLIENT_ID);

    awaitStored(core, 40);
  }

  @Test
  void a_wrong_password_is_named_without_the_password() throws Exception {
    Path passwords = Mosquitto.passwords(folder.resolve("m/passwords"), "vatio", "right");
    Mosquitto mosquitto = mosquitto("allow_anonymous false", "password_file " + passwords);
    Core core = core(InboxSettings.DEFAULT);

    ExternalBroker wrong =
        begin(settings("mqtt://vatio:wrong@127.0.0.1:" + mosquitto.port(), "", null), core, "a");
    awaitTrouble(wrong, "refuses user 'vatio' or the password");
    assertFalse(String.valueOf(wrong.health().trouble()).contains("wrong"));
    ExternalBroker nobody =
        begin(settings("mqtt://127.0.0.1:" + mosquitto.port(), "", null), core, "b");
    awaitTrouble(nobody, "lets nobody in without user and password");

    start(settings("mqtt://vatio:right@127.0.0.1:" + mosquitto.port(), "", null), core, "c");
  }

  @Test
  void an_address_where_nobody_answers_is_named() throws Exception {
    Core core = core(InboxSettings.DEFAULT);
    ExternalBroker broker = begin(settings("mqtt://127.0.0.1:1", "", null), core, "a");
    awaitTrouble(broker, "nobody answers at this address");
  }

  @Test
  void a_certificate_is_trusted_only_by_its_authority() throws Exception {
    ServerCertificate certificate =
        ServerCertificate.ensure(
            folder.resolve("tls"), Set.of("localhost", "127.0.0.1"), Clock.systemUTC());
    Mosquitto mosquitto =
        mosquitto(
            "allow_anonymous true",
            "certfile " + certificate.certificate(),
            "keyfile " + certificate.key());
    Core core = core(InboxSettings.DEFAULT);
    String url = "mqtts://127.0.0.1:" + mosquitto.port();

    awaitTrouble(begin(settings(url, "", null), core, "a"), "its certificate is not trusted");

    start(settings(url, "", certificate.authority()), core, "b");
  }

  @Test
  void an_authority_file_without_certificates_is_refused() throws Exception {
    Path file = Files.writeString(folder.resolve("ca.crt"), "rubbish");
    Core core = core(InboxSettings.DEFAULT);
    IllegalStateException e =
        org.junit.jupiter.api.Assertions.assertThrows(
            IllegalStateException.class,
            () -> begin(settings("mqtts://127.0.0.1:1", "", file), core, "a"));
    assertTrue(String.valueOf(e.getMessage()).contains("holds no certificate"), e.getMessage());
  }

  private Mosquitto mosquitto(String... lines) throws IOException {
    Mosquitto mosquitto = Mosquitto.start(folder.resolve("m"), lines);
    open.add(mosquitto);
    return mosquitto;
  }

  private Core core(InboxSettings settings) {
    Core core =
        Core.start(
            "sqlite:" + folder.resolve("vatio.db"),
            Clock.systemUTC(),
            settings,
            new ConsumptionDecoder(Core.MADRID));
    core.devices.ensure(List.of(MainMeter.template()));
    open.add(core);
    return core;
  }

  private static GatewaySettings settings(String url, String group, @Nullable Path authority) {
    return new GatewaySettings(
        BrokerUrl.parse(url),
        authority,
        group,
        List.of(ConsumptionDecoder.TOPIC),
        64 << 10,
        20_000,
        32L << 20,
        64L << 20,
        Duration.ofMillis(100),
        Duration.ofMillis(400));
  }

  private static GatewaySettings settings(
      Mosquitto mosquitto, String group, @Nullable Path authority) {
    return settings("mqtt://127.0.0.1:" + mosquitto.port(), group, authority);
  }

  private ExternalBroker up(Mosquitto mosquitto, Core core) {
    return start(settings(mosquitto, "", null), core, CLIENT_ID);
  }

  private ExternalBroker start(GatewaySettings settings, Core core, String clientId) {
    ExternalBroker broker = begin(settings, core, clientId);
    Waiting.until("connected", () -> broker.health().up());
    return broker;
  }

  private ExternalBroker begin(GatewaySettings settings, Core core, String clientId) {
    ExternalBroker broker =
        ExternalBroker.start(
            settings, clientId, new ExternalBroker.Parts(core.inbox, core.meters, core.clock));
    open.add(broker);
    return broker;
  }

  private static void awaitTrouble(ExternalBroker broker, String part) {
    Waiting.until(
        part + " / " + broker.health().trouble(),
        () -> String.valueOf(broker.health().trouble()).contains(part));
  }

  /// Publishes numbers without a time and waits for the broker's acknowledgements.
  private static void publish(Mosquitto mosquitto, int from, int count) throws IOException {
    String[] numbers = new String[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = Integer.toString(from + i);
    }
    publish(mosquitto, numbers);
  }

  private static void publish(Mosquitto mosquitto, String... payloads) throws IOException {
    try (RawMqtt device = RawMqtt.connect(mosquitto.port(), "device", null, null)) {
      for (int i = 0; i < payloads.length; i++) {
        device.publish(
            ConsumptionDecoder.TOPIC, i + 1, false, payloads[i].getBytes(StandardCharsets.UTF_8));
      }
      device.flush();
      for (int i = 0; i < payloads.length; i++) {
        device.readAck();
      }
    }
  }

  /// Keeps everybody else from writing to the database.
  private Connection lock() throws SQLException {
    Connection connection =
        DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("vatio.db"));
    connection.createStatement().execute("BEGIN IMMEDIATE");
    return connection;
  }

  private static double figure(Core core, String name) {
    var counter = core.meters.find(name).counter();
    return counter == null ? 0 : counter.count();
  }

  private static void awaitStored(Core core, int count) {
    Waiting.until(count + " readings", () -> values(core).size() >= count);
    List<Double> values = values(core);
    assertEquals(count, values.size());
    assertEquals(count, new HashSet<>(values).size());
  }

  private static List<Double> values(Core core) {
    List<Double> values = new ArrayList<>();
    core.devices
        .findBySerial("medidor-principal")
        .flatMap(meter -> core.catalogue.find(meter.id(), "consumo"))
        .ifPresent(
            series ->
                core.readings.scan(
                    series.id(),
                    Long.MIN_VALUE,
                    Long.MAX_VALUE,
                    reading -> values.add(reading.value())));
    return values;
  }
}
