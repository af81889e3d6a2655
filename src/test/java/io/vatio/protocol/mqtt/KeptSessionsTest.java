package io.vatio.protocol.mqtt;

import static io.netty.handler.codec.mqtt.MqttMessageType.PUBACK;
import static io.netty.handler.codec.mqtt.MqttMessageType.PUBCOMP;
import static io.netty.handler.codec.mqtt.MqttMessageType.PUBREC;
import static io.netty.handler.codec.mqtt.MqttMessageType.PUBREL;
import static io.netty.handler.codec.mqtt.MqttVersion.MQTT_3_1_1;
import static io.netty.handler.codec.mqtt.MqttVersion.MQTT_5;
import static io.vatio.protocol.mqtt.BrokerSettings.eventually;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.handler.codec.mqtt.MqttConnAckVariableHeader;
import io.netty.handler.codec.mqtt.MqttFixedHeader;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageBuilders;
import io.netty.handler.codec.mqtt.MqttMessageIdVariableHeader;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttReasonCodeAndPropertiesVariableHeader;
import io.vatio.device.DeviceAccessRevoked;
import io.vatio.testing.Databases;
import io.vatio.testing.FixedClock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Sessions that outlive their connection, and the server.
@Timeout(60)
class KeptSessionsTest {
  private static final int HOUR = 3_600;

  @TempDir Path folder;
  private final FixedClock clock = FixedClock.at("2026-03-01T10:00:00Z");
  private final List<Probe> probes = new ArrayList<>();
  private UnaryOperator<MqttSettings> settings = s -> s;
  private String url = "";
  private BrokerFixture fixture;

  private void start(Databases database) {
    url = database.newUrl(folder);
    fixture = BrokerFixture.on(url, clock, settings);
  }

  private void start() {
    start(Databases.SQLITE);
  }

  private void restart() {
    fixture.close();
    fixture = BrokerFixture.on(url, clock, settings);
  }

  @AfterEach
  void close() {
    probes.forEach(Probe::close);
    if (fixture != null) {
      fixture.close();
    }
  }

  private Probe kept(Probe probe) {
    probes.add(probe);
    return probe;
  }

  /// A client of 3.1.1 that wants its session kept.
  private Probe v3(String client, String user, boolean present) {
    Probe probe = kept(new Probe(fixture.port()));
    assertEquals(
        present,
        probe
            .connect(MQTT_3_1_1, client, user, "secret", c -> c.cleanSession(false))
            .variableHeader()
            .isSessionPresent());
    return probe;
  }

  private Probe v5(String client, String user, int expiry, boolean present) {
    Probe probe = kept(new Probe(fixture.port()));
    assertEquals(present, connect5(probe, client, user, expiry).isSessionPresent());
    return probe;
  }

  private static MqttConnAckVariableHeader connect5(
      Probe probe, String client, String user, int expiry) {
    return probe
        .connect(
            MQTT_5,
            client,
            user,
            "secret",
            c ->
                c.cleanSession(false)
                    .properties(Probe.properties(MqttProperties.SESSION_EXPIRY_INTERVAL, expiry)))
        .variableHeader();
  }

  private Probe publisher() {
    return kept(Probe.v3(fixture.port(), "publisher", "admin"));
  }

  private void publish(String topic, String... payloads) {
    Probe publisher = publisher();
    for (int i = 0; i < payloads.length; i++) {
      publisher.publish(topic, 1, i + 1, payloads[i]);
      publisher.readAck(PUBACK, i + 1);
    }
    bye(publisher);
  }

  private static void bye(Probe probe) {
    probe.send(MqttMessage.DISCONNECT);
    probe.readClosed();
  }

  private static int id(MqttPublishMessage message) {
    return message.variableHeader().packetId();
  }

  private static int id(MqttMessage message) {
    return ((MqttMessageIdVariableHeader) message.variableHeader()).messageId();
  }

