package io.vatio.protocol.mqtt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttClientSslConfig;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.exceptions.ConnectionFailedException;
import com.hivemq.client.mqtt.mqtt3.Mqtt3BlockingClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5PubAckException;
import com.hivemq.client.mqtt.mqtt5.message.publish.puback.Mqtt5PubAckReasonCode;
import io.vatio.platform.tls.CertificateKeeper;
import io.vatio.platform.tls.ServerCertificate;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketConnectOptions;
import io.vertx.ext.web.Router;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Clock;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Clients that others wrote, over every way in.
@Timeout(60)
class MqttClientsTest {
  private static final String OWN = "dispositivos/pump-1/estado";

  @TempDir Path folder;
  private ServerCertificate certificate;
  private BrokerFixture fixture;
  private HttpServer http;

  @BeforeEach
  void start() {
    certificate =
        ServerCertificate.ensure(
            folder.resolve("tls"), Set.of("localhost", "127.0.0.1"), Clock.systemUTC());
    fixture = BrokerFixture.secured(folder, certificate);
    Router router = Router.router(fixture.vertx);
    fixture.broker.mount(router, request -> request.remoteAddress().hostAddress());
    HttpServerOptions options =
        new HttpServerOptions().setHost("127.0.0.1").setPort(0).setMaxWebSocketFrameSize(1 << 20);
    EmbeddedBroker.WEB_SOCKET_PROTOCOLS.forEach(options::addWebSocketSubProtocol);
    http =
        BrokerFixture.await(
            fixture.vertx.createHttpServer(options).requestHandler(router).listen());
  }

  @AfterEach
  void stop() {
    fixture.close();
  }

  @Test
  void a_new_certificate_is_shown_to_new_connections_and_old_ones_stay() throws Exception {
    Mqtt5BlockingClient before = five("admin", Way.TLS);
    ServerCertificate other =
        ServerCertificate.ensure(
            folder.resolve("other"), Set.of("localhost", "127.0.0.1"), Clock.systemUTC());

    BrokerFixture.await(
        fixture.broker.show(
            CertificateKeeper.given(
                    other.certificate(), other.key(), other.authority(), Clock.systemUTC())
                .current()));

    assertThrows(ConnectionFailedException.class, () -> five("admin", Way.TLS));
    certificate = other;
    Mqtt5BlockingClient after = five("admin", Way.TLS);
    for (Mqtt5BlockingClient client : List.of(before, after)) {
      client.publishWith().topic("x").qos(MqttQos.AT_LEAST_ONCE).send();
      client.disconnect();
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private TrustManagerFactory trust(Path authority) throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    store.setCertificateEntry(
        "ca",
        CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(Files.readAllBytes(authority))));
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    return trust;
  }

  private Mqtt5BlockingClient five(String user, Way way) throws Exception {
    var builder = MqttClient.builder().useMqttVersion5().serverHost("localhost");
    switch (way) {
      case PLAIN -> builder = builder.serverHost("127.0.0.1").serverPort(fixture.port());
      case TLS ->
          builder =
              builder
                  .serverHost("127.0.0.1")
                  .serverPort(fixture.broker.tlsPort())
                  .sslConfig(
                      MqttClientSslConfig.builder()
                          .trustManagerFactory(trust(certificate.authority()))
                          .build());
      case WEB_SOCKET ->
          builder =
              builder
                  .serverHost("127.0.0.1")
                  .serverPort(http.actualPort())
                  .webSocketConfig()
                  .serverPath("mqtt")
                  .applyWebSocketConfig();
    }
    Mqtt5BlockingClient client = builder.buildBlocking();
    client
        .connectWith()
        .simpleAuth()
        .username(user)
        .password(bytes("secret"))
        .applySimpleAuth()
        .send();
    return client;
  }

  private enum Way {
    PLAIN,
    TLS,
    WEB_SOCKET
  }

