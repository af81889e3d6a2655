package io.vatio.protocol.mqtt;

import static io.netty.handler.codec.mqtt.MqttMessageType.PINGRESP;
import static io.netty.handler.codec.mqtt.MqttMessageType.PUBACK;
import static io.netty.handler.codec.mqtt.MqttMessageType.PUBCOMP;
import static io.netty.handler.codec.mqtt.MqttMessageType.PUBREC;
import static io.netty.handler.codec.mqtt.MqttMessageType.PUBREL;
import static io.netty.handler.codec.mqtt.MqttVersion.MQTT_3_1_1;
import static io.netty.handler.codec.mqtt.MqttVersion.MQTT_5;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.handler.codec.mqtt.MqttMessageBuilders;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttPubReplyMessageVariableHeader;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttSubscriptionOption;
import io.netty.handler.codec.mqtt.MqttSubscriptionOption.RetainedHandlingPolicy;
import io.vatio.device.Device;
import io.vatio.device.DeviceAccessRevoked;
import io.vatio.ingest.InboxSettings;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The broker, packet by packet.
@Timeout(60)
class EmbeddedBrokerTest {
  private static final String OWN = "dispositivos/pump-1/estado";

  @TempDir Path folder;
  private BrokerFixture fixture;
  private final List<Probe> probes = new ArrayList<>();

  private void start() {
    fixture = BrokerFixture.start(folder);
  }

  private Probe v3(String client, String user) {
    return kept(Probe.v3(fixture.port(), client, user));
  }

  private Probe v5(String client, String user) {
    return kept(Probe.v5(fixture.port(), client, user));
  }

  private Probe kept(Probe probe) {
    probes.add(probe);
    return probe;
  }

  @AfterEach
  void stop() {
    probes.forEach(Probe::close);
    if (fixture != null) {
      fixture.close();
    }
  }

  private long readings() {
    return fixture.core.readings.lastSeq();
  }

  // ---- acknowledgement

  @Test
  void acknowledges_only_after_the_commit_and_in_the_order_of_arrival() {
    start();
    Probe pump = v3("c", "pump-1");
    pump.publish(OWN, 1, 1, "0");
    pump.readAck(PUBACK, 1);

    var commits = fixture.core.devices.changes();
    commits.lock();
    try {
      for (int id = 2; id <= 200; id++) {
        pump.publish(OWN, id % 3 == 0 ? 2 : 1, id, Integer.toString(id));
      }
      pump.ping();
      // Were one of the 199 answered, its answer would come first.
      pump.read(PINGRESP);
      assertEquals(1, readings());
    } finally {
      commits.unlock();
    }
    for (int id = 2; id <= 200; id++) {
      pump.readAck(id % 3 == 0 ? PUBREC : PUBACK, id);
    }
    assertEquals(200, readings());
  }

  @Test
  void messages_that_nobody_measures_are_acknowledged_after_those_before_them() {
    start();
    Probe admin = v3("c", "admin");
    var commits = fixture.core.devices.changes();
    commits.lock();
    try {
      admin.publish(OWN, 1, 1, "1");
      admin.publish("plain/topic", 1, 2, "x");
      admin.ping();
      admin.read(PINGRESP);
    } finally {
      commits.unlock();
    }
    admin.readAck(PUBACK, 1);
    admin.readAck(PUBACK, 2);
  }

  @Test
  void a_subscriber_hears_of_a_reading_only_after_the_commit() {
    start();
    Probe admin = v3("watcher", "admin");
    admin.subscribe(1, "dispositivos/#");
    Probe pump = v3("c", "pump-1");
    var commits = fixture.core.devices.changes();
    commits.lock();
    try {
      pump.publish(OWN, 1, 1, "5");
      pump.ping();
      pump.read(PINGRESP);
      admin.ping();
      admin.read(PINGRESP);
    } finally {
      commits.unlock();
    }
    assertEquals("5", admin.readText());
  }

  @Test
  void messages_of_a_client_that_is_gone_are_committed_all_the_same() {
    start();
    Probe admin = v3("watcher", "admin");
    admin.subscribe(0, "dispositivos/#");
    Probe pump = v3("c", "pump-1");
    var commits = fixture.core.devices.changes();
    commits.lock();
    try {
      pump.publish(OWN, 1, 1, "1");
      pump.publish(OWN, 1, 2, "2");
      pump.ping();
      pump.read(PINGRESP);
      pump.close();
    } finally {
      commits.unlock();
    }
    assertEquals("1", admin.readText());
    assertEquals("2", admin.readText());
    assertEquals(2, readings());
  }

