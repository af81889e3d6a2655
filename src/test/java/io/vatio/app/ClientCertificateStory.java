package io.vatio.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttClientSslConfig;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5ConnAckException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5PubAckException;
import io.vatio.platform.json.Json;
import io.vatio.testing.ApiClient;
import io.vatio.testing.TestServer;
import io.vatio.testing.Waiting;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.ECGenParameterSpec;
import java.util.Base64;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManagerFactory;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A device that is known by its certificate and needs no password.
class ClientCertificateStory {
  @TempDir Path folder;
  private TestServer server;
  private ApiClient admin;
  private long pump;

  @BeforeEach
  void start() {
    server = TestServer.start(folder, Map.of("VATIO_MQTT_CLIENT_CERTS", "optional"));
    admin = ApiClient.login(server.url());
    pump = device("pump-1");
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void a_device_with_a_certificate_is_let_in_until_it_is_revoked() throws Exception {
    KeyPair keys = keys();
    JsonNode issued = issue(pump, request(keys));
    assertEquals("pump-1", issued.path("serial_number").asText());
    Mqtt5BlockingClient client = client(keys, issued.path("certificate").asText());
    client.connect();

    publish(
        client,
        "dispositivos/pump-1/estado",
        "{\"serial_number\":\"pump-1\",\"parametros\":{\"w\":1}}");
    assertThrows(
        Mqtt5PubAckException.class, () -> publish(client, "dispositivos/pump-2/estado", "{}"));

    String path = "/api/devices/" + pump + "/certificate/";
    String fingerprint = issued.path("fingerprint").asText();
    assertEquals(204, admin.send("DELETE", path + fingerprint + "/", null).statusCode());
    Waiting.until("the connection is closed", () -> !client.getState().isConnected());
    assertThrows(Mqtt5ConnAckException.class, client::connect);
    assertEquals(404, admin.send("DELETE", path + fingerprint + "/", null).statusCode());
    assertFalse(admin.json(path).get(0).path("revoked_at").isNull());
  }

  @Test
  void a_certificate_ends_with_its_device() throws Exception {
    KeyPair keys = keys();
    Mqtt5BlockingClient client =
        client(keys, issue(pump, request(keys)).path("certificate").asText());
    client.connect();

    assertEquals(
        204, admin.send("DELETE", "/api/devices/" + pump + "/credentials/", null).statusCode());

    Waiting.until("the connection is closed", () -> !client.getState().isConnected());
    assertThrows(Mqtt5ConnAckException.class, client::connect);
  }

  @Test
  void without_a_certificate_a_password_is_asked_for() throws Exception {
    Mqtt5BlockingClient nobody =
        MqttClient.builder()
            .useMqttVersion5()
            .serverHost("127.0.0.1")
            .serverPort(server.mqttsPort())
            .sslConfig(MqttClientSslConfig.builder().trustManagerFactory(trust()).build())
            .buildBlocking();
    assertThrows(Mqtt5ConnAckException.class, nobody::connect);
  }

  @Test
  void what_is_no_request_is_refused() throws Exception {
    for (String wrong :
        new String[] {"", "rubbish", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n"}) {
      var answer =
          admin.post("/api/devices/" + pump + "/certificate/", Json.text(Map.of("csr", wrong)));
      assertEquals(400, answer.statusCode(), answer.body());
      assertTrue(answer.body().contains("csr"), answer.body());
    }
    KeyPair small = KeyPairGenerator.getInstance("RSA").generateKeyPair();
    KeyPairGenerator weak = KeyPairGenerator.getInstance("RSA");
    weak.initialize(1_024);
    assertEquals(
        400,
        admin
            .post(
                "/api/devices/" + pump + "/certificate/",
                Json.text(Map.of("csr", request(weak.generateKeyPair(), "SHA256withRSA"))))
            .statusCode());
    assertEquals(
        "pump-1", issue(pump, request(small, "SHA256withRSA")).path("serial_number").asText());
  }

  private long device(String serial) {
    var answer =
        admin.post(
            "/dispositivos",
            Json.text(
                Map.of(
                    "serial_number", serial, "nombre", serial, "tipo", "generico", "modelo", "x")));
    assertEquals(201, answer.statusCode(), answer.body());
    JsonNode body = Json.parse(answer.body());
    return body.path("dispositivo").path("id").asLong(body.path("id").asLong());
  }

  private JsonNode issue(long device, String csr) {
    var answer =
        admin.post("/api/devices/" + device + "/certificate/", Json.text(Map.of("csr", csr)));
    assertEquals(201, answer.statusCode(), answer.body());
    return Json.parse(answer.body());
  }

  private static void publish(Mqtt5BlockingClient client, String topic, String payload) {
    client
        .publishWith()
        .topic(topic)
        .qos(MqttQos.AT_LEAST_ONCE)
        .payload(payload.getBytes(StandardCharsets.UTF_8))
        .send();
  }

  private Mqtt5BlockingClient client(KeyPair keys, String pem) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setKeyEntry("me", keys.getPrivate(), new char[0], new Certificate[] {certificate(pem)});
    KeyManagerFactory own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    own.init(store, new char[0]);
    return MqttClient.builder()
        .useMqttVersion5()
        .serverHost("127.0.0.1")
        .serverPort(server.mqttsPort())
        .sslConfig(
            MqttClientSslConfig.builder()
                .trustManagerFactory(trust())
                .keyManagerFactory(own)
                .build())
        .buildBlocking();
  }

  private TrustManagerFactory trust() throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setCertificateEntry(
        "ca", certificate(ApiClient.anonymous(server.url()).get("/ca.crt").body()));
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    return trust;
  }

  private static Certificate certificate(String pem) throws Exception {
    return CertificateFactory.getInstance("X.509")
        .generateCertificate(new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII)));
  }

  private static KeyPair keys() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    return generator.generateKeyPair();
  }

  private static String request(KeyPair keys) throws Exception {
    return request(keys, "SHA256withECDSA");
  }

  private static String request(KeyPair keys, String algorithm) throws Exception {
    byte[] der =
        new JcaPKCS10CertificationRequestBuilder(new X500Name("CN=whatever"), keys.getPublic())
            .build(new JcaContentSignerBuilder(algorithm).build(keys.getPrivate()))
            .getEncoded();
    return "-----BEGIN CERTIFICATE REQUEST-----\n"
        + Base64.getMimeEncoder().encodeToString(der)
        + "\n-----END CERTIFICATE REQUEST-----\n";
  }
}