  @ParameterizedTest
  @EnumSource
  void what_came_while_a_client_was_away_reaches_it_in_order(Databases database) {
    start(database);
    Probe away = v3("c", "admin", false);
    away.subscribe(1, "plain/#");
    bye(away);
    publish("plain/a", "1", "2");

    restart();
    publish("plain/b", "3");

    Probe back = v3("c", "admin", true);
    for (String expected : List.of("1", "2", "3")) {
      MqttPublishMessage message = back.readPublish();
      assertEquals(expected, Probe.text(message));
      assertFalse(message.fixedHeader().isDup());
      back.acknowledge(0x40, id(message));
    }
    bye(back);

    restart();
    Probe again = v3("c", "admin", true);
    publish("plain/c", "4");
    assertEquals("4", again.readText());
  }

  @ParameterizedTest
  @EnumSource
  void what_was_not_acknowledged_comes_again_with_its_packet_id(Databases database) {
    start(database);
    Probe client = v3("c", "admin", false);
    client.subscribe(2, "plain/#");
    publish("plain/a", "1", "2");
    int first = id(client.readPublish());
    int second = id(client.readPublish());
    client.close();

    Probe back = v3("c", "admin", true);
    assertAgain(back, first, "1");
    assertAgain(back, second, "2");
    back.close();

    restart();
    Probe later = v3("c", "admin", true);
    assertAgain(later, first, "1");
    assertAgain(later, second, "2");
  }

  private static void assertAgain(Probe probe, int id, String payload) {
    MqttPublishMessage message = probe.readPublish();
    assertTrue(message.fixedHeader().isDup());
    assertEquals(id, id(message));
    assertEquals(payload, Probe.text(message));
  }

  @ParameterizedTest
  @EnumSource
  void a_qos_2_message_that_a_client_has_is_only_released(Databases database) {
    start(database);
    Probe client = v3("c", "admin", false);
    client.subscribe(2, "plain/#");
    Probe publisher = publisher();
    publisher.publish("plain/a", 2, 1, "1");
    publisher.readAck(PUBREC, 1);
    int id = id(client.readPublish());
    client.acknowledge(0x50, id);
    client.readAck(PUBREL, id);
    client.close();

    Probe back = v3("c", "admin", true);
    assertEquals(id, id(back.read(PUBREL)));
    back.close();

    restart();
    Probe later = v3("c", "admin", true);
    assertEquals(id, id(later.read(PUBREL)));
    later.acknowledge(0x70, id);
    later.ping();
    later.read(MqttMessageType.PINGRESP);
    bye(later);

    Probe last = v3("c", "admin", true);
    last.ping();
    last.read(MqttMessageType.PINGRESP);
  }

  @ParameterizedTest
  @EnumSource
  void a_qos_2_message_that_is_sent_again_is_taken_once(Databases database) {
    start(database);
    Probe subscriber = v3("s", "admin", false);
    subscriber.subscribe(1, "plain/#");
    Probe publisher = v3("p", "admin", false);
    publisher.publish("plain/a", 2, 7, "1");
    publisher.readAck(PUBREC, 7);
    publisher.close();
    MqttPublishMessage message = subscriber.readPublish();
    subscriber.acknowledge(0x40, id(message));

    restart();
    Probe back = v3("p", "admin", true);
    back.publish("plain/a", 2, 7, "1", false, true, MqttProperties.NO_PROPERTIES);
    back.readAck(PUBREC, 7);
    back.acknowledge(0x62, 7);
    back.readAck(PUBCOMP, 7);
    back.publish("plain/a", 2, 7, "2");
    back.readAck(PUBREC, 7);

    assertEquals("2", v3("s", "admin", true).readText());
  }

  @Test
  void a_session_ends_when_its_time_is_over() {
    start();
    Probe client = v5("c", "admin", 60, false);
    client.subscribe(1, "plain/#");
    bye(client);
    clock.advance(Duration.ofSeconds(59));
    bye(v5("c", "admin", 60, true));

    clock.advance(Duration.ofSeconds(60));
    eventually(() -> fixture.gauge("vatio.mqtt.sessions") == 0);
    bye(v5("c", "admin", 60, false));
  }