  @Test
  void quality_of_service_2_stores_a_repeated_message_once() {
    start();
    Probe pump = v3("c", "pump-1");
    pump.publish(OWN, 2, 9, "1");
    pump.readAck(PUBREC, 9);
    pump.publish(OWN, 2, 9, "1", false, true, MqttProperties.NO_PROPERTIES);
    pump.readAck(PUBREC, 9);
    pump.acknowledge(Packets.PUBREL, 9);
    pump.readAck(PUBCOMP, 9);
    assertEquals(1, readings());

    pump.publish(OWN, 2, 9, "2");
    pump.readAck(PUBREC, 9);
    assertEquals(2, readings());
  }

  @Test
  void quality_of_service_1_sent_again_over_a_new_connection_is_stored_once() {
    start();
    Probe pump = v3("c", "pump-1");
    pump.publish(OWN, 1, 4, "17.5");
    pump.readAck(PUBACK, 4);
    pump.close();

    Probe again = v3("c", "pump-1");
    again.publish(OWN, 1, 4, "17.5", false, true, MqttProperties.NO_PROPERTIES);
    again.readAck(PUBACK, 4);
    assertEquals(1, readings());
  }

  @Test
  void quality_of_service_0_is_stored_without_an_answer() {
    start();
    Probe pump = v3("c", "pump-1");
    pump.publish(OWN, 0, 0, "1");
    pump.publish(OWN, 1, 1, "2");
    pump.readAck(PUBACK, 1);
    assertEquals(2, readings());
  }

  @Test
  void an_mqtt_5_client_hears_why_its_message_was_refused_and_an_older_one_is_acknowledged() {
    start();
    Probe pump = v5("c", "pump-1");
    pump.publish(OWN, 1, 1, "abc");
    var answer = (MqttPubReplyMessageVariableHeader) pump.read(PUBACK).variableHeader();
    assertEquals(Packets.PAYLOAD_INVALID, answer.reasonCode() & 0xff);
    assertEquals(
        fixture.core.messages.in("es", io.vatio.kernel.Text.of("ingest.not_understood")),
        answer.properties().getProperty(MqttProperties.REASON_STRING).value());
    pump.publish(OWN, 2, 2, "abc");
    assertEquals(Packets.PAYLOAD_INVALID, pump.readAckReason(PUBREC, 2));

    Probe old = v3("d", "pump-1");
    old.publish(OWN, 1, 1, "abc");
    old.readAck(PUBACK, 1);

    assertEquals(3, fixture.deadLetters().size());
    assertEquals(0, readings());
  }

  @Test
  void a_client_that_wants_no_problem_information_gets_only_the_code() {
    start();
    Probe pump =
        kept(
            Probe.connected(
                fixture.port(),
                MQTT_5,
                "c",
                "pump-1",
                c ->
                    c.properties(Probe.properties(MqttProperties.REQUEST_PROBLEM_INFORMATION, 0))));
    pump.publish(OWN, 1, 1, "abc");
    var answer = (MqttPubReplyMessageVariableHeader) pump.read(PUBACK).variableHeader();
    assertTrue(answer.properties().isEmpty());
  }

  // ---- floods

  @Test
  void a_flood_slows_its_sender_down_and_loses_nothing() throws InterruptedException {
    start();
    Probe pump = v3("c", "pump-1");
    int count = 20_000;
    Thread writer =
        Thread.ofPlatform()
            .start(
                () -> {
                  for (int i = 1; i <= count; i++) {
                    pump.publish(OWN, 1, i, Integer.toString(i));
                  }
                });
    for (int i = 1; i <= count; i++) {
      pump.readAck(PUBACK, i);
    }
    writer.join();
    assertEquals(count, readings());
    assertEquals(0, fixture.figure("vatio.messages.overloaded"));
  }

  @Test
  void a_flood_without_acknowledgements_stays_within_what_the_inbox_holds() {
    start();
    Probe pump = v3("c", "pump-1");
    var commits = fixture.core.devices.changes();
    commits.lock();
    try {
      for (int i = 0; i < 3_000; i++) {
        pump.publish(OWN, 0, 0, Integer.toString(i));
      }
      Probe other = v3("d", "pump-2");
      other.ping();
      other.read(PINGRESP);
      double waiting = fixture.core.meters.get("vatio.inbox.messages").gauge().value();
      assertTrue(waiting <= 1_001, "waiting " + waiting);
    } finally {
      commits.unlock();
    }
    pump.publish(OWN, 1, 1, "last");
    pump.readAck(PUBACK, 1);
    assertEquals(3_000, readings());
  }

  @Test
  void an_mqtt_5_client_that_ignores_receive_maximum_is_disconnected() {
    start();
    Probe pump = v5("c", "pump-1");
    var commits = fixture.core.devices.changes();
    commits.lock();
    try {
      for (int id = 1; id <= 1_001; id++) {
        pump.publish(OWN, 1, id, "1");
      }
      assertEquals(Packets.RECEIVE_MAXIMUM_EXCEEDED, pump.readDisconnect());
    } finally {
      commits.unlock();
    }
  }

