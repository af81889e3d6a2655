package io.vatio.wind;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.ingest.InboxSettings;
import io.vatio.kernel.Authenticator;
import io.vatio.kernel.Permission;
import io.vatio.kernel.Principal;
import io.vatio.platform.http.ClientAddress;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.http.HttpFront;
import io.vatio.platform.http.HttpSettings;
import io.vatio.platform.json.Json;
import io.vatio.testing.ApiClient;
import io.vertx.core.Vertx;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WindRoutesTest {
  private static final String GOOD =
      """
      {"id":1,"valor_produccion":50.5,"velocidad_viento":10,"direccion_viento":"NE",
       "temperatura":-3.5,"error":false}""";

  @TempDir private Path folder;
  private final Vertx vertx = Vertx.vertx();
  private Park park;
  private HttpFront front;
  private String url;
  private ApiClient admin;

  @BeforeEach
  void open() throws Exception {
    open(InboxSettings.DEFAULT);
  }

  private void open(InboxSettings settings) throws Exception {
    park = new Park(folder, settings);
    HttpApi api =
        new HttpApi(
            vertx, new Tokens(), new ClientAddress(List.of()), park.core.messages, 1_000_000);
    park.wind.routes(api, park.core.inbox);
    front =
        HttpFront.listen(vertx, new HttpSettings("127.0.0.1", 0, List.of()), api, 1)
            .toCompletionStage()
            .toCompletableFuture()
            .get(10, TimeUnit.SECONDS);
    url = "http://127.0.0.1:" + front.port();
    admin = ApiClient.bearer(url, "admin");
  }

  @AfterEach
  void close() throws Exception {
    front.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    park.close();
    vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
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
  void sentences_follow_the_callers_language() throws Exception {
    var answer =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(URI.create(url + "/generador/"))
                    .header("Authorization", "Bearer admin")
                    .header("Accept-Language", "en")
                    .POST(HttpRequest.BodyPublishers.ofString(GOOD.replace("-3.5", "null")))
                    .build(),
                HttpResponse.BodyHandlers.ofString());

    assertTrue(answer.body().contains("Field \\\"temperatura\\\" is missing."), answer.body());
  }

  @Test
  void only_those_who_may_send_and_only_for_themselves() {
    assertEquals(401, ApiClient.anonymous(url).post("/generador/", GOOD).statusCode());
    assertEquals(401, ApiClient.bearer(url, "nobody").post("/generador/", GOOD).statusCode());
    assertEquals(403, ApiClient.bearer(url, "viewer").post("/generador/", GOOD).statusCode());
    assertAnswer(
        403,
        "{\"detail\":\"El dispositivo \\\"GEN-1\\\" no existe y el remitente no puede crearlo.\"}",
        ApiClient.bearer(url, "sender").post("/generador/", GOOD));

    post(GOOD);

    assertEquals(201, ApiClient.bearer(url, "sender").post("/generador/", GOOD).statusCode());
    assertEquals(201, ApiClient.bearer(url, "GEN-1").post("/generador", GOOD).statusCode());
    assertAnswer(
        403,
        "{\"detail\":\"El mensaje habla del dispositivo \\\"GEN-1\\\", pero la credencial es de"
            + " \\\"GEN-2\\\".\"}",
        ApiClient.bearer(url, "GEN-2").post("/generador/", GOOD));
  }

  @Test
  void only_those_who_may_see_readings_see_them() {
    for (String path : List.of("/agregados/", "/datos-generadores/")) {
      assertEquals(401, ApiClient.anonymous(url).get(path).statusCode());
      assertEquals(403, ApiClient.bearer(url, "sender").get(path).statusCode());
      assertEquals(403, ApiClient.bearer(url, "GEN-1").get(path).statusCode());
      assertEquals(200, ApiClient.bearer(url, "viewer").get(path).statusCode());
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
  void another_method_is_not_allowed() {
    HttpResponse<String> answer = admin.get("/generador/");

    assertEquals(405, answer.statusCode());
    assertTrue(Json.parse(answer.body()).path("detail").isTextual());
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

  private HttpResponse<String> post(String body) {
    return admin.post("/generador/", body);
  }

  private static void assertAnswer(int status, String body, HttpResponse<String> answer) {
    assertEquals(body, answer.body());
    assertEquals(status, answer.statusCode());
  }

  /// The token names the caller.
  private static final class Tokens implements Authenticator {
    private final Map<String, Principal> known =
        Map.of(
            "admin",
            new Principal.User(1, "admin", true, "", Set.of()),
            "viewer",
            new Principal.User(2, "v", false, "", EnumSet.of(Permission.VIEW_READINGS)),
            "sender",
            new Principal.ApiKey(3, "s", EnumSet.of(Permission.CREATE_READINGS)),
            "GEN-1",
            new Principal.Device(1, "GEN-1"),
            "GEN-2",
            new Principal.Device(2, "GEN-2"));

    @Override
    public CompletableFuture<Outcome> token(String token, String address) {
      Principal principal = known.get(token);
      return CompletableFuture.completedFuture(
          principal == null ? new Outcome.Denied() : new Outcome.Granted(principal));
    }

    @Override
    public CompletableFuture<Outcome> password(String name, String secret, String address) {
      return CompletableFuture.completedFuture(new Outcome.Denied());
    }

    @Override
    public Principal trusted(String address) {
      return null;
    }
  }
}