  @Test
  void a_session_whose_time_ended_while_the_server_was_down_is_not_found() {
    start();
    bye(v5("c", "admin", 60, false));
    fixture.close();
    clock.advance(Duration.ofSeconds(61));
    fixture = BrokerFixture.on(url, clock, settings);
    eventually(() -> fixture.gauge("vatio.mqtt.sessions") == 0);
    v5("c", "admin", 60, false);
  }

  @Test
  void a_client_may_change_at_its_end_how_long_its_session_is_kept() {
    start();
    Probe client = v5("c", "admin", 60, false);
    client.send(disconnect(0));
    client.readClosed();
    Probe other = v5("c", "admin", 60, false);
    other.send(disconnect(HOUR));
    other.readClosed();
    clock.advance(Duration.ofSeconds(HOUR - 1));
    bye(v5("c", "admin", 0, true));

    Probe none = v5("c", "admin", 0, false);
    none.send(disconnect(60));
    assertEquals(Packets.PROTOCOL_ERROR, none.readDisconnect());
  }

  private static MqttMessage disconnect(int expiry) {
    return new MqttMessage(
        new MqttFixedHeader(MqttMessageType.DISCONNECT, false, MqttQoS.AT_MOST_ONCE, false, 0),
        new MqttReasonCodeAndPropertiesVariableHeader(
            (byte) 0, Probe.properties(MqttProperties.SESSION_EXPIRY_INTERVAL, expiry)));
  }

  @Test
  void nobody_is_kept_for_longer_than_the_server_says() {
    settings =
        s -> BrokerSettings.sessions(s, SessionSettings.DEFAULT.longest(Duration.ofMinutes(2)));
    start();
    Probe client = kept(new Probe(fixture.port()));
    MqttConnAckVariableHeader answer = connect5(client, "c", "admin", -1);
    assertEquals(
        120, answer.properties().getProperty(MqttProperties.SESSION_EXPIRY_INTERVAL).value());
    bye(client);
    v3("d", "admin", false).close();
    eventually(() -> fixture.gauge("vatio.mqtt.connections") == 0);
    clock.advance(Duration.ofMinutes(2));
    eventually(() -> fixture.gauge("vatio.mqtt.sessions") == 0);
  }

  @Test
  void a_clean_start_forgets_the_session() {
    start();
    Probe client = v3("c", "admin", false);
    client.subscribe(1, "plain/#");
    bye(client);
    publish("plain/a", "1");

    Probe clean = kept(Probe.v3(fixture.port(), "c", "admin"));
    clean.ping();
    clean.read(MqttMessageType.PINGRESP);
    bye(clean);
    v3("c", "admin", false);
    assertEquals(0, fixture.gauge("vatio.mqtt.queued"));
  }

  @Test
  void a_newer_connection_takes_the_session_over() {
    start();
    Probe older = v5("c", "admin", HOUR, false);
    older.subscribe(1, "plain/#");
    Probe newer = v5("c", "admin", HOUR, true);
    assertEquals(Packets.TAKEN_OVER, older.readDisconnect());
    publish("plain/a", "1");
    assertEquals("1", newer.readText());
  }

  @Test
  void the_same_client_id_of_another_owner_is_another_session() {
    start();
    Probe one = v3("c", "pump-1", false);
    one.subscribe(1, "dispositivos/pump-1/#");
    bye(one);
    bye(v3("c", "pump-2", false));
    publish("dispositivos/pump-1/comandos", "go");
    v3("c", "pump-2", true);
    assertEquals("go", v3("c", "pump-1", true).readText());
  }