  /// The server may have ended the connection already: nothing of it found room.
  private static void publishUntilClosed(Probe client, String topic, int messages) {
    try {
      for (int id = 1; id <= messages; id++) {
        client.publish(topic, 1, id, "1");
      }
    } catch (UncheckedIOException _) {
      assertNull(client.read());
    }
  }

  @Test
  void an_overloaded_inbox_means_no_acknowledgement_and_the_end_of_the_connection() {
    fixture = BrokerFixture.start(folder, new InboxSettings(10, 1 << 20, 100, 100));
    Probe pump = v5("c", "pump-1");
    Probe old = v3("d", "pump-2");
    var commits = fixture.core.devices.changes();
    commits.lock();
    try {
      for (int id = 1; id <= 50; id++) {
        pump.publish(OWN, 1, id, "1");
      }
      pump.ping();
      pump.read(PINGRESP);
      publishUntilClosed(old, "dispositivos/pump-2/estado", 50);
    } finally {
      commits.unlock();
    }
    // Those that found room are answered, the first that did not ends it.
    int id = 0;
    var packet = pump.read();
    while (packet.fixedHeader().messageType() == PUBACK) {
      id++;
      packet = pump.read();
    }
    assertEquals(MqttMessageType.DISCONNECT, packet.fixedHeader().messageType());
    assertTrue(id < 50, "acknowledged " + id);
    packet = old.read();
    while (packet != null) {
      assertEquals(PUBACK, packet.fixedHeader().messageType());
      packet = old.read();
    }
  }

  @Test
  void a_subscriber_that_does_not_read_costs_a_bounded_amount_and_is_let_go() {
    start();
    Probe sleeper = v5("sleeper", "admin");
    sleeper.subscribe(1, "plain/#");
    Probe other = v5("other", "admin");
    other.subscribe(1, "plain/last");
    Probe admin = v3("c", "admin");
    String payload = "x".repeat(20_000);
    for (int id = 1; id <= 400; id++) {
      admin.publish("plain/a", 1, id, payload);
    }
    for (int id = 1; id <= 400; id++) {
      admin.readAck(PUBACK, id);
    }
    assertEquals(1, fixture.figure("vatio.mqtt.subscribers.closed"));
    admin.publish("plain/last", 1, 500, "x");
    admin.readAck(PUBACK, 500);
    assertEquals("x", other.readText());
  }

  @Test
  void what_may_be_lost_is_dropped_for_a_slow_subscriber_and_it_stays() {
    start();
    Probe sleeper = v3("sleeper", "admin");
    sleeper.subscribe(0, "plain/#");
    Probe admin = v3("c", "admin");
    String payload = "x".repeat(20_000);
    for (int id = 1; id <= 800; id++) {
      admin.publish("plain/a", 1, id, payload);
    }
    for (int id = 1; id <= 800; id++) {
      admin.readAck(PUBACK, id);
    }
    assertEquals(0, fixture.figure("vatio.mqtt.subscribers.closed"));
    double dropped = fixture.figure("vatio.mqtt.dropped", "reason", "slow_subscriber");
    assertTrue(dropped > 0, "dropped " + dropped);
    sleeper.ping();
    int got = 0;
    var packet = sleeper.read();
    while (packet.fixedHeader().messageType() == MqttMessageType.PUBLISH) {
      got++;
      packet = sleeper.read();
    }
    assertTrue(got + dropped <= 800 && got > 0, got + " and " + dropped);
  }

  // ---- bad packets

  @Test
  void a_packet_of_300_kilobytes_is_refused_with_its_reason_and_harms_nobody() {
    start();
    Probe other = v3("other", "pump-2");
    Probe pump = v5("c", "pump-1");
    pump.publish(OWN, 1, 1, "x".repeat(300_000));
    assertEquals(Packets.TOO_LARGE, pump.readDisconnect());

    other.publish("dispositivos/pump-2/estado", 1, 1, "1");
    other.readAck(PUBACK, 1);
    var letter = fixture.deadLetters().getFirst();
    assertEquals("tamano", letter.reason());
    assertEquals(OWN, letter.address());
    assertTrue(letter.detail().contains("300"), letter.detail());
  }

