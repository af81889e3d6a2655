package io.vatio.wind;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.vatio.ingest.InboxSettings;
import io.vatio.platform.json.Json;
import io.vatio.testing.ApiClient;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Wrong requests; they change nothing, so all tests share one server.
class WindRefusalsTest {
  private static final String GOOD =
      """
      {"id":1,"valor_produccion":50.5,"velocidad_viento":10,"direccion_viento":"NE",
       "temperatura":-3.5,"error":false}""";

  @TempDir private static Path folder;
  private static ParkServer server;
  private static ApiClient admin;

  @BeforeAll
  static void open() {
    server = new ParkServer(folder, InboxSettings.DEFAULT);
    admin = server.admin;
  }

  @AfterAll
  static void close() {
    server.close();
  }

  @Test
  void each_wrong_field_is_named_as_the_original_names_it() {
    assertAnswer(
        422,
        """
        {"detail":[\
        {"loc":["body","id"],"msg":"El campo \\"id\\" debe ser un número entero.",\
        "type":"type_error.integer"},\
        {"loc":["body","valor_produccion"],"msg":"Falta el campo \\"valor_produccion\\".",\
        "type":"value_error.missing"},\
        {"loc":["body","velocidad_viento"],\
        "msg":"El campo \\"velocidad_viento\\" debe ser un número.","type":"type_error.float"},\
        {"loc":["body","temperatura"],\
        "msg":"El campo \\"temperatura\\" debe ser un número finito.",\
        "type":"value_error.number.not_finite_number"}]}""",
        post(
            """
            {"id":"uno","velocidad_viento":true,"direccion_viento":"N","temperatura":1e999}"""));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "none",
      quoteCharacter = '~',
      textBlock =
          """
          {             | value_error.jsondecode
          {"id":NaN}    | value_error.jsondecode
          {"a":1,"a":1} | value_error.jsondecode
          []            | type_error.dict
          5             | type_error.dict
          ~~            | value_error.missing
          """)
  void what_is_no_object_is_said_to_be_none(String body, String type) {
    HttpResponse<String> answer = post(body);

    assertEquals(422, answer.statusCode());
    JsonNode fault = Json.parse(answer.body()).path("detail").path(0);
    assertEquals("[\"body\"]", fault.path("loc").toString());
    assertEquals(type, fault.path("type").asText());
  }

  @Test
  void what_is_too_large_is_refused() {
    String large = GOOD.replace("}", ",\"x\":\"" + "x".repeat(300_000) + "\"}");

    assertAnswer(
        413,
        "{\"detail\":\"Un registro de generador ocupa como máximo 16384 bytes.\"}",
        post(large));
    assertEquals(413, post("x".repeat(1_100_000)).statusCode());
    assertEquals(201, post(GOOD).statusCode());
  }

  @Test
  void sentences_follow_the_callers_language() throws Exception {
    var answer =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(URI.create(server.url + "/generador/"))
                    .header("Authorization", "Bearer admin")
                    .header("Accept-Language", "en")
                    .POST(HttpRequest.BodyPublishers.ofString(GOOD.replace("-3.5", "null")))
                    .build(),
                HttpResponse.BodyHandlers.ofString());

    assertTrue(answer.body().contains("Field \\\"temperatura\\\" is missing."), answer.body());
  }

  @Test
  void another_method_is_not_allowed() {
    HttpResponse<String> answer = admin.get("/generador/");

    assertEquals(405, answer.statusCode());
    assertTrue(Json.parse(answer.body()).path("detail").isTextual());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          intervalo=2m                                                     | intervalo
          intervalo=1M                                                     | intervalo
          desde=ayer                                                       | desde
          hasta=2026-13-01                                                 | hasta
          desde=2026-03-01T12:00:01Z&hasta=2026-03-01T12:00:00Z            | desde
          desde=2030-01-01                                                 | desde
          desde=2026-01-01&hasta=2026-03-01                                | intervalo
          desde=2026-03-01T00:00:00Z&hasta=2026-03-02T01:00:01Z            | intervalo
          desde=0001-01-01&hasta=2026-03-01&intervalo=1d                   | desde
          desde=1970-01-02&hasta=9999-01-01&intervalo=1d                   | intervalo
          hasta=%2B999999999-01-01T00:00:00Z                               | hasta
          """)
  void a_wrong_question_is_answered_with_its_field(String query, String field) {
    HttpResponse<String> answer = admin.get("/agregados/?" + query);

    assertEquals(422, answer.statusCode(), answer.body());
    JsonNode fault = Json.parse(answer.body()).path("detail").path(0);
    assertEquals("[\"query\",\"" + field + "\"]", fault.path("loc").toString());
    assertEquals("value_error", fault.path("type").asText());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "desde=2026-03-01T00:00:00Z&hasta=2026-03-02T01:00:00Z",
        "desde=2026-03-01T12:00:00Z&hasta=2026-03-01T12:00:00Z",
        "intervalo=1d&desde=2025-01-01",
        "intervalo=&parque="
      })
  void the_largest_and_the_smallest_window_are_answered(String query) {
    assertEquals(200, admin.get("/agregados/?" + query).statusCode());
  }

  private static HttpResponse<String> post(String body) {
    return admin.post("/generador/", body);
  }

  private static void assertAnswer(int status, String body, HttpResponse<String> answer) {
    assertEquals(body, answer.body());
    assertEquals(status, answer.statusCode());
  }
}
