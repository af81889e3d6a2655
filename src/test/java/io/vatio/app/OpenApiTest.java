package io.vatio.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.vatio.platform.http.Access;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.json.Json;
import io.vatio.testing.ApiClient;
import io.vatio.testing.Shapes;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The contract and the program say the same: routes, who may call them, and the form of what they
/// answer.
class OpenApiTest {
  private static final Set<String> METHODS = Set.of("get", "post", "put", "patch", "delete");

  @TempDir private static Path folder;
  private static JsonNode contract;
  private static Shapes shapes;
  private static Server server;
  private static String url;
  private static ApiClient admin;

  @BeforeAll
  static void start() throws IOException {
    try (var in = OpenApiTest.class.getResourceAsStream("/openapi.yaml")) {
      contract = new YAMLMapper().readTree(in);
    }
    shapes = new Shapes(contract);
    Map<String, String> anyPort =
        Map.of("VATIO_HTTP_PORT", "0", "VATIO_MQTT_PORT", "0", "VATIO_MQTTS_PORT", "0");
    server =
        Server.start(
            SettingsReader.demo(List.of(), anyPort, folder, folder.resolve("data")),
            Clock.systemUTC());
    url = "http://127.0.0.1:" + server.httpPort();
    var login =
        ApiClient.anonymous(url)
            .post("/api/auth/login/", "{\"username\":\"admin\",\"password\":\"admin123\"}");
    admin = ApiClient.bearer(url, Json.parse(login.body()).path("access").asText());
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void every_route_stands_in_the_contract_with_who_may_call_it_and_the_other_way_round() {
    Map<String, String> routes = new TreeMap<>();
    for (HttpApi.Endpoint endpoint : server.endpoints()) {
      String path = endpoint.path().replaceAll(":([A-Za-z_]+)", "{$1}");
      routes.put(endpoint.method() + " " + path, access(endpoint.access()));
    }
    Map<String, String> written = new TreeMap<>();
    operations(
        (name, operation) -> written.put(name, operation.path("x-acceso").asText("nobody said")));

    assertEquals(lines(written), lines(routes));
  }

  @Test
  void only_public_operations_need_no_credentials() {
    operations(
        (name, operation) -> {
          boolean open = operation.path("x-acceso").asText().equals("publico");
          assertEquals(open, operation.path("security").toString().equals("[]"), name);
          assertEquals(!open, operation.path("responses").has("401") && !isLogin(name), name);
          operation
              .path("security")
              .forEach(
                  way ->
                      way.fieldNames()
                          .forEachRemaining(
                              scheme ->
                                  assertFalse(
                                      contract
                                          .path("components")
                                          .path("securitySchemes")
                                          .path(scheme)
                                          .isMissingNode(),
                                      scheme)));
        });
  }

  private static boolean isLogin(String name) {
    return Set.of(
            "POST /api/auth/login",
            "POST /api/auth/register",
            "POST /api/auth/refresh",
            "POST /api/devices/token")
        .contains(name);
  }

  @Test
  void every_body_has_an_example_that_its_schema_allows() {
    List<String> faults = new ArrayList<>();
    operations(
        (name, operation) -> {
          if (operation.has("requestBody")) {
            checkExamples(name, shapes.resolve(operation.path("requestBody")), faults);
          }
          for (Map.Entry<String, JsonNode> answer : operation.path("responses").properties()) {
            checkExamples(name + " " + answer.getKey(), shapes.resolve(answer.getValue()), faults);
          }
        });
    assertEquals(List.of(), faults);
  }

  private static void checkExamples(String name, JsonNode holder, List<String> faults) {
    for (Map.Entry<String, JsonNode> media : holder.path("content").properties()) {
      List<JsonNode> examples = new ArrayList<>();
      if (media.getValue().has("example")) {
        examples.add(media.getValue().path("example"));
      }
      media.getValue().path("examples").forEach(example -> examples.add(example.path("value")));
      if (examples.isEmpty()) {
        faults.add(name + " has no example");
      }
      for (JsonNode example : examples) {
        shapes
            .faults(media.getValue().path("schema"), example)
            .forEach(fault -> faults.add(name + ": " + fault));
      }
    }
  }

  @Test
  void operations_are_told_apart_and_every_reference_leads_somewhere() {
    Set<String> ids = new HashSet<>();
    operations(
        (name, operation) -> {
          assertTrue(ids.add(operation.path("operationId").asText()), name);
          assertFalse(operation.path("summary").asText().isBlank(), name);
        });
    contract.findValues("$ref").forEach(reference -> resolve(reference.asText()));
    for (String path : contract.path("paths").propertyStream().map(Map.Entry::getKey).toList()) {
      JsonNode item = contract.path("paths").path(path);
      assertEquals(path.contains("{id}"), item.path("parameters").toString().contains("/id"), path);
    }
  }

  private static void resolve(String reference) {
    assertFalse(contract.at(reference.substring(1)).isMissingNode(), reference);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          GET    | /health/live                     | 200 |
          GET    | /health/ready                    | 200 |
          GET    | /api/setup/                      | 200 |
          POST   | /api/setup/                      | 409 | {}
          POST   | /api/auth/login/                 | 200 | {"username":"admin","password":"admin123"}
          POST   | /api/auth/login/                 | 400 | {"username":"admin"}
          POST   | /api/auth/login/                 | 400 |
          POST   | /api/auth/login/                 | 401 | {"username":"admin","password":"x"}
          POST   | /api/auth/refresh/               | 401 | {"refresh":"x"}
          GET    | /api/users/me/                   | 200 |
          POST   | /api/auth/register/              | 201 | {"username":"eva","email":"eva@example.com","password":"girasol-77-x","password_confirm":"girasol-77-x","first_name":"Eva","last_name":"Ruiz"}
          POST   | /api/auth/register/              | 400 | {"username":"eva"}
          POST   | /api/auth/password/change/       | 400 | {"current_password":"x","new_password":"girasol-77-x"}
          POST   | /api/auth/password/reset/        | 200 | {"email":"nadie@example.com"}
          POST   | /api/auth/password/reset/confirm/| 400 | {"token":"x","password":"girasol-77-x"}
          GET    | /api/login/cifrarID/{id}/        | 200 |
          POST   | /api/login/descifrarID/          | 400 | {"encrypted_id":"x"}
          PATCH  | /api/users/me/                   | 200 | {"first_name":"Ana"}
          GET    | /api/users/                      | 200 |
          POST   | /api/users/                      | 201 | {"username":"op","email":"op@example.com","rol":2}
          POST   | /api/users/                      | 400 | {"username":"op"}
          GET    | /api/users/{id}/                 | 200 |
          PUT    | /api/users/{id}/                 | 400 | {}
          PATCH  | /api/users/{id}/                 | 200 | {"first_name":"Ana"}
          DELETE | /api/users/{id}/                 | 400 |
          POST   | /api/users/{id}/activate/        | 200 |
          POST   | /api/users/{id}/deactivate/      | 400 |
          GET    | /api/roles/                      | 200 |
          POST   | /api/roles/                      | 201 | {"nombre":"tecnico","permisos_ids":[6]}
          GET    | /api/roles/{id}/                 | 200 |
          PATCH  | /api/roles/{id}/                 | 200 | {"descripcion":"x"}
          DELETE | /api/roles/{id}/                 | 400 |
          GET    | /api/permisos/                   | 200 |
          POST   | /api/permisos/                   | 201 | {"nombre":"x","codigo":"x"}
          GET    | /api/permisos/{id}/              | 200 |
          PATCH  | /api/permisos/{id}/              | 200 | {"descripcion":"x"}
          DELETE | /api/permisos/{id}/              | 400 |
          GET    | /api/api-keys/                   | 200 |
          DELETE | /api/api-keys/{id}/              | 404 |
          POST   | /api/api-keys/                   | 201 | {"label":"a","permisos":["ver_lecturas"]}
          POST   | /api/api-keys/                   | 400 | {"label":"a","permisos":["x"]}
          POST   | /api/sensors/                    | 201 | {"nombre":"DHT22","tipo":"temperatura","unidad_medida":"°C","rango_min":-40,"rango_max":80}
          POST   | /api/sensors/                    | 400 | {"nombre":"DHT22"}
          GET    | /api/sensors/                    | 200 |
          GET    | /api/sensors/available/          | 200 |
          GET    | /api/sensors/tipos/              | 200 |
          GET    | /api/sensors/{id}/               | 200 |
          PATCH  | /api/sensors/{id}/               | 200 | {"descripcion":"x"}
          POST   | /api/devices/                    | 201 | {"nombre":"N","tipo":"esp32","identificador_unico":"E-1","ubicacion":"u"}
          POST   | /api/devices/                    | 400 | {"nombre":"N","tipo":"esp32","identificador_unico":"E-1","ubicacion":"u"}
          GET    | /api/devices/                    | 200 |
          GET    | /api/devices/tipos/              | 200 |
          GET    | /api/devices/{id}/               | 200 |
          PATCH  | /api/devices/{id}/               | 200 | {"ubicacion":"u"}
          POST   | /api/devices/{id}/assign-operator/ | 200 | {"operador_id":null}
          DELETE | /api/devices/{id}/remove-sensor/ | 400 |
          GET    | /api/devices/{id}/shares/        | 200 |
          POST   | /api/devices/{id}/shares/        | 201 | {"usuario":1}
          GET    | /api/shares/                     | 200 |
          GET    | /api/dashboard/stats/            | 200 |
          GET    | /api/sites/                      | 200 |
          GET    | /api/sites/{id}/                 | 200 |
          POST   | /api/sites/                      | 201 | {"nombre":"Canarias","zona_horaria":"Atlantic/Canary"}
          POST   | /api/sites/                      | 400 | {"nombre":"X","zona_horaria":"Marte/Olympus"}
          PATCH  | /api/sites/{id}/                 | 200 | {"moneda":"EUR"}
          DELETE | /api/sites/{id}/                 | 409 |
          POST   | /api/sites/{id}/shares/          | 201 | {"usuario":1}
          POST   | /api/devices/token/              | 401 | {"username":"x","password":"y"}
          POST   | /api/devices/{id}/credentials/   | 201 |
          POST   | /dispositivos                    | 201 | {"serial_number":"S-1"}
          POST   | /dispositivos                    | 409 | {"serial_number":"S-1"}
          POST   | /dispositivos                    | 400 | {"serial_number":5}
          GET    | /dispositivos                    | 200 |
          GET    | /dispositivos/no-reclamados      | 200 |
          GET    | /dispositivos/{id}               | 200 |
          GET    | /dispositivos/{id}/logs          | 200 |
          PUT    | /dispositivos/{id}               | 200 | {"encendido":true}
          PUT    | /dispositivos/{id}               | 400 | {}
          POST   | /dispositivos/reclamar           | 404 | {"serial_number":"S-2"}
          POST   | /dispositivos/reclamar           | 200 | {"serial_number":"S-1"}
          POST   | /dispositivos/reclamar           | 409 | {"serial_number":"S-1"}
          POST   | /generador/                      | 201 | {"id":1,"valor_produccion":50,"velocidad_viento":10,"direccion_viento":"N","temperatura":5}
          POST   | /generador/                      | 422 | {"id":1}
          GET    | /agregados/                      | 200 |
          GET    | /datos-generadores/              | 200 |
          GET    | /api/series/?sensor=valor_produccion&intervalo=15m | 200 |
          GET    | /api/series/?sensor=valor_produccion&intervalo=crudo | 200 |
          GET    | /api/series/                     | 400 |
          GET    | /api/series/catalogo/?contar=true | 200 |
          GET    | /api/series/hoy/                 | 200 |
          GET    | /api/series/{id}/correcciones/   | 200 |
          POST   | /api/series/{id}/correcciones/   | 400 | {"timestamp":"2000-01-01T00:00:00Z","valor":1}
          DELETE | /api/correcciones/{id}/          | 404 |
          GET    | /api/retention/                  | 200 |
          PUT    | /api/retention/                  | 400 | {"reglas":[{"crudo_dias":0}]}
          PUT    | /api/retention/                  | 200 | {"reglas":[{"crudo_dias":3650}]}
          GET    | /api/imports/                    | 200 |
          GET    | /api/imports/{id}/               | 404 |
          GET    | /api/energy                      | 200 |
          POST   | /api/alert                       | 200 | {"message":"hola"}
          POST   | /api/alert                       | 400 | {"message":5}
          GET    | /api/email/status/               | 200 |
          POST   | /api/email/send-verification/    | 400 |
          GET    | /api/email/verify/?token=x       | 400 |
          POST   | /api/email/verify/               | 400 | {"token":"x"}
          POST   | /api/email/preferences/          | 200 | {"email_notifications_enabled":true}
          POST   | /api/email/send-notification/    | 400 | {"message":"x"}
          POST   | /api/email/send-notification/    | 503 | {"message":"x","user_ids":[1]}
          GET    | /api/telegram/status/            | 200 |
          POST   | /api/telegram/generate-verification/ | 200 |
          POST   | /api/telegram/verify-code/       | 400 | {"code":"x"}
          POST   | /api/telegram/link-account/      | 404 | {"user_id":99,"chat_id":"7","verification_code":"x"}
          POST   | /api/telegram/link-account/      | 400 | {"user_id":1,"chat_id":7,"verification_code":"x"}
          POST   | /api/telegram/unlink-account/    | 400 |
          POST   | /api/telegram/send-notification/ | 400 | {"message":"x"}
          POST   | /api/telegram/send-notification/ | 503 | {"message":"x","user_ids":[1]}
          GET    | /api/dead-letters/               | 200 |
          POST   | /api/stream/ticket/              | 201 |
          GET    | /api/schema/                     | 200 |
          """)
  void what_the_server_answers_has_the_form_that_the_contract_gives(
      String method, String path, int status, String body) {
    HttpResponse<String> answer = admin.send(method, path.replace("{id}", "1"), body);

    assertEquals(status, answer.statusCode(), answer.body());
    JsonNode operation =
        contract
            .path("paths")
            .path(path.replaceFirst("\\?.*", ""))
            .path(method.toLowerCase(Locale.ROOT));
    JsonNode content =
        shapes
            .resolve(operation.path("responses").path(Integer.toString(status)))
            .path("content")
            .path("application/json");
    assertEquals(
        List.of(), shapes.faults(content.path("schema"), Json.parse(answer.body())), answer.body());
  }

  @Test
  void without_credentials_the_answers_have_their_form_too() {
    operations(
        (name, operation) -> {
          if (operation.path("x-acceso").asText().equals("publico")) {
            return;
          }
          String[] parts = name.split(" ");
          var answer =
              ApiClient.anonymous(url).send(parts[0], parts[1].replaceAll("\\{[a-z]+}", "1"), null);
          assertEquals(401, answer.statusCode(), name);
          JsonNode schema =
              shapes
                  .resolve(operation.path("responses").path("401"))
                  .path("content")
                  .path("application/json")
                  .path("schema");
          assertEquals(List.of(), shapes.faults(schema, Json.parse(answer.body())), name);
        });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "none",
      textBlock =
          """
          none                            |             | application/json; charset=utf-8
          text/html,*/*;q=0.8             |             | application/json; charset=utf-8
          application/json                |             | application/json; charset=utf-8
          application/yaml                |             | application/yaml; charset=utf-8
          application/vnd.oai.openapi+yaml|             | application/yaml; charset=utf-8
          application/json                | format=yaml | application/yaml; charset=utf-8
          application/yaml                | format=json | application/json; charset=utf-8
          """)
  void the_contract_is_given_in_the_form_that_was_asked_for(
      String accept, String query, String type) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url + "/api/schema/?" + (query == null ? "" : query)));
    if (accept != null) {
      request.header("Accept", accept);
    }
    var answer =
        HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofString());

    assertEquals(type, answer.headers().firstValue("Content-Type").orElseThrow());
    assertEquals(contract, new YAMLMapper().readTree(answer.body()));
  }

  @Test
  void the_page_tells_every_operation_and_needs_nothing_from_elsewhere() {
    var answer = ApiClient.anonymous(url).get("/api/docs/");

    String html = answer.body();
    assertEquals(200, answer.statusCode());
    operations(
        (name, operation) ->
            assertTrue(
                html.contains("id=\"" + operation.path("operationId").asText() + "\""), name));
    assertEquals(1, html.split("<script", -1).length - 1);
    assertTrue(html.contains("<script type=\"module\" src=\"/api/docs/page.js\"></script>"));
    assertFalse(html.contains("<style") || html.contains(" style="), "an inline style");
    assertFalse(html.matches("(?s).*(src|href)=\"(https?:)?//.*"), "an address elsewhere");
    for (String file : List.of("page.js", "page.css")) {
      assertEquals(200, ApiClient.anonymous(url).get("/api/docs/" + file).statusCode(), file);
    }
    String english = ApiClient.anonymous(url).get("/api/docs?lang=en").body();
    assertTrue(english.contains("<html lang=\"en\">") && english.contains("Vatio API"));
    assertTrue(html.contains("&lt;id&gt;"), "what looks like markup is escaped");
    assertTrue(html.startsWith("<!doctype html>\n<html lang=\"es\">"));
    String policy = answer.headers().firstValue("Content-Security-Policy").orElseThrow();
    assertTrue(
        policy.startsWith("default-src 'none'; script-src 'self'; style-src 'self'; "), policy);
    assertFalse(policy.contains("unsafe"), policy);
  }

  private static void operations(BiConsumer<String, JsonNode> each) {
    for (Map.Entry<String, JsonNode> path : contract.path("paths").properties()) {
      String plain =
          path.getKey().endsWith("/")
              ? path.getKey().substring(0, path.getKey().length() - 1)
              : path.getKey();
      for (Map.Entry<String, JsonNode> operation : path.getValue().properties()) {
        if (METHODS.contains(operation.getKey())) {
          each.accept(
              operation.getKey().toUpperCase(Locale.ROOT) + " " + plain, operation.getValue());
        }
      }
    }
  }

  private static String access(Access access) {
    return switch (access) {
      case Access.Public _ -> "publico";
      case Access.Anyone _ -> "identificado";
      case Access.Superuser _ -> "superusuario";
      case Access.Holder holder -> holder.permission().code();
      case Access.Worded worded -> access(worded.rule());
    };
  }

  private static String lines(Map<String, String> routes) {
    StringBuilder lines = new StringBuilder();
    routes.forEach((name, access) -> lines.append(name).append(": ").append(access).append('\n'));
    return lines.toString();
  }
}