  @Test
  void bytes_that_are_no_packet_end_only_their_own_connection() {
    start();
    Probe other = v3("other", "pump-2");
    Probe five = v5("c", "pump-1");
    five.raw(new byte[] {(byte) 0xff, 0, 0, 0});
    assertEquals(Packets.MALFORMED_PACKET, five.readDisconnect());
    Probe three = v3("c", "pump-1");
    three.raw(new byte[] {0x36, 5, 0, 1, 'a', 0, 1});
    three.readClosed();
    Probe stranger = kept(new Probe(fixture.port()));
    stranger.raw("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    stranger.readClosed();
    other.ping();
    other.read(PINGRESP);
  }

  @Test
  void packets_before_connect_and_a_second_connect_end_the_connection() {
    start();
    Probe early = kept(new Probe(fixture.port()));
    early.publish(OWN, 1, 1, "1");
    early.readClosed();
    Probe twice = v5("c", "pump-1");
    twice.send(MqttMessageBuilders.connect().protocolVersion(MQTT_5).clientId("c").build());
    assertEquals(Packets.PROTOCOL_ERROR, twice.readDisconnect());
  }

  @Test
  void what_is_retained_comes_once_for_a_filter_that_is_named_often() {
    start();
    Probe client = v5("often", "admin");
    client.retain("plain/a", 1, 1, "kept");
    client.readAck(PUBACK, 1);
    String[] filters = new String[5_000];
    Arrays.fill(filters, "plain/+");

    assertEquals(5_000, client.subscribe(0, filters).size());
    assertEquals("kept", client.readText());
    client.ping();
    client.read(PINGRESP);
  }

  @Test
  void nothing_to_unsubscribe_from_is_a_protocol_error() {
    start();
    Probe empty = v5("empty", "admin");
    empty.raw(new byte[] {(byte) 0xa2, 3, 0, 1, 0});
    assertEquals(Packets.PROTOCOL_ERROR, empty.readDisconnect());
  }

  @Test
  void packets_sent_right_behind_connect_wait_for_the_answer() {
    start();
    Probe pump = kept(new Probe(fixture.port()));
    byte[] connect = {
      0x10,
      27,
      0,
      4,
      'M',
      'Q',
      'T',
      'T',
      4,
      (byte) 0xC2,
      0,
      60,
      0,
      1,
      'c',
      0,
      6,
      'p',
      'u',
      'm',
      'p',
      '-',
      '1',
      0,
      6,
      's',
      'e',
      'c',
      'r',
      'e',
      't'
    };
    connect[1] = (byte) (connect.length - 2);
    byte[] ping = {(byte) 0xC0, 0};
    byte[] all = Arrays.copyOf(connect, connect.length + 2 * ping.length);
    System.arraycopy(ping, 0, all, connect.length, 2);
    System.arraycopy(ping, 0, all, connect.length + 2, 2);
    pump.raw(all);
    pump.read(MqttMessageType.CONNACK);
    pump.read(PINGRESP);
    pump.read(PINGRESP);
  }

  @Test
  void a_topic_with_too_many_levels_or_a_wildcard_is_refused() {
    start();
    Probe deep = v5("a", "admin");
    deep.publish("a/".repeat(40), 1, 1, "x");
    assertEquals(Packets.TOPIC_INVALID, deep.readDisconnect());
    Probe wild = v5("b", "admin");
    wild.raw(new byte[] {0x30, 5, 0, 1, '#', 0, 'x'});
    assertEquals(Packets.MALFORMED_PACKET, wild.readDisconnect());
  }

  // ---- login

  @Test
  void wrong_missing_and_throttled_credentials_are_refused_in_the_words_of_each_version() {
    start();
    assertEquals(4, refused(MQTT_3_1_1, "pump-1", "wrong"));
    assertEquals(0x86, refused(MQTT_5, "pump-1", "wrong"));
    assertEquals(5, refused(MQTT_3_1_1, null, null));
    assertEquals(0x87, refused(MQTT_5, null, null));
    assertEquals(3, refused(MQTT_3_1_1, "slow", "secret"));
    assertEquals(0x97, refused(MQTT_5, "slow", "secret"));
    assertEquals(6, fixture.figure("vatio.mqtt.logins.refused"));
  }

  private int refused(
      io.netty.handler.codec.mqtt.MqttVersion version, String user, String password) {
    Probe probe = kept(new Probe(fixture.port()));
    var answer = probe.connect(version, "c", user, password, c -> c);
    probe.readClosed();
    return answer.variableHeader().connectReturnCode().byteValue() & 0xff;
  }

  @Test
  void clients_without_credentials_come_in_only_where_that_is_switched_on() {
    fixture = BrokerFixture.start(folder, BrokerSettings::anonymous);
    Probe old = kept(Probe.v3(fixture.port(), "old-1", null));
    old.publish("dispositivos/old-1/estado", 1, 1, "3");
    old.readAck(PUBACK, 1);
    assertEquals(List.of(1, 0x80), old.subscribe(1, "dispositivos/old-1/#", "dispositivos/+/#"));
    assertEquals(1, readings());
  }

  @Test
  void a_client_without_an_id_gets_one() {
    start();
    Probe probe = kept(new Probe(fixture.port()));
    var answer = probe.connect(MQTT_5, "", "pump-1", "secret", c -> c);
    assertTrue(
        answer
            .variableHeader()
            .properties()
            .getProperty(MqttProperties.ASSIGNED_CLIENT_IDENTIFIER)
            .value()
            .toString()
            .startsWith("vatio-"));
    Probe old = kept(new Probe(fixture.port()));
    assertEquals(
        2,
        old.connect(MQTT_3_1_1, "", "pump-1", "secret", c -> c.cleanSession(false))
            .variableHeader()
            .connectReturnCode()
            .byteValue());
  }

  @Test
  void a_client_takes_over_its_own_older_connection_and_no_other() {
    start();
    Probe own = v5("same", "pump-1");
    Probe stranger = v5("same", "pump-2");
    Probe newer = v5("same", "pump-1");
    assertEquals(Packets.TAKEN_OVER, own.readDisconnect());
    stranger.ping();
    stranger.read(PINGRESP);
    newer.ping();
    newer.read(PINGRESP);
  }

  @Test
  void revoking_a_device_ends_its_connections_at_once() {
    start();
    Probe five = v5("a", "pump-1");
    Probe three = v3("b", "pump-1");
    Probe other = v5("c", "pump-2");
    fixture.core.events.publish(new DeviceAccessRevoked(BrokerFixture.PUMP_1, "pump-1", false));
    assertEquals(Packets.ADMINISTRATIVE, five.readDisconnect());
    three.readClosed();
    other.ping();
    other.read(PINGRESP);
  }

  @Test
  void a_silent_client_is_ended_after_half_as_long_again_as_agreed() {
    start();
    Probe watcher = v3("w", "admin");
    watcher.subscribe(0, "plain/will");
    long before = System.nanoTime();
    Probe silent =
        kept(
            Probe.connected(
                fixture.port(),
                MQTT_5,
                "c",
                "admin",
                c ->
                    c.keepAlive(1)
                        .willFlag(true)
                        .willTopic("plain/will")
                        .willMessage("gone".getBytes(StandardCharsets.UTF_8))));
    assertEquals(Packets.KEEP_ALIVE_TIMEOUT, silent.readDisconnect());
    long ms = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - before);
    assertTrue(ms >= 1_500 && ms < 4_000, ms + " ms");
    assertEquals("gone", watcher.readText());
  }