  @Test
  void the_sessions_of_a_deleted_device_go_with_it() {
    start();
    Probe online = v5("on", "pump-1", HOUR, false);
    bye(v3("off", "pump-1", false));
    bye(v3("off", "pump-2", false));

    fixture.core.events.publish(new DeviceAccessRevoked(BrokerFixture.PUMP_1, "pump-1", true));

    assertEquals(Packets.ADMINISTRATIVE, online.readDisconnect());
    v3("off", "pump-1", false);
    v5("on", "pump-1", HOUR, false);
    v3("off", "pump-2", true);
  }

  @Test
  void a_full_queue_keeps_what_it_has() {
    settings =
        s ->
            BrokerSettings.sessions(
                s, new SessionSettings(Duration.ofDays(1), 10, 10, 2, 1 << 20, 1_000, 1 << 20));
    start();
    Probe client = v3("c", "admin", false);
    client.subscribe(1, "plain/#");
    bye(client);
    publish("plain/a", "1", "2", "3");
    assertEquals(1, fixture.figure("vatio.mqtt.dropped", "reason", "queue_full"));

    Probe back = v3("c", "admin", true);
    assertEquals("1", back.readText());
    assertEquals("2", back.readText());
    back.ping();
    back.read(MqttMessageType.PINGRESP);
  }

  @Test
  void an_owner_with_too_many_sessions_loses_the_one_that_is_away_for_longest() {
    settings =
        s ->
            BrokerSettings.sessions(
                s, new SessionSettings(Duration.ofDays(1), 10, 2, 10, 1 << 20, 1_000, 1 << 20));
    start();
    bye(v3("a", "admin", false));
    clock.advance(Duration.ofSeconds(1));
    bye(v3("b", "admin", false));
    clock.advance(Duration.ofSeconds(1));
    bye(v3("c", "admin", false));
    bye(v3("b", "admin", true));
    bye(v3("c", "admin", true));
    v3("a", "admin", false);
  }

  @Test
  void a_message_that_expired_meanwhile_is_not_sent_and_the_others_say_what_is_left() {
    start();
    Probe client = v5("c", "admin", HOUR, false);
    client.subscribe(1, "plain/#");
    bye(client);
    Probe publisher = kept(Probe.v5(fixture.port(), "p", "admin"));
    publisher.publish("plain/a", 1, 1, "short", false, false, expiry(10));
    publisher.readAck(PUBACK, 1);
    publisher.publish("plain/a", 1, 2, "long", false, false, expiry(100));
    publisher.readAck(PUBACK, 2);

    clock.advance(Duration.ofSeconds(30));
    MqttPublishMessage message = v5("c", "admin", HOUR, true).readPublish();

    assertEquals("long", Probe.text(message));
    assertEquals(
        70,
        message
            .variableHeader()
            .properties()
            .getProperty(MqttProperties.PUBLICATION_EXPIRY_INTERVAL)
            .value());
  }

  private static MqttProperties expiry(int seconds) {
    return Probe.properties(MqttProperties.PUBLICATION_EXPIRY_INTERVAL, seconds);
  }

  @Test
  void qos_0_does_not_wait_for_clients_that_are_away() {
    start();
    Probe client = v3("c", "admin", false);
    client.subscribe(1, "plain/#");
    bye(client);
    Probe publisher = publisher();
    publisher.publish("plain/a", 0, 0, "lost");
    publisher.publish("plain/a", 1, 1, "kept");
    publisher.readAck(PUBACK, 1);
    assertEquals("kept", v3("c", "admin", true).readText());
  }

  @Test
  void a_delayed_will_is_published_after_its_delay_even_by_the_next_server() {
    start();
    Probe watcher = v3("w", "admin", false);
    watcher.subscribe(1, "plain/#");
    lastWill("c", 30, false).close();
    eventually(() -> fixture.gauge("vatio.mqtt.connections") == 1);

    clock.advance(Duration.ofSeconds(29));
    restart();
    Probe back = v3("w", "admin", true);
    back.ping();
    back.read(MqttMessageType.PINGRESP);
    clock.advance(Duration.ofSeconds(1));
    assertEquals("gone", back.readText());
  }