  @Test
  void an_mqtt_5_client_publishes_and_subscribes_over_every_way_in() throws Exception {
    for (Way way : Way.values()) {
      Mqtt5BlockingClient admin = five("admin", way);
      Mqtt5BlockingClient pump = five("pump-1", way);
      long before = fixture.core.readings.lastSeq();
      try (var messages = admin.publishes(MqttGlobalPublishFilter.ALL)) {
        admin.subscribeWith().topicFilter("dispositivos/+/estado").qos(MqttQos.EXACTLY_ONCE).send();
        for (MqttQos qos : MqttQos.values()) {
          pump.publishWith().topic(OWN).qos(qos).payload(bytes("1" + qos.getCode())).send();
          var got = messages.receive(10, TimeUnit.SECONDS).orElseThrow();
          assertEquals(
              "1" + qos.getCode(), new String(got.getPayloadAsBytes(), StandardCharsets.UTF_8));
          assertEquals(qos, got.getQos());
        }
      }
      assertEquals(before + 3, fixture.core.readings.lastSeq(), way.name());
      var refusal =
          assertThrows(
              Mqtt5PubAckException.class,
              () ->
                  pump.publishWith()
                      .topic("dispositivos/pump-2/estado")
                      .qos(MqttQos.AT_LEAST_ONCE)
                      .payload(bytes("1"))
                      .send());
      assertEquals(Mqtt5PubAckReasonCode.NOT_AUTHORIZED, refusal.getMqttMessage().getReasonCode());
      pump.disconnect();
      admin.disconnect();
    }
  }

  @Test
  void an_mqtt_3_client_publishes_and_subscribes() throws Exception {
    Mqtt3BlockingClient pump =
        MqttClient.builder()
            .useMqttVersion3()
            .serverHost("127.0.0.1")
            .serverPort(fixture.port())
            .simpleAuth()
            .username("pump-1")
            .password(bytes("secret"))
            .applySimpleAuth()
            .buildBlocking();
    pump.connect();
    try (var messages = pump.publishes(MqttGlobalPublishFilter.ALL)) {
      pump.subscribeWith().topicFilter("dispositivos/pump-1/#").qos(MqttQos.EXACTLY_ONCE).send();
      for (MqttQos qos : MqttQos.values()) {
        pump.publishWith().topic(OWN).qos(qos).payload(bytes("7")).send();
        assertEquals(qos, messages.receive(10, TimeUnit.SECONDS).orElseThrow().getQos());
      }
    }
    pump.disconnect();
    assertEquals(3, fixture.core.readings.lastSeq());
  }

  @Test
  void a_client_that_does_not_trust_the_authority_does_not_connect() throws Exception {
    Path other = folder.resolve("other");
    ServerCertificate stranger =
        ServerCertificate.ensure(other, Set.of("localhost"), Clock.systemUTC());
    Mqtt5BlockingClient client =
        MqttClient.builder()
            .useMqttVersion5()
            .serverHost("127.0.0.1")
            .serverPort(fixture.broker.tlsPort())
            .sslConfig(
                MqttClientSslConfig.builder()
                    .trustManagerFactory(trust(stranger.authority()))
                    .build())
            .buildBlocking();

    assertThrows(ConnectionFailedException.class, client::connect);
  }

