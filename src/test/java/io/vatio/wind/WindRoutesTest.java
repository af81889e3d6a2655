package io.vatio.wind;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.ingest.InboxSettings;
import io.vatio.platform.json.Json;
import io.vatio.testing.ApiClient;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WindRoutesTest {
  private static final String GOOD =
      """
      {"id":1,"valor_produccion":50.5,"velocidad_viento":10,"direccion_viento":"NE",
       "temperatura":-3.5,"error":false}""";

  @TempDir private Path folder;
  private ParkServer server;
  private Park park;
  private ApiClient admin;

  @BeforeEach
  void open() {
    open(InboxSettings.DEFAULT);
  }

  private void open(InboxSettings settings) {
    server = new ParkServer(folder, settings);
    park = server.park;
    admin = server.admin;
  }

  @AfterEach
  void close() {
    server.close();
  }

  @Test
  void a_record_is_taken_and_shown_as_the_newest_of_its_generator() {
    assertAnswer(201, "{\"status\":\"Datos recibidos y validados\"}", post(GOOD));
    park.send("parque/norte/generador/2", Park.json(2, 150, 30, park.clock.instant()));

    assertEquals(
        """
        [{"id":1,"valor_produccion":50.5,"velocidad_viento":10.0,"direccion_viento":"NE",\
        "temperatura":-3.5,"error":false,"timestamp":"2026-03-01T12:00:00Z","calidad":[]},\
        {"id":2,"valor_produccion":150.0,"velocidad_viento":30.0,"direccion_viento":"NE",\
        "temperatura":12.5,"error":false,"timestamp":"2026-03-01T12:00:00Z",\
        "calidad":["rango"]}]""",
        admin.get("/datos-generadores/").body());
  }

  @Test
  void a_direction_comes_back_in_the_words_it_came_in() {
    for (String words : List.of("O", "remolino", "225", "Norte", "")) {
      post(GOOD.replace("\"NE\"", Json.text(words)));
      assertEquals(
          words, admin.json("/datos-generadores").path(0).path("direccion_viento").asText());
    }
  }

  @Test
  void the_same_record_twice_is_as_good_as_once() {
    String record = Park.json(1, 50, 10, park.clock.instant());

    assertEquals(201, post(record).statusCode());
    assertEquals(201, post(record).statusCode());

    assertEquals(50, admin.json("/agregados/").path("total_produccion").asDouble());
  }

  @Test
  void a_refused_record_is_kept_with_its_reason() throws Exception {
    post("{\"id\":1}");

    var letters =
        park.core.database.read(
            handle ->
                handle
                    .createQuery("SELECT reason || ': ' || detail FROM dead_letter")
                    .mapTo(String.class)
                    .list());
    assertEquals(
        List.of(
            "valor: Campos no válidos: valor_produccion, velocidad_viento, direccion_viento,"
                + " temperatura."),
        letters);
  }

  @Test
  void only_those_who_may_send_and_only_for_themselves() {
    assertEquals(401, ApiClient.anonymous(server.url).post("/generador/", GOOD).statusCode());
    assertEquals(401, server.caller("nobody").post("/generador/", GOOD).statusCode());
    assertEquals(403, server.caller("viewer").post("/generador/", GOOD).statusCode());
    assertAnswer(
        403,
        "{\"detail\":\"El dispositivo \\\"GEN-1\\\" no existe y el remitente no puede crearlo.\"}",
        server.caller("sender").post("/generador/", GOOD));

    post(GOOD);

    assertEquals(201, server.caller("sender").post("/generador/", GOOD).statusCode());
    assertEquals(201, server.caller("GEN-1").post("/generador", GOOD).statusCode());
    assertAnswer(
        403,
        "{\"detail\":\"El mensaje habla del dispositivo \\\"GEN-1\\\", pero la credencial es de"
            + " \\\"GEN-2\\\".\"}",
        server.caller("GEN-2").post("/generador/", GOOD));
  }

  @Test
  void only_those_who_may_see_readings_see_them() {
    for (String path : List.of("/agregados/", "/datos-generadores/")) {
      assertEquals(401, ApiClient.anonymous(server.url).get(path).statusCode());
      assertEquals(403, server.caller("sender").get(path).statusCode());
      assertEquals(403, server.caller("GEN-1").get(path).statusCode());
      assertEquals(200, server.caller("viewer").get(path).statusCode());
    }
  }

  @Test
  void a_full_inbox_says_when_to_come_back() throws Exception {
    close();
    open(new InboxSettings(10, 50, 10, 10));

    HttpResponse<String> answer = post(GOOD);

    assertEquals(503, answer.statusCode());
    assertEquals("1", answer.headers().firstValue("Retry-After").orElseThrow());
  }

  @Test
  void without_data_there_is_an_empty_hour() {
    JsonNode aggregate = admin.json("/agregados/");

    assertEquals(61, aggregate.path("intervalos").size());
    assertEquals(
        "{\"media_produccion\":0.0,\"total_produccion\":0.0,\"numero_errores\":0}",
        ((ObjectNode) aggregate).without("intervalos").toString());
    assertEquals(
        """
        {"inicio":"2026-03-01T11:00:00Z","fin":"2026-03-01T11:01:00Z","media_produccion":null,\
        "total_produccion":0.0,"minimo":null,"maximo":null,"velocidad_viento_media":null,\
        "temperatura_media":null,"n_generadores":0,"n_validos":0,"n_errores":0,\
        "completitud":null}""",
        Json.parse(admin.get("/agregados/").body()).path("intervalos").path(0).toString());
    assertEquals("[]", admin.get("/datos-generadores/").body());
  }

  @Test
  void an_aggregate_in_full() {
    post(Park.json(1, 40.1, 9, park.clock.instant().minusSeconds(80)));
    post(Park.json(2, 60.2, 11, park.clock.instant().minusSeconds(70)));
    post(Park.json(2, 160, 11, park.clock.instant().minusSeconds(65)));

    assertAnswer(
        200,
        """
        {"media_produccion":50.15,"total_produccion":100.3,"numero_errores":1,"intervalos":[\
        {"inicio":"2026-03-01T11:50:00Z","fin":"2026-03-01T11:55:00Z","media_produccion":null,\
        "total_produccion":0.0,"minimo":null,"maximo":null,"velocidad_viento_media":null,\
        "temperatura_media":null,"n_generadores":0,"n_validos":0,"n_errores":0,\
        "completitud":null},\
        {"inicio":"2026-03-01T11:55:00Z","fin":"2026-03-01T12:00:00Z","media_produccion":50.15,\
        "total_produccion":100.3,"minimo":40.1,"maximo":60.2,"velocidad_viento_media":10.0,\
        "temperatura_media":12.5,"n_generadores":2,"n_validos":2,"n_errores":1,\
        "completitud":0.666667}]}""",
        admin.get("/agregados/?intervalo=5m&desde=2026-03-01T12:50:00&hasta=2026-03-01T12:00:00Z"));
  }

  @Test
  void a_park_can_be_asked_for() {
    park.send("parque/Sierra Norte/generador/1", Park.json(1, 40, 9, park.clock.instant()));
    post(Park.json(2, 60, 9, park.clock.instant()));

    assertEquals(
        40, admin.json("/agregados/?parque=Sierra%20Norte").path("total_produccion").asDouble());
  }

  private HttpResponse<String> post(String body) {
    return admin.post("/generador/", body);
  }

  private static void assertAnswer(int status, String body, HttpResponse<String> answer) {
    assertEquals(body, answer.body());
    assertEquals(status, answer.statusCode());
  }
}
