package io.vatio.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.vatio.platform.json.Json;
import io.vatio.testing.ApiClient;
import io.vatio.testing.RawMqtt;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A park whose turbines report over MQTT with credentials of their own, and one over HTTP.
class WindParkStory {
  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");

  @TempDir private Path folder;
  private Server server;
  private int mqttPort;
  private ApiClient admin;

  @BeforeEach
  void start() throws IOException {
    try (ServerSocket free = new ServerSocket(0)) {
      mqttPort = free.getLocalPort();
    }
    Map<String, String> ports =
        Map.of(
            "VATIO_HTTP_PORT", "0",
            "VATIO_MQTT_PORT", Integer.toString(mqttPort),
            "VATIO_MQTTS_PORT", "0");
    server =
        Server.start(
            SettingsReader.demo(List.of(), ports, folder, folder.resolve("data")),
            Clock.fixed(NOON, ZoneOffset.UTC));
    String url = "http://127.0.0.1:" + server.httpPort();
    var login =
        ApiClient.anonymous(url)
            .post("/api/auth/login/", "{\"username\":\"admin\",\"password\":\"admin123\"}");
    admin = ApiClient.bearer(url, Json.parse(login.body()).path("access").asText());
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void records_of_both_ways_are_judged_and_added_up_together() throws IOException {
    JsonNode credential = credentialOf("GEN-7");

    try (RawMqtt turbine =
        RawMqtt.connect(
            mqttPort,
            "turbina-7",
            credential.path("username").asText(),
            credential.path("password").asText())) {
      turbine.publish("parque/norte/generador/7", 1, false, record(40, 9, 50));
      turbine.publish("parque/norte/generador/7", 2, false, record(60, 11, 20));
      turbine.publish("parque/norte/generador/7", 3, false, record(150, 11, 10));
      turbine.publish("parque/norte/generador/7", 3, true, record(150, 11, 10));
      turbine.flush();
      for (int packet : List.of(1, 2, 3, 3)) {
        assertEquals(packet, turbine.readAck());
      }
    }
    String posted = new String(record(80, 11, 30), StandardCharsets.UTF_8);
    var answer = admin.post("/generador/", posted.replace("{", "{\"id\":8,"));
    assertEquals(201, answer.statusCode(), answer.body());

    JsonNode all = admin.json("/agregados/");
    assertEquals(60, all.path("media_produccion").asDouble());
    assertEquals(180, all.path("total_produccion").asDouble());
    assertEquals(1, all.path("numero_errores").asInt());
    JsonNode minute = all.path("intervalos").path(59);
    assertEquals("2026-03-01T11:59:00Z", minute.path("inicio").asText());
    assertEquals(3, minute.path("n_validos").asInt());
    assertEquals(2, minute.path("n_generadores").asInt());
    assertEquals(100, admin.json("/agregados/?parque=norte").path("total_produccion").asDouble());
    JsonNode newest = admin.json("/datos-generadores/");
    assertEquals(2, newest.size());
    assertEquals("[\"rango\"]", newest.path(0).path("calidad").toString());
    assertEquals("[]", newest.path(1).path("calidad").toString());
  }

  @Test
  void a_record_that_cannot_be_read_stands_among_the_dead_letters_and_harms_nobody()
      throws IOException {
    try (RawMqtt park = RawMqtt.connect(mqttPort, "parque", "admin", "admin123")) {
      park.publish("parque/norte/generador/7", 1, false, "{".getBytes(StandardCharsets.UTF_8));
      park.publish("parque/norte/generador/7", 2, false, record(60, 11, 20));
      park.flush();
      park.readAck();
      park.readAck();
    }

    assertEquals(60, admin.json("/agregados/").path("total_produccion").asDouble());
    JsonNode letter = admin.json("/api/dead-letters/").path("results").path(0);
    assertEquals("formato", letter.path("reason").asText());
    assertEquals("parque/norte/generador/7", letter.path("address").asText());
    String detail = letter.path("detail").asText();
    assertTrue(detail.contains("JSON") && detail.contains("line 1, column 2"), detail);
    assertFalse(detail.contains("REDACTED"), detail);
  }

  private JsonNode credentialOf(String serial) {
    var made = admin.post("/dispositivos", "{\"serial_number\":\"" + serial + "\"}");
    int id = Json.parse(made.body()).path("id").asInt();
    return Json.parse(admin.post("/api/devices/" + id + "/credentials/", "{}").body()).path("mqtt");
  }

  private static byte[] record(double production, double wind, int secondsAgo) {
    return """
        {"valor_produccion":%s,"velocidad_viento":%s,"direccion_viento":"NE",
         "temperatura":12.5,"timestamp":"%s"}"""
        .formatted(production, wind, NOON.minusSeconds(secondsAgo))
        .getBytes(StandardCharsets.UTF_8);
  }
}
