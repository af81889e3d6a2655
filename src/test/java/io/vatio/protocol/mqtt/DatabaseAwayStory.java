package io.vatio.protocol.mqtt;

import static io.netty.handler.codec.mqtt.MqttMessageType.CONNACK;
import static io.netty.handler.codec.mqtt.MqttMessageType.PINGRESP;
import static io.netty.handler.codec.mqtt.MqttMessageType.PUBACK;
import static io.vatio.protocol.mqtt.BrokerSettings.eventually;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.handler.codec.mqtt.MqttConnAckMessage;
import io.netty.handler.codec.mqtt.MqttConnAckVariableHeader;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageBuilders;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttVersion;
import io.vatio.testing.CutProxy;
import io.vatio.testing.FixedClock;
import io.vatio.testing.TestPostgres;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What MQTT clients see while PostgreSQL is away: nobody is promised a session that is not on the
/// disk, and everything that needs no disk goes on.
@Timeout(120)
class DatabaseAwayStory {
  private static final int HOUR = 3_600;
  private static final int UNAVAILABLE_3 = 3;
  private static final int UNAVAILABLE_5 = 0x88;

  private final List<Probe> probes = new ArrayList<>();
  private CutProxy proxy;
  private BrokerFixture fixture;

  private void start(String parameters, UnaryOperator<MqttSettings> settings) {
    URI database = URI.create(TestPostgres.newDatabase());
    proxy = new CutProxy(database.getHost(), database.getPort());
    String url =
        "postgresql://%s@127.0.0.1:%d%s?%s"
            .formatted(database.getUserInfo(), proxy.port(), database.getPath(), parameters);
    fixture = BrokerFixture.on(url, FixedClock.at("2026-03-01T10:00:00Z"), settings);
  }

  @AfterEach
  void stop() {
    proxy.open();
    probes.forEach(Probe::close);
    fixture.close();
    proxy.close();
  }

  @Test
  void a_new_session_is_refused_while_the_database_is_away_and_others_go_on() {
    start("socketTimeout=2", s -> s);
    Probe listener = kept(Probe.v3(fixture.port(), "listener", "admin"));
    listener.subscribe(1, "plain/#");
    Probe talker = kept(Probe.v5(fixture.port(), "talker", "admin"));
    returning().close();
    eventually(() -> fixture.gauge("vatio.mqtt.connections") == 2);

    proxy.cut();
    Probe old = asking(MqttVersion.MQTT_3_1_1, "old");
    Probe modern = asking(MqttVersion.MQTT_5, "modern");

    // Who is there stays, and who only passes through comes in.
    talker.publish("plain/a", 1, 7, "on");
    talker.readAck(PUBACK, 7);
    assertEquals("on", listener.readText());
    listener.ping();
    listener.read(PINGRESP);
    kept(Probe.v3(fixture.port(), "passer-by", "admin"));
    // So does a session that is on the disk already.
    kept(returning());

    assertEquals(UNAVAILABLE_3, code(answer(old)));
    old.readClosed();
    assertEquals(UNAVAILABLE_5, code(answer(modern)));
    modern.readClosed();
    // They leave nothing behind that they do not know of, their wills least of all.
    assertEquals(1, fixture.gauge("vatio.mqtt.sessions"));
    talker.publish("plain/b", 1, 8, "still on");
    talker.readAck(PUBACK, 8);
    assertEquals("still on", listener.readText());

    proxy.open();

    assertFalse(accepted("old").isSessionPresent());
    assertTrue(accepted("old").isSessionPresent());
  }

  @Test
  void a_server_that_hangs_lets_nobody_wait_for_longer_than_a_login_may_take() {
    start("socketTimeout=60", s -> BrokerSettings.patient(s, Duration.ofSeconds(3)));
    proxy.hang();
    Probe first = asking(MqttVersion.MQTT_5, "impatient");
    eventually(() -> fixture.gauge("vatio.mqtt.sessions") == 1);
    // The same client again, which has given up waiting: it does not find what was never written.
    Probe again = asking(MqttVersion.MQTT_5, "impatient");

    first.readClosed();
    assertEquals(UNAVAILABLE_5, code(answer(again)));
    again.readClosed();
    assertEquals(0, fixture.gauge("vatio.mqtt.sessions"));

    proxy.cut();
    proxy.open();

    assertFalse(accepted("impatient").isSessionPresent());
  }

  private Probe kept(Probe probe) {
    probes.add(probe);
    return probe;
  }

  /// A client whose session is kept, connected.
  private Probe returning() {
    Probe probe = new Probe(fixture.port());
    assertEquals(
        0,
        code(
            probe
                .connect(
                    MqttVersion.MQTT_3_1_1,
                    "returning",
                    "admin",
                    "secret",
                    c -> c.cleanSession(false))
                .variableHeader()));
    return probe;
  }

  /// Asks for a session that is kept, with a will, and does not wait for the answer.
  private Probe asking(MqttVersion version, String client) {
    Probe probe = kept(new Probe(fixture.port()));
    probe.send(connect(version, client));
    return probe;
  }

  private static MqttMessage connect(MqttVersion version, String client) {
    return MqttMessageBuilders.connect()
        .protocolVersion(version)
        .clientId(client)
        .cleanSession(false)
        .properties(Probe.properties(MqttProperties.SESSION_EXPIRY_INTERVAL, HOUR))
        .keepAlive(60)
        .username("admin")
        .password("secret".getBytes(StandardCharsets.UTF_8))
        .willFlag(true)
        .willTopic("plain/will")
        .willQoS(MqttQoS.AT_LEAST_ONCE)
        .willMessage("gone".getBytes(StandardCharsets.UTF_8))
        .build();
  }

  /// Asks until it is let in, and goes.
  private MqttConnAckVariableHeader accepted(String client) {
    List<MqttConnAckVariableHeader> answers = new ArrayList<>();
    eventually(
        () -> {
          try (Probe probe = new Probe(fixture.port())) {
            probe.send(connect(MqttVersion.MQTT_5, client));
            answers.add(answer(probe));
            if (code(answers.getLast()) == 0) {
              probe.send(MqttMessage.DISCONNECT);
              probe.readClosed();
            }
            return code(answers.getLast()) == 0;
          }
        });
    return answers.getLast();
  }

  private static MqttConnAckVariableHeader answer(Probe probe) {
    return ((MqttConnAckMessage) probe.read(CONNACK)).variableHeader();
  }

  private static int code(MqttConnAckVariableHeader answer) {
    return answer.connectReturnCode().byteValue() & 0xff;
  }
}
