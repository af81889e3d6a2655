package io.vatio.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.hivemq.client.mqtt.MqttClientSslConfig;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt3.Mqtt3BlockingClient;
import com.hivemq.client.mqtt.mqtt3.Mqtt3Client;
import com.hivemq.client.mqtt.mqtt3.exceptions.Mqtt3ConnAckException;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5Client;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5PubAckException;
import com.hivemq.client.mqtt.mqtt5.message.publish.puback.Mqtt5PubAckReasonCode;
import io.vatio.platform.json.Json;
import io.vatio.testing.ApiClient;
import io.vatio.testing.RawMqtt;
import io.vatio.testing.TestServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// One reading's whole way, from clients that we did not write to the answer of the API: over plain
/// MQTT, TLS, WebSocket and HTTP, good and bad.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OneReadingStory {
  private static final String TOPIC = "energy/consumption";

  @TempDir static Path folder;
  private TestServer server;
  private ApiClient api;
  private String meterPassword;

  @BeforeAll
  void start() {
    server = TestServer.start(folder, Map.of());
    api = ApiClient.login(server.url());
    long meter = idOf("medidor-principal");
    var issued = api.post("/api/devices/" + meter + "/credentials/", "{}");
    assertEquals(201, issued.statusCode(), issued.body());
    meterPassword = Json.parse(issued.body()).path("mqtt").path("password").asText();
  }

  @AfterAll
  void stop() {
    server.close();
  }

  @Test
  void mosquitto_publishes_in_every_way() throws Exception {
    assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/mosquitto_pub")),
        "skipped: mosquitto_pub is not installed");
    Path authority = folder.resolve("data/tls/ca.crt");

    mosquitto("-p", "" + server.mqttPort(), "-V", "mqttv311", "-q", "1", "-m", "11.1");
    mosquitto("-p", "" + server.mqttPort(), "-V", "mqttv5", "-q", "2", "-m", "11.2");
    mosquitto("-p", "" + server.mqttPort(), "-q", "0", "-m", "11.3");
    mosquitto(
        "-p", "" + server.mqttsPort(), "--cafile", authority.toString(), "-q", "1", "-m", "11.4");

    awaitStored(11.1, 11.2, 11.3, 11.4);
  }

  @Test
  void an_independent_java_client_publishes_over_plain_tls_and_websocket() throws Exception {
    Mqtt5BlockingClient plain = five().serverPort(server.mqttPort()).buildBlocking();
    Mqtt3BlockingClient tls =
        three().serverPort(server.mqttsPort()).sslConfig(trusting()).buildBlocking();
    Mqtt5BlockingClient webSocket =
        five()
            .serverPort(server.httpPort())
            .webSocketConfig()
            .serverPath("mqtt")
            .applyWebSocketConfig()
            .buildBlocking();
    Mqtt3BlockingClient webSocket3 =
        three()
            .serverPort(server.httpPort())
            .webSocketConfig()
            .serverPath("mqtt")
            .applyWebSocketConfig()
            .buildBlocking();

    plain.connect();
    tls.connect();
    webSocket.connect();
    webSocket3.connect();
    plain.publishWith().topic(TOPIC).qos(MqttQos.AT_LEAST_ONCE).payload(bytes("12.1")).send();
    tls.publishWith().topic(TOPIC).qos(MqttQos.EXACTLY_ONCE).payload(bytes("12.2")).send();
    webSocket.publishWith().topic(TOPIC).qos(MqttQos.EXACTLY_ONCE).payload(bytes("12.3")).send();
    webSocket3.publishWith().topic(TOPIC).qos(MqttQos.AT_LEAST_ONCE).payload(bytes("12.4")).send();

    // The client has its acknowledgement: the reading is stored already, no waiting.
    assertTrue(newest(100).containsAll(List.of(12.1, 12.2, 12.3, 12.4)));
    plain.disconnect();
    tls.disconnect();
    webSocket.disconnect();
    webSocket3.disconnect();
  }

  @Test
  void a_wrong_password_gets_nobody_in() {
    Mqtt3BlockingClient client =
        Mqtt3Client.builder()
            .serverHost("127.0.0.1")
            .serverPort(server.mqttPort())
            .simpleAuth()
            .username("device_medidor-principal")
            .password(bytes("no"))
            .applySimpleAuth()
            .buildBlocking();
    Mqtt3BlockingClient nameless =
        Mqtt3Client.builder().serverHost("127.0.0.1").serverPort(server.mqttPort()).buildBlocking();

    assertThrows(Mqtt3ConnAckException.class, client::connect);
    assertThrows(Mqtt3ConnAckException.class, nameless::connect);
  }

  @Test
  void bad_payloads_harm_nobody_and_show_up_with_their_reason() throws Exception {
    long lettersBefore = deadLetters().path("count").asLong();
    Mqtt5BlockingClient other = five().serverPort(server.mqttPort()).buildBlocking();
    other.connect();

    for (String bad : List.of("abc", "NaN", "{")) {
      Mqtt5BlockingClient client = five().serverPort(server.mqttPort()).buildBlocking();
      client.connect();
      Mqtt5PubAckException refused =
          assertThrows(Mqtt5PubAckException.class, () -> publish(client, TOPIC, bytes(bad)));
      assertEquals(
          Mqtt5PubAckReasonCode.PAYLOAD_FORMAT_INVALID, refused.getMqttMessage().getReasonCode());
      // The same connection goes on.
      publish(client, TOPIC, bytes("13.1"));
      client.disconnect();
    }
    Mqtt5BlockingClient intruder = five().serverPort(server.mqttPort()).buildBlocking();
    intruder.connect();
    assertEquals(
        Mqtt5PubAckReasonCode.NOT_AUTHORIZED,
        assertThrows(
                Mqtt5PubAckException.class,
                () -> publish(intruder, "dispositivos/otro/estado", bytes("{}")))
            .getMqttMessage()
            .getReasonCode());
    publish(intruder, TOPIC, bytes("13.2"));
    assertThrows(IOException.class, this::publishTooLarge);
    publish(other, TOPIC, bytes("13.3"));

    List<String> reasons = new ArrayList<>();
    for (int i = 0; i < 100 && deadLetters().path("count").asLong() < lettersBefore + 5; i++) {
      TimeUnit.MILLISECONDS.sleep(50);
    }
    deadLetters().path("results").forEach(letter -> reasons.add(letter.path("reason").asText()));
    assertTrue(
        reasons.containsAll(List.of("formato", "valor", "topico_no_permitido", "tamano")),
        reasons.toString());
    assertTrue(newest(100).containsAll(List.of(13.1, 13.2, 13.3)));
    other.disconnect();
    intruder.disconnect();
  }

  @Test
  void wrong_requests_are_told_what_is_wrong_and_with_which_field() {
    assertEquals(401, ApiClient.anonymous(server.url()).get("/api/energy").statusCode());
    var limit = api.get("/api/energy?limit=0");
    assertEquals(400, limit.statusCode());
    assertTrue(limit.body().contains("\"limit\""), limit.body());
    assertEquals(400, api.get("/api/energy/?desde=ayer").statusCode());
    assertEquals(400, api.post("/api/alert", "{").statusCode());
    assertEquals(400, api.post("/api/alert", "[]").statusCode());
    assertTrue(api.post("/api/alert/", "{}").body().contains("\"message\""));
    assertEquals(405, api.send("DELETE", "/api/energy", null).statusCode());
    assertEquals(404, api.get("/api/nothing").statusCode());
    assertEquals(413, api.post("/api/alert", "x".repeat(5 << 20)).statusCode());
    assertTrue(
        api.get("/api/energy").headers().firstValue("Content-Type").orElse("").contains("json"));
  }

  @Test
  void an_alert_is_accepted_and_the_answer_is_the_original_one() {
    var answer = api.post("/api/alert", "{\"message\":\"Consumo alto\"}");

    assertEquals(200, answer.statusCode());
    assertEquals(
        Json.parse("{\"message\":\"Alerta enviada\",\"status\":\"success\"}"),
        Json.parse(answer.body()));
  }

  @Test
  void energy_answers_objects_or_the_original_pairs_newest_first() throws Exception {
    Mqtt5BlockingClient client = five().serverPort(server.mqttPort()).buildBlocking();
    client.connect();
    publish(client, TOPIC, bytes("{\"value\":1.25,\"timestamp\":\"2020-01-01T00:00:00Z\"}"));
    publish(client, TOPIC, bytes("{\"value\":2.5,\"timestamp\":\"2020-01-01T01:00:00+01:00\"}"));
    publish(client, TOPIC, bytes("{\"value\":3.5,\"timestamp\":\"2020-01-01T00:00:01Z\"}"));
    client.disconnect();

    JsonNode objects =
        api.json("/api/energy?desde=2020-01-01T00:00:00Z&hasta=2020-01-01T00:00:02Z");
    JsonNode pairs =
        api.json("/api/energy?format=pairs&desde=2020-01-01T00:00:00Z&hasta=2020-01-01T00:00:02Z");

    assertEquals(2, objects.size(), objects.toString());
    assertEquals("2020-01-01T00:00:01Z", objects.get(0).path("timestamp").asText());
    assertEquals(3.5, objects.get(0).path("consumption").asDouble());
    assertTrue(objects.get(0).path("id").isIntegralNumber());
    assertEquals(
        Json.parse("[[\"2020-01-01T00:00:01Z\",3.5],[\"2020-01-01T00:00:00Z\",1.25]]"), pairs);
  }

  @Test
  void the_page_and_its_files_come_from_here_with_a_strict_policy() {
    var page = ApiClient.anonymous(server.url()).get("/");
    assumeTrue(page.statusCode() == 200, "skipped: built without the page (-DskipWeb)");

    String policy = page.headers().firstValue("Content-Security-Policy").orElse("");
    assertTrue(policy.contains("script-src 'self'") && !policy.contains("unsafe"), policy);
    assertFalse(page.body().contains("http://") || page.body().contains("https://"), page.body());
    assertTrue(ApiClient.anonymous(server.url()).get("/ca.crt").body().contains("CERTIFICATE"));
    assertEquals(
        404,
        ApiClient.anonymous(server.url())
            .get("/assets/%2e%2e%2fmessages_es.properties")
            .statusCode());
  }

  /// With a client that does not care for the largest packet that the server announces.
  private void publishTooLarge() throws IOException {
    try (RawMqtt client =
        RawMqtt.connect(server.mqttPort(), "large", "device_medidor-principal", meterPassword)) {
      client.publish(TOPIC, 1, false, new byte[300_000]);
      client.flush();
      client.readAck();
    }
  }

  private static void publish(Mqtt5BlockingClient client, String topic, byte[] payload) {
    client.publishWith().topic(topic).qos(MqttQos.AT_LEAST_ONCE).payload(payload).send();
  }

  private com.hivemq.client.mqtt.mqtt5.Mqtt5ClientBuilder five() {
    return Mqtt5Client.builder()
        .serverHost("127.0.0.1")
        .simpleAuth()
        .username("device_medidor-principal")
        .password(bytes(meterPassword))
        .applySimpleAuth();
  }

  private com.hivemq.client.mqtt.mqtt3.Mqtt3ClientBuilder three() {
    return Mqtt3Client.builder()
        .serverHost("127.0.0.1")
        .simpleAuth()
        .username("device_medidor-principal")
        .password(bytes(meterPassword))
        .applySimpleAuth();
  }

  /// Trusts what `/ca.crt` gives and nothing else.
  private MqttClientSslConfig trusting() throws Exception {
    String pem = ApiClient.anonymous(server.url()).get("/ca.crt").body();
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    store.setCertificateEntry(
        "vatio",
        CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(bytes(pem))));
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    return MqttClientSslConfig.builder().trustManagerFactory(trust).build();
  }

  private void mosquitto(String... options) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                "/usr/bin/mosquitto_pub",
                "-h",
                "127.0.0.1",
                "-u",
                "device_medidor-principal",
                "-P",
                meterPassword,
                "-t",
                TOPIC));
    command.addAll(List.of(options));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(process.waitFor(20, TimeUnit.SECONDS));
    assertEquals(0, process.exitValue(), said);
  }

  private void awaitStored(Double... values) throws InterruptedException {
    for (int i = 0; i < 100 && !newest(100).containsAll(List.of(values)); i++) {
      TimeUnit.MILLISECONDS.sleep(50);
    }
    assertTrue(newest(100).containsAll(List.of(values)), newest(100).toString());
  }

  private List<Double> newest(int limit) {
    List<Double> values = new ArrayList<>();
    api.json("/api/energy?limit=" + limit)
        .forEach(row -> values.add(row.path("consumption").asDouble()));
    return values;
  }

  private JsonNode deadLetters() {
    return api.json("/api/dead-letters/");
  }

  private long idOf(String serial) {
    for (JsonNode device : api.json("/dispositivos")) {
      if (device.path("serial_number").asText().equals(serial)) {
        return device.path("id").asLong();
      }
    }
    throw new AssertionError("no device " + serial);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