  @Test
  void frames_of_a_web_socket_may_split_and_join_packets_anywhere() throws Exception {
    // Kept until the end: a client that nobody holds is closed by the garbage collector.
    WebSocketClient client = fixture.vertx.createWebSocketClient();
    var socket =
        BrokerFixture.await(
            client.connect(
                new WebSocketConnectOptions()
                    .setHost("127.0.0.1")
                    .setPort(http.actualPort())
                    .setURI("/mqtt")
                    .addSubProtocol("mqtt")));
    assertEquals("mqtt", socket.subProtocol());
    Buffer received = Buffer.buffer();
    CompletableFuture<byte[]> answers = new CompletableFuture<>();
    // CONNACK 4, SUBACK 5, PUBACK 4, the message 2 + 2 + 7 + 1.
    socket.handler(
        bytes -> {
          received.appendBuffer(bytes);
          if (received.length() >= 25) {
            answers.complete(received.getBytes());
          }
        });
    Buffer all =
        Buffer.buffer()
            .appendBytes(new byte[] {0x10, 0, 0, 4})
            .appendString("MQTT")
            .appendBytes(new byte[] {4, (byte) 0xC2, 0, 60, 0, 1, 'c', 0, 5})
            .appendString("admin")
            .appendBytes(new byte[] {0, 6})
            .appendString("secret");
    all.setByte(1, (byte) (all.length() - 2));
    all.appendBytes(new byte[] {(byte) 0x82, 12, 0, 3, 0, 7})
        .appendString("plain/a")
        .appendByte((byte) 0)
        .appendBytes(new byte[] {0x32, 12, 0, 7})
        .appendString("plain/a")
        .appendBytes(new byte[] {0, 9, 'x'});
    int cut = 0;
    for (int next : new int[] {1, 2, 9, 20, all.length() - 3, all.length()}) {
      socket.writeBinaryMessage(all.slice(cut, next));
      cut = next;
    }
    byte[] got = answers.get(10, TimeUnit.SECONDS);
    assertEquals(0x20, got[0]);
    assertTrue(new String(got, StandardCharsets.ISO_8859_1).contains("plain/ax"));

    CompletableFuture<Void> closed = new CompletableFuture<>();
    socket.closeHandler(_ -> closed.complete(null));
    socket.writeFinalTextFrame("no text here");
    closed.get(10, TimeUnit.SECONDS);
    assertEquals((short) 1003, socket.closeStatusCode());
    BrokerFixture.await(client.close());
  }

  @Test
  void the_usual_command_line_client_publishes_and_subscribes() throws Exception {
    assumeTrue(
        installed("mosquitto_pub") && installed("mosquitto_sub"),
        "mosquitto_pub and mosquitto_sub are not installed; skipped");
    String[] plain = {"-h", "127.0.0.1", "-p", Integer.toString(fixture.port())};
    String[] tls = {
      "-h", "127.0.0.1",
      "-p", Integer.toString(fixture.broker.tlsPort()),
      "--cafile", certificate.authority().toString()
    };
    for (String[] way : List.of(plain, tls)) {
      for (String version : List.of("mqttv311", "mqttv5")) {
        Process subscriber =
            run(
                "mosquitto_sub",
                way,
                "-V",
                version,
                "-u",
                "admin",
                "-P",
                "secret",
                "-t",
                OWN,
                "-q",
                "1",
                "-C",
                "1",
                "-W",
                "20",
                "-d");
        var lines = subscriber.inputReader();
        String line = lines.readLine();
        while (line != null && !line.startsWith("Subscribed")) {
          line = lines.readLine();
        }
        Process publisher =
            run(
                "mosquitto_pub",
                way,
                "-V",
                version,
                "-u",
                "pump-1",
                "-P",
                "secret",
                "-t",
                OWN,
                "-q",
                "1",
                "-m",
                "21.5");
        assertEquals(0, publisher.waitFor());
        List<String> rest = lines.lines().toList();
        assertEquals(0, subscriber.waitFor());
        assertTrue(rest.contains("21.5"), rest.toString());
      }
    }
    assertEquals(4, fixture.core.readings.lastSeq());
  }

  private static Process run(String program, String[] way, String... more) throws IOException {
    var command = new java.util.ArrayList<String>(List.of("stdbuf", "-oL", program));
    command.addAll(List.of(way));
    command.addAll(List.of(more));
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }

  private static boolean installed(String program) {
    return java.util.stream.Stream.of(System.getenv("PATH").split(java.io.File.pathSeparator))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
  }
}