  @Test
  void a_client_that_comes_back_in_time_takes_its_will_back() {
    start();
    Probe watcher = v3("w", "admin", false);
    watcher.subscribe(1, "plain/#");
    lastWill("c", 30, false).close();
    eventually(() -> fixture.gauge("vatio.mqtt.connections") == 1);
    bye(v5("c", "admin", HOUR, true));

    clock.advance(Duration.ofSeconds(31));
    publish("plain/b", "next");
    assertEquals("next", watcher.readText());
  }

  @Test
  void the_end_of_a_session_publishes_its_will_at_once() {
    start();
    Probe watcher = v3("w", "admin", false);
    watcher.subscribe(1, "plain/#");
    lastWill("c", 30, false).close();
    eventually(() -> fixture.gauge("vatio.mqtt.connections") == 1);
    kept(Probe.v5(fixture.port(), "c", "admin"));
    assertEquals("gone", watcher.readText());
  }

  private Probe lastWill(String client, int delay, boolean present) {
    Probe probe = kept(new Probe(fixture.port()));
    assertEquals(
        present,
        probe
            .connect(
                MQTT_5,
                client,
                "admin",
                "secret",
                c ->
                    c.cleanSession(false)
                        .properties(Probe.properties(MqttProperties.SESSION_EXPIRY_INTERVAL, HOUR))
                        .willFlag(true)
                        .willTopic("plain/will")
                        .willQoS(MqttQoS.AT_LEAST_ONCE)
                        .willMessage("gone".getBytes(StandardCharsets.UTF_8))
                        .willProperties(
                            Probe.properties(MqttProperties.WILL_DELAY_INTERVAL, delay)))
            .variableHeader()
            .isSessionPresent());
    return probe;
  }

  @Test
  void members_of_a_shared_subscription_take_turns() {
    start();
    Probe one = v3("one", "admin", false);
    Probe two = v3("two", "admin", false);
    one.subscribe(1, "$share/g/plain/#");
    two.subscribe(1, "$share/g/plain/#");
    publish("plain/a", "1", "2", "3", "4");
    List<String> ones = List.of(one.readText(), one.readText());
    List<String> twos = List.of(two.readText(), two.readText());
    List<String> all = new ArrayList<>(ones);
    all.addAll(twos);
    all.sort(null);
    assertEquals(List.of("1", "2", "3", "4"), all);
  }

  @Test
  void what_a_member_leaves_undone_at_its_end_goes_to_another() {
    start();
    Probe one = kept(Probe.v3(fixture.port(), "one", "admin"));
    one.subscribe(1, "$share/g/plain/#");
    publish("plain/a", "1", "2");
    one.readText();
    one.readText();
    Probe two = v3("two", "admin", false);
    two.subscribe(1, "$share/g/plain/#");
    one.close();
    assertEquals("1", two.readText());
    assertEquals("2", two.readText());
  }

  @Test
  void a_shared_subscription_waits_for_a_kept_member_and_brings_nothing_retained() {
    start();
    Probe admin = publisher();
    admin.retain("plain/old", 1, 1, "old");
    admin.readAck(PUBACK, 1);
    Probe one = v3("one", "admin", false);
    one.subscribe(1, "$share/g/plain/#");
    bye(one);
    admin.publish("plain/a", 1, 2, "1");
    admin.readAck(PUBACK, 2);
    restart();
    assertEquals("1", v3("one", "admin", true).readText());
  }

  @Test
  void who_hears_a_topic_alone_and_in_a_group_gets_it_twice() {
    start();
    Probe both = v5("both", "admin", HOUR, false);
    both.subscribe(1, "plain/#", "$share/g/plain/#", "$share/h/plain/+");
    Probe sender = v5("sender", "admin", 0, false);

    sender.publish("plain/a", 1, 1, "m");
    sender.readAck(PUBACK, 1);

    for (int i = 1; i <= 3; i++) {
      assertEquals("m", both.readText());
    }
  }