  @Test
  void a_connection_that_never_says_who_it_is_is_closed() {
    fixture = BrokerFixture.start(folder, BrokerSettings::impatient);
    Probe mute = kept(new Probe(fixture.port()));
    mute.readClosed();
  }

  @Test
  void more_connections_than_allowed_are_closed_and_the_others_stay() {
    fixture = BrokerFixture.start(folder, settings -> BrokerSettings.connections(settings, 2));
    Probe first = v3("a", "pump-1");
    v3("b", "pump-1");
    kept(new Probe(fixture.port())).readClosed();
    first.ping();
    first.read(PINGRESP);
    first.close();
    BrokerSettings.eventually(
        () -> fixture.core.meters.get("vatio.mqtt.connections").gauge().value() == 1);
    v3("c", "pump-1");
  }

  // ---- access

  @Test
  void a_message_on_a_forbidden_topic_is_kept_as_a_dead_letter_and_goes_nowhere() {
    start();
    Probe admin = v3("w", "admin");
    admin.subscribe(0, "dispositivos/pump-2/estado");
    Probe five = v5("a", "pump-1");
    five.publish("dispositivos/pump-2/estado", 1, 1, "1");
    assertEquals(Packets.NOT_AUTHORIZED, five.readAckReason(PUBACK, 1));
    Probe three = v3("b", "pump-1");
    three.publish("dispositivos/pump-2/estado", 2, 1, "1");
    three.readAck(PUBREC, 1);
    Probe own = v3("c", "pump-2");
    own.publish("dispositivos/pump-2/estado", 1, 1, "42");
    assertEquals("42", admin.readText());
    assertEquals(2, fixture.figure("vatio.mqtt.denied"));
    assertEquals(
        List.of("topico_no_permitido", "topico_no_permitido"),
        fixture.deadLetters().stream().map(l -> l.reason()).toList());
    assertEquals("device_pump-1", fixture.deadLetters().getFirst().sender());
  }

  @Test
  void filters_that_reach_further_than_allowed_are_refused() {
    start();
    Probe five = v5("a", "pump-1");
    assertEquals(
        List.of(1, 0x87, 0x87, 1, 0x8f),
        five.subscribe(
            1,
            "dispositivos/pump-1/#",
            "dispositivos/#",
            "#",
            "$share/g/dispositivos/pump-1/#",
            "a/#/b"));
    Probe three = v3("b", "pump-1");
    assertEquals(
        List.of(2, 0x80, 0x80),
        three.subscribe(2, "dispositivos/pump-1/comandos", "#", "$share/g/x"));
  }

  @Test
  void a_session_has_a_bounded_number_of_subscriptions() {
    start();
    Probe admin = v5("a", "admin");
    for (int i = 0; i < 100; i++) {
      assertEquals(List.of(0), admin.subscribe(0, "plain/" + i));
    }
    assertEquals(List.of(Packets.QUOTA_EXCEEDED, 1), admin.subscribe(1, "plain/x", "plain/5"));
  }

