package io.vatio.platform.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.kernel.Permission;
import io.vatio.kernel.Text;
import io.vatio.testing.Port;
import io.vertx.core.http.HttpMethod;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// How every path behaves, whatever is behind it.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RoutesTest {
  private final Port port =
      new Port(
          api -> {
            for (HttpMethod method :
                new HttpMethod[] {
                  HttpMethod.GET,
                  HttpMethod.POST,
                  HttpMethod.PUT,
                  HttpMethod.PATCH,
                  HttpMethod.DELETE
                }) {
              api.route(method, "/api/things/:id", Access.ANYONE, RoutesTest::echo);
            }
            api.route(HttpMethod.GET, "/api/things/first", Access.ANYONE, RoutesTest::echo);
            api.route(
                HttpMethod.POST, "/api/things/:id/assign-sensor", Access.ANYONE, RoutesTest::echo);
            api.route(HttpMethod.GET, "/api/login/cifrarID/:id", Access.ANYONE, RoutesTest::echo);
            api.route(
                HttpMethod.GET,
                "/api/closed",
                Access.holder(Permission.MANAGE_ROLES).refusing(Text.of("http.overloaded")),
                RoutesTest::echo);
            api.routeStream(
                HttpMethod.GET, "/api/flow", Access.ANYONE, r -> r.context().response().end());
          });

  private static Reply echo(Request request) {
    return Reply.ok(
        Map.of("method", request.context().request().method().name(), "id", request.path("id")));
  }

  @AfterAll
  void close() {
    port.close();
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /api/things/7",
    "GET, /api/things/7/",
    "POST, /api/things/7",
    "POST, /api/things/7/",
    "PUT, /api/things/7",
    "PUT, /api/things/7/",
    "PATCH, /api/things/7",
    "PATCH, /api/things/7/",
    "DELETE, /api/things/7",
    "DELETE, /api/things/7/",
    "POST, /api/things/7/assign-sensor",
    "POST, /api/things/7/assign_sensor/",
    "GET, /api/login/cifrarID/7/",
    "GET, /api/login/cifrar_id/7"
  })
  void every_spelling_of_a_path_leads_to_the_same_place(String method, String path)
      throws Exception {
    Port.Answer answer = port.send(method, path, "viewer", "");

    assertEquals(200, answer.status(), answer.body());
    assertEquals(method, answer.json().path("method").asText());
    assertEquals("7", answer.json().path("id").asText());
  }

  @Test
  void a_name_comes_before_a_parameter_and_a_parameter_is_unescaped() throws Exception {
    assertEquals("null", port.get("/api/things/first", "viewer").json().path("id").asText());
    assertEquals(
        "a b+ñ", port.get("/api/things/a%20b+%C3%B1", "viewer").json().path("id").asText());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          POST | /api/things/first         | GET, HEAD, OPTIONS
          GET  | /api/things/1/assign-sensor | POST, OPTIONS
          HEAD | /api/things/1/assign-sensor | POST, OPTIONS
          PUT  | /api/flow                 | GET, OPTIONS
          """)
  void a_wrong_method_hears_which_ones_there_are(String method, String path, String allowed)
      throws Exception {
    Port.Answer answer = port.send(method, path, "", "");

    assertEquals(405, answer.status());
    assertEquals(allowed, answer.response().headers().firstValue("Allow").orElseThrow());
    if (!method.equals("HEAD")) {
      assertEquals("{\"detail\":\"Método \\\"" + method + "\\\" no permitido.\"}", answer.body());
    }
  }

  @Test
  void options_tell_the_methods_and_allow_nothing_to_other_origins() throws Exception {
    Port.Answer answer = port.send("OPTIONS", "/api/things/5/", "", "");

    assertEquals(204, answer.status());
    assertEquals(
        "GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS",
        answer.response().headers().firstValue("Allow").orElseThrow());
    assertTrue(
        answer.response().headers().map().keySet().stream()
            .noneMatch(name -> name.toLowerCase(Locale.ROOT).startsWith("access-control")));
  }

  @Test
  void nothing_at_a_path_is_said_in_json() throws Exception {
    Port.Answer answer = port.get("/api/nothing/", "");

    assertEquals(404, answer.status());
    assertEquals("{\"detail\":\"No encontrado.\"}", answer.body());
    assertEquals("{\"error\":\"Recurso no encontrado\"}", port.get("/dispositivos/x/y", "").body());
    assertFalse(port.get("/api/nothing", "").response().headers().firstValue("Allow").isPresent());
  }

  @Test
  void an_area_refuses_in_its_own_words() throws Exception {
    Port.Answer answer = port.get("/api/closed", "viewer");

    assertEquals(403, answer.status());
    assertEquals(
        "El servidor está ocupado. Inténtelo de nuevo en unos segundos.",
        answer.json().path("detail").asText());
  }
}
