package io.vatio.account;

import static io.vatio.account.AccessServer.ADMIN;
import static io.vatio.account.AccessServer.PASSWORD;
import static io.vatio.account.AccessServer.credentials;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.account.AccessServer.Answer;
import io.vatio.kernel.Reach;
import io.vatio.platform.json.Json;
import io.vatio.testing.Databases;
import io.vatio.testing.FixedClock;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RegisterTest {
  @TempDir Path folder;

  private final FixedClock clock = FixedClock.at("2026-03-01T10:00:00Z");
  private AccessServer server;

  @BeforeEach
  void start() {
    server =
        AccessServer.start(Databases.SQLITE.newUrl(folder), AccessServer.settings(folder), clock);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void answers_as_the_document_says_and_gives_a_stranger_nothing() {
    Answer answer = register(body("nuevo_usuario").put("tipo_usuario", "interno").put("rol", 1));

    assertEquals(201, answer.status(), answer.body());
    ObjectNode body = (ObjectNode) answer.json();
    assertEquals(200, me(body.path("access").asText()).status());
    assertEquals(
        List.of("user", "refresh", "access", "message"),
        body.propertyStream().map(p -> p.getKey()).toList());
    assertEquals("Usuario registrado exitosamente", body.path("message").asText());
    JsonNode user = body.path("user");
    assertEquals("Nombre Apellido", user.path("full_name").asText());
    assertEquals("externo", user.path("tipo_usuario").asText());
    assertEquals("Externo", user.path("tipo_usuario_display").asText());
    assertEquals(3, user.path("rol").asInt());
    assertEquals("solo_lectura", user.path("rol_detail").path("nombre").asText());
    assertFalse(user.path("is_superuser").asBoolean());
    Account account = server.accounts.accounts().findByName("nuevo_usuario").orElseThrow();
    assertEquals(Reach.SHARED, server.accounts.accounts().principal(account).reach());
    assertEquals(
        200,
        server.post("/api/auth/login/", credentials("nuevo_usuario", "girasol-77-x")).status());
  }

  @Test
  void only_the_token_of_a_superuser_chooses_role_and_type() {
    String admin = server.login();
    String eva = register(body("eva")).json().path("access").asText();

    Answer chosen =
        register(body("op").put("tipo_usuario", "interno").put("rol", 2), "Bearer " + admin);
    Answer raised =
        register(body("mal").put("tipo_usuario", "interno").put("rol", 1), "Bearer " + eva);
    Answer wrong = register(body("otro").put("rol", 999), "Bearer " + admin);

    assertEquals(2, chosen.json().path("user").path("rol").asInt(), chosen.body());
    assertEquals("interno", chosen.json().path("user").path("tipo_usuario").asText());
    assertEquals(3, raised.json().path("user").path("rol").asInt());
    assertEquals("externo", raised.json().path("user").path("tipo_usuario").asText());
    assertEquals(
        "{\"rol\":[\"Clave primaria \\\"999\\\" inválida - objeto no existe.\"]}", wrong.body());
    Answer rubbish = register(body("x"), "Bearer rubbish");
    assertEquals(401, rubbish.status());
    assertEquals("token_not_valid", rubbish.json().path("code").asText());
  }

  @Test
  void says_in_spanish_what_is_missing_or_taken() {
    assertEquals(
        Json.parse(
            """
            {"username":["Este campo es requerido."],"email":["Este campo es requerido."],
             "password":["Este campo es requerido."],
             "password_confirm":["Este campo es requerido."],
             "first_name":["Este campo es requerido."],"last_name":["Este campo es requerido."]}
            """),
        register(Json.object()).json());
    register(body("eva"));
    assertEquals(
        Json.parse(
            """
            {"username":["Ya existe un usuario con ese nombre."],
             "email":["Este email ya está registrado."]}
            """),
        register(body("EVA").put("email", "Eva@Example.COM")).json());
    assertEquals(
        "{\"password\":[\"Las contraseñas no coinciden.\"]}",
        register(body("ana").put("password_confirm", "girasol-77-y")).body());
    assertEquals(
        "{\"email\":[\"Introduzca una dirección de correo electrónico válida.\"]}",
        register(body("ana").put("email", "ana")).body());
  }

  @ParameterizedTest
  @CsvSource({
    "corta7x, La contraseña es muy corta. Debe contener al menos 8 caracteres.",
    "password123, La contraseña es muy común.",
    "Contraseña2024, La contraseña es muy común.",
    "8403159267, La contraseña está formada completamente por números.",
    "margarida77, La contraseña es muy similar a nombre de usuario.",
    "fuentelabrada, La contraseña es muy similar a apellido.",
  })
  void refuses_bad_passwords_with_the_reason(String password, String sentence) {
    Answer answer =
        register(
            body("margarida")
                .put("last_name", "Fuenlabrada")
                .put("password", password)
                .put("password_confirm", password));

    assertEquals(400, answer.status());
    assertEquals(Json.object().set("password", Json.array().add(sentence)), answer.json());
  }

  @Test
  void says_everything_that_is_wrong_with_a_password_at_once() {
    Answer answer =
        register(body("ana").put("password", "1234567").put("password_confirm", "1234567"));

    assertEquals(
        Json.parse(
            """
            {"password":["La contraseña es muy corta. Debe contener al menos 8 caracteres.",
                         "La contraseña está formada completamente por números."]}
            """),
        answer.json());
  }

  @Test
  void an_address_makes_so_many_accounts_and_then_waits() {
    for (int i = 0; i < 30; i++) {
      assertEquals(400, register(Json.object()).status());
    }

    Answer late = register(body("eva"));

    assertEquals(429, late.status());
    assertEquals("20", late.header("retry-after"));
    assertEquals("{\"detail\":\"Demasiadas peticiones. Espere 20 segundos.\"}", late.body());
    assertEquals(201, register(body("eva"), "Bearer " + server.login()).status());
    clock.advance(Duration.ofSeconds(20));
    assertEquals(201, register(body("ana")).status());
  }

  @Test
  void a_closed_registration_says_so() {
    server.close();
    AccountSettings closed =
        new AccountSettings(
            folder.resolve("keys"), ADMIN, PASSWORD, List.of(), "operador", false, null, false);
    server = AccessServer.start(Databases.SQLITE.newUrl(folder), closed, clock);

    Answer answer = register(body("eva"));

    assertEquals(403, answer.status());
    assertEquals(
        "{\"detail\":\"El registro está cerrado. Pida una cuenta a quien administra el sistema.\"}",
        answer.body());
  }

  private static ObjectNode body(String username) {
    return Json.object()
        .put("username", username)
        .put("email", username + "@example.com")
        .put("password", "girasol-77-x")
        .put("password_confirm", "girasol-77-x")
        .put("first_name", "Nombre")
        .put("last_name", "Apellido");
  }

  private Answer register(ObjectNode body) {
    return server.post("/api/auth/register/", body.toString());
  }

  private Answer register(ObjectNode body, String authorization) {
    return server.post("/api/auth/register/", body.toString(), "Authorization", authorization);
  }

  private Answer me(String token) {
    return server.get("/api/users/me/", "Authorization", "Bearer " + token);
  }
}