  @Test
  void a_member_that_is_away_gets_nothing_while_another_is_only_busy() {
    start();
    Probe away = v5("away", "admin", HOUR, false);
    away.subscribe(1, "$share/g/plain/#");
    away.close();
    eventually(() -> fixture.gauge("vatio.mqtt.connections") == 0);
    Probe busy =
        kept(
            Probe.connected(
                fixture.port(),
                MQTT_5,
                "busy",
                "admin",
                c -> c.properties(Probe.properties(MqttProperties.RECEIVE_MAXIMUM, 1))));
    busy.subscribe(1, "$share/g/plain/#");
    Probe sender = v5("sender", "admin", 0, false);

    for (int i = 1; i <= 4; i++) {
      sender.publish("plain/a", 1, i, "m" + i);
      sender.readAck(PUBACK, i);
    }

    for (int i = 1; i <= 4; i++) {
      MqttPublishMessage message = busy.readPublish();
      assertEquals("m" + i, Probe.text(message));
      busy.acknowledge(0x40, message.variableHeader().packetId());
    }
  }

  @Test
  void a_shared_subscription_needs_the_rights_of_what_it_shares() {
    start();
    Probe device = kept(Probe.v5(fixture.port(), "d", "pump-1"));
    assertEquals(
        List.of(0x87, 1, 0x8f, 0x8f),
        device.subscribe(
            1, "$share/g/#", "$share/g/dispositivos/pump-1/#", "$share/g", "$share/a+b/x"));
  }

  @Test
  void no_local_makes_no_sense_for_a_shared_subscription() {
    start();
    Probe client = kept(Probe.v5(fixture.port(), "c", "admin"));
    client.send(
        MqttMessageBuilders.subscribe()
            .messageId(1)
            .addSubscription(
                "$share/g/a",
                new io.netty.handler.codec.mqtt.MqttSubscriptionOption(
                    MqttQoS.AT_LEAST_ONCE,
                    true,
                    false,
                    io.netty.handler.codec.mqtt.MqttSubscriptionOption.RetainedHandlingPolicy
                        .SEND_AT_SUBSCRIBE))
            .build());
    assertEquals(Packets.PROTOCOL_ERROR, client.readDisconnect());
  }

  @Test
  void topics_that_repeat_are_sent_by_alias_to_clients_that_take_it() {
    start();
    Probe client = kept(new Probe(fixture.port()));
    client.connect(
        MQTT_5,
        "c",
        "admin",
        "secret",
        c -> c.properties(Probe.properties(MqttProperties.TOPIC_ALIAS_MAXIMUM, 1)));
    client.subscribe(0, "plain/#");
    publish("plain/a", "1", "2");
    publish("plain/b", "3");
    assertAlias(client.readPublish(), "plain/a", 1);
    assertAlias(client.readPublish(), "", 1);
    assertAlias(client.readPublish(), "plain/b", null);
  }

  private static void assertAlias(
      MqttPublishMessage message, String topic, @Nullable Integer alias) {
    assertEquals(topic, message.variableHeader().topicName());
    var property = message.variableHeader().properties().getProperty(MqttProperties.TOPIC_ALIAS);
    assertEquals(alias, property == null ? null : property.value());
  }

  @Test
  void text_that_is_not_utf_8_is_refused() {
    start();
    Probe client = kept(Probe.v5(fixture.port(), "c", "admin"));
    client.raw(
        new byte[] {
          0x32, 10, 0, 1, 'a', 0, 9, 2, MqttProperties.PAYLOAD_FORMAT_INDICATOR, 1, (byte) 0xff, 'x'
        });
    assertEquals(Packets.PAYLOAD_INVALID, client.readAckReason(PUBACK, 9));
  }
}