  // ---- routing

  @Test
  void overlapping_subscriptions_deliver_once_with_the_highest_quality() {
    start();
    Probe admin = v5("w", "admin");
    admin.send(subscribe("plain/#", 0, 3, false, false, RetainedHandlingPolicy.SEND_AT_SUBSCRIBE));
    admin.read(MqttMessageType.SUBACK);
    admin.send(subscribe("plain/+", 2, 4, false, false, RetainedHandlingPolicy.SEND_AT_SUBSCRIBE));
    admin.read(MqttMessageType.SUBACK);
    Probe other = v3("c", "admin");
    other.publish("plain/a", 2, 1, "x");
    other.readAck(PUBREC, 1);
    MqttPublishMessage message = admin.readPublish();
    assertEquals(MqttQoS.EXACTLY_ONCE, message.fixedHeader().qosLevel());
    assertEquals(
        List.of(3, 4),
        message
            .variableHeader()
            .properties()
            .getProperties(MqttProperties.SUBSCRIPTION_IDENTIFIER)
            .stream()
            .map(p -> (Integer) p.value())
            .sorted()
            .toList());
    int id = message.variableHeader().packetId();
    admin.acknowledge(Packets.PUBREC, id);
    admin.readAck(PUBREL, id);
    admin.acknowledge(Packets.PUBCOMP, id);
    admin.ping();
    admin.read(PINGRESP);
  }

  private static io.netty.handler.codec.mqtt.MqttSubscribeMessage subscribe(
      String filter,
      int qos,
      int identifier,
      boolean noLocal,
      boolean retainAsPublished,
      RetainedHandlingPolicy handling) {
    return MqttMessageBuilders.subscribe()
        .messageId(5)
        .properties(
            identifier == 0
                ? MqttProperties.NO_PROPERTIES
                : Probe.properties(MqttProperties.SUBSCRIPTION_IDENTIFIER, identifier))
        .addSubscription(
            filter,
            new MqttSubscriptionOption(MqttQoS.valueOf(qos), noLocal, retainAsPublished, handling))
        .build();
  }

  @Test
  void no_local_keeps_a_client_from_hearing_itself() {
    start();
    Probe admin = v5("w", "admin");
    admin.send(subscribe("plain/#", 0, 0, true, false, RetainedHandlingPolicy.SEND_AT_SUBSCRIBE));
    admin.read(MqttMessageType.SUBACK);
    admin.publish("plain/a", 1, 1, "own");
    admin.readAck(PUBACK, 1);
    Probe other = v3("c", "admin");
    other.publish("plain/a", 0, 0, "other");
    assertEquals("other", admin.readText());
  }

  @Test
  void nothing_comes_after_unsubscribing() {
    start();
    Probe admin = v5("w", "admin");
    admin.subscribe(0, "plain/a");
    admin.send(
        MqttMessageBuilders.unsubscribe()
            .messageId(6)
            .addTopicFilter("plain/a")
            .addTopicFilter("plain/b")
            .build());
    var answer =
        (io.netty.handler.codec.mqtt.MqttUnsubAckMessage) admin.read(MqttMessageType.UNSUBACK);
    assertEquals(List.of((short) 0, (short) 0x11), answer.payload().unsubscribeReasonCodes());
    admin.publish("plain/a", 1, 1, "x");
    admin.readAck(PUBACK, 1);
    admin.ping();
    admin.read(PINGRESP);
  }

  @Test
  void properties_of_a_message_reach_an_mqtt_5_subscriber() {
    start();
    Probe five = v5("w", "admin");
    five.subscribe(1, "plain/#");
    Probe three = v3("w3", "admin");
    three.subscribe(1, "plain/#");
    Probe admin = v5("c", "admin");
    MqttProperties properties = new MqttProperties();
    properties.add(new MqttProperties.StringProperty(MqttProperties.CONTENT_TYPE, "text/plain"));
    properties.add(new MqttProperties.StringProperty(MqttProperties.RESPONSE_TOPIC, "plain/r"));
    properties.add(
        new MqttProperties.BinaryProperty(MqttProperties.CORRELATION_DATA, new byte[] {1, 2}));
    properties.add(new MqttProperties.UserProperty("clave", "año"));
    properties.add(
        new MqttProperties.IntegerProperty(MqttProperties.PUBLICATION_EXPIRY_INTERVAL, 60));
    properties.add(new MqttProperties.IntegerProperty(MqttProperties.TOPIC_ALIAS, 7));
    admin.publish("plain/a", 1, 1, "x", false, false, properties);
    admin.readAck(PUBACK, 1);
    // The second time by its alias alone.
    admin.publish("", 1, 2, "y", false, false, Probe.properties(MqttProperties.TOPIC_ALIAS, 7));
    admin.readAck(PUBACK, 2);

    var got = five.readPublish().variableHeader().properties();
    assertEquals("text/plain", got.getProperty(MqttProperties.CONTENT_TYPE).value());
    assertEquals("plain/r", got.getProperty(MqttProperties.RESPONSE_TOPIC).value());
    assertEquals(60, got.getProperty(MqttProperties.PUBLICATION_EXPIRY_INTERVAL).value());
    assertTrue(
        got.getProperty(MqttProperties.USER_PROPERTY).toString().contains("año"),
        got.listAll().toString());
    MqttPublishMessage second = five.readPublish();
    assertEquals("plain/a", second.variableHeader().topicName());
    assertEquals("y", Probe.text(second));
    assertEquals("x", three.readText());
  }

  @Test
  void the_clients_receive_maximum_and_packet_size_are_kept() {
    start();
    MqttProperties limits = Probe.properties(MqttProperties.RECEIVE_MAXIMUM, 2);
    limits.add(new MqttProperties.IntegerProperty(MqttProperties.MAXIMUM_PACKET_SIZE, 50));
    Probe small =
        kept(Probe.connected(fixture.port(), MQTT_5, "w", "admin", c -> c.properties(limits)));
    small.subscribe(1, "plain/#");
    Probe admin = v3("c", "admin");
    admin.publish("plain/a", 1, 9, "x".repeat(60));
    admin.readAck(PUBACK, 9);
    for (int id = 1; id <= 4; id++) {
      admin.publish("plain/a", 1, id, Integer.toString(id));
      admin.readAck(PUBACK, id);
    }
    MqttPublishMessage first = small.readPublish();
    assertEquals("1", Probe.text(first));
    assertEquals("2", small.readText());
    small.ping();
    small.read(PINGRESP);
    small.acknowledge(Packets.PUBACK, first.variableHeader().packetId());
    assertEquals("3", small.readText());
    assertEquals(1, fixture.figure("vatio.mqtt.dropped", "reason", "too_large_for_subscriber"));
  }

  @Test
  void the_server_publishes_in_its_own_name() throws Exception {
    start();
    Probe pump = v3("c", "pump-1");
    pump.subscribe(1, "dispositivos/pump-1/#");
    int reached =
        fixture
            .broker
            .publish(
                "dispositivos/pump-1/comandos", "{}".getBytes(StandardCharsets.UTF_8), 1, false)
            .toCompletableFuture()
            .get(5, TimeUnit.SECONDS);
    assertEquals(1, reached);
    MqttPublishMessage command = pump.readPublish();
    assertEquals("dispositivos/pump-1/comandos", command.variableHeader().topicName());
    assertEquals(MqttQoS.AT_LEAST_ONCE, command.fixedHeader().qosLevel());
  }

  // ---- retained

  @Test
  void retained_messages_survive_a_restart_and_an_empty_one_forgets() {
    start();
    Probe admin = v5("c", "admin");
    MqttProperties properties = Probe.properties(MqttProperties.PAYLOAD_FORMAT_INDICATOR, 1);
    properties.add(new MqttProperties.UserProperty("k", "v"));
    admin.publish("plain/a", 1, 1, "año", true, false, properties);
    admin.readAck(PUBACK, 1);
    admin.retain("plain/b", 1, 2, "b");
    admin.readAck(PUBACK, 2);
    admin.retain("plain/b", 1, 3, "");
    admin.readAck(PUBACK, 3);
    admin.retain(OWN, 1, 4, "17");
    admin.readAck(PUBACK, 4);
    admin.close();
    fixture.close();

    start();
    Probe again = v5("d", "admin");
    again.subscribe(1, "plain/+");
    MqttPublishMessage message = again.readPublish();
    assertTrue(message.fixedHeader().isRetain());
    assertEquals("año", Probe.text(message));
    assertTrue(
        message
            .variableHeader()
            .properties()
            .getProperty(MqttProperties.USER_PROPERTY)
            .toString()
            .contains("k"));
    again.subscribe(0, "dispositivos/#");
    assertEquals("17", again.readText());
    // Forgetting what was measured is no measurement.
    again.retain(OWN, 1, 5, "");
    MqttMessageType next = again.read().fixedHeader().messageType();
    assertTrue(next == MqttMessageType.PUBLISH || next == PUBACK);
    assertEquals(1, readings());
    assertEquals(0, fixture.deadLetters().size());
  }

  @Test
  void retained_messages_come_as_the_subscription_asks() {
    start();
    Probe admin = v5("c", "admin");
    admin.retain("plain/a", 1, 1, "kept");
    admin.readAck(PUBACK, 1);
    admin.send(
        subscribe("plain/a", 0, 0, false, true, RetainedHandlingPolicy.DONT_SEND_AT_SUBSCRIBE));
    admin.read(MqttMessageType.SUBACK);
    admin.send(
        subscribe(
            "plain/a",
            0,
            0,
            false,
            true,
            RetainedHandlingPolicy.SEND_AT_SUBSCRIBE_IF_NOT_YET_EXISTS));
    admin.read(MqttMessageType.SUBACK);
    admin.send(subscribe("plain/a", 0, 0, false, true, RetainedHandlingPolicy.SEND_AT_SUBSCRIBE));
    admin.read(MqttMessageType.SUBACK);
    MqttPublishMessage kept = admin.readPublish();
    assertTrue(kept.fixedHeader().isRetain());
    // As published: the flag stays for those who asked so, and only for them.
    Probe other = v3("d", "admin");
    other.subscribe(0, "plain/b");
    admin.subscribe(0, "plain/b");
    admin.send(subscribe("plain/b", 0, 0, false, true, RetainedHandlingPolicy.SEND_AT_SUBSCRIBE));
    admin.read(MqttMessageType.SUBACK);
    Probe third = v3("e", "admin");
    third.retain("plain/b", 0, 0, "new");
    assertTrue(admin.readPublish().fixedHeader().isRetain());
    assertFalse(other.readPublish().fixedHeader().isRetain());
  }

  @Test
  void nobody_retains_more_than_is_left_free_for_the_others() {
    fixture = BrokerFixture.start(folder, settings -> BrokerSettings.retained(settings, 4));
    Probe five = v5("c", "admin");
    five.retain("plain/1", 1, 1, "x");
    five.readAck(PUBACK, 1);
    five.retain("plain/2", 1, 2, "x");
    five.readAck(PUBACK, 2);
    five.retain("plain/3", 1, 3, "x");
    assertEquals(Packets.QUOTA_EXCEEDED, five.readAckReason(PUBACK, 3));
    five.retain("plain/2", 1, 4, "y");
    five.readAck(PUBACK, 4);
    Probe device = v5("c", "pump-1");
    device.retain("dispositivos/pump-1/a", 1, 1, "x");
    device.readAck(PUBACK, 1);
  }

  @Test
  void an_expired_retained_message_is_not_sent() {
    start();
    Probe admin = v5("c", "admin");
    admin.publish(
        "plain/a",
        1,
        1,
        "x",
        true,
        false,
        Probe.properties(MqttProperties.PUBLICATION_EXPIRY_INTERVAL, 0));
    admin.readAck(PUBACK, 1);
    admin.subscribe(0, "plain/#");
    admin.ping();
    admin.read(PINGRESP);
  }

  // ---- last will

  @Test
  void the_last_will_of_a_client_that_breaks_off_is_stored_and_published() {
    start();
    Probe watcher = v3("w", "admin");
    watcher.subscribe(1, "dispositivos/#");
    Probe pump = withWill("pump-1", OWN, "-1");
    pump.publish(OWN, 0, 0, "5");
    pump.close();
    assertEquals("5", watcher.readText());
    assertEquals("-1", watcher.readText());
    assertEquals(2, readings());
  }

  @Test
  void a_client_that_says_goodbye_leaves_no_will_unless_it_asks_for_it() {
    start();
    Probe watcher = v3("w", "admin");
    watcher.subscribe(0, "dispositivos/#");
    Probe polite = withWill("pump-1", OWN, "1");
    polite.raw(new byte[] {(byte) 0xE0, 0});
    polite.readClosed();
    Probe asking = withWill("pump-2", "dispositivos/pump-2/estado", "2");
    asking.raw(new byte[] {(byte) 0xE0, 1, 0x04});
    asking.readClosed();
    assertEquals("2", watcher.readText());
  }

  @Test
  void a_will_on_a_foreign_topic_goes_to_the_dead_letters() {
    start();
    withWill("pump-1", "dispositivos/pump-2/estado", "1").close();
    BrokerSettings.eventually(() -> fixture.deadLetters().size() == 1);
    assertEquals(0, readings());
  }

  private Probe withWill(String user, String topic, String payload) {
    return kept(
        Probe.connected(
            fixture.port(),
            MQTT_5,
            "will-" + user,
            user,
            c ->
                c.willFlag(true)
                    .willTopic(topic)
                    .willQoS(MqttQoS.AT_LEAST_ONCE)
                    .willMessage(payload.getBytes(StandardCharsets.UTF_8))));
  }

  // ---- the end

  @Test
  void clients_are_told_when_the_server_stops() {
    start();
    Probe five = v5("c", "pump-1");
    Probe three = v3("d", "pump-1");
    BrokerFixture.await(fixture.broker.close());
    assertEquals(Packets.SHUTTING_DOWN, five.readDisconnect());
    three.readClosed();
  }

  @Test
  void a_device_that_publishes_appears_as_a_device() {
    start();
    Probe pump = v3("c", "admin");
    pump.publish("dispositivos/new-1/estado", 1, 1, "1");
    pump.readAck(PUBACK, 1);
    assertEquals(
        List.of("new-1"), fixture.core.devices.listAll().stream().map(Device::serial).toList());
  }
}
