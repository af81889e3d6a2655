package io.vatio.account;

import static io.vatio.account.AccessServer.ADMIN;
import static io.vatio.account.AccessServer.PASSWORD;
import static io.vatio.account.AccessServer.credentials;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.vatio.account.AccessServer.Answer;
import io.vatio.platform.json.Json;
import io.vatio.testing.Databases;
import io.vatio.testing.FixedClock;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProfileTest {
  @TempDir Path folder;

  private final FixedClock clock = FixedClock.at("2026-03-01T10:00:00Z");
  private AccessServer server;
  private String admin;
  private String eva;

  @BeforeEach
  void start() {
    open();
    admin = server.login();
    as(
        admin,
        "POST",
        "/api/users/",
        """
        {"username":"eva","email":"eva@example.com","password":"password123","rol":3}
        """);
    eva =
        server
            .post("/api/auth/login/", credentials("eva", "password123"))
            .json()
            .path("access")
            .asText();
  }

  private void open() {
    server =
        AccessServer.start(Databases.SQLITE.newUrl(folder), AccessServer.settings(folder), clock);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void one_changes_what_is_personal_and_nothing_else() {
    server.accounts.contacts().verifyEmail(2, "eva@example.com");

    Answer name =
        as(
            eva,
            "PATCH",
            "/api/users/me/",
            "{\"first_name\":\"Eva\",\"rol\":1,\"is_superuser\":true}");
    Answer address = as(eva, "PATCH", "/api/users/me/", "{\"email\":\"otra@example.com\"}");

    assertEquals("Eva", name.json().path("full_name").asText());
    assertEquals(3, name.json().path("rol").asInt());
    assertEquals("externo", name.json().path("tipo_usuario").asText());
    assertTrue(name.json().path("email_verified").asBoolean());
    assertEquals("otra@example.com", address.json().path("email").asText());
    assertEquals("false", address.json().path("email_verified").toString());
    as(admin, "PATCH", "/api/users/me/", "{\"email\":\"ana@example.com\"}");
    assertEquals(
        "{\"email\":[\"Este email ya está registrado.\"]}",
        as(eva, "PATCH", "/api/users/me/", "{\"email\":\"ANA@example.com\"}").body());
    assertEquals(400, as(eva, "PATCH", "/api/users/me/", "{\"email\":\"\"}").status());
  }

  @Test
  void turns_a_number_into_a_text_and_back() {
    JsonNode sealed = as(admin, "GET", "/api/login/cifrarID/2/", null).json();
    String text = sealed.path("encrypted_id").asText();
    Answer opened = decrypt(admin, text);

    assertEquals(
        List.of("encrypted_id", "user_id", "username"),
        sealed.propertyStream().map(Map.Entry::getKey).toList());
    assertEquals("eva", sealed.path("username").asText());
    assertTrue(text.matches("[A-Za-z0-9_-]{48}"), text);
    assertEquals("{\"decrypted_id\":2,\"user_id\":2,\"username\":\"eva\"}", opened.body());
    assertNotEquals(
        text,
        as(admin, "GET", "/api/login/cifrarID/2/", null).json().path("encrypted_id").asText());
    server.close();
    open();
    assertEquals(200, decrypt(admin, text).status());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1:1qaz2wsx3edc",
        "x",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "ññññññññññññññññññññññññññññññññññññññññññññññññ",
      })
  void a_text_from_elsewhere_is_refused(String text) {
    Answer answer = decrypt(admin, text);

    assertEquals(400, answer.status());
    assertEquals("{\"error\":\"ID cifrado inválido o corrupto\"}", answer.body());
  }

  @Test
  void every_changed_letter_is_noticed() {
    String text =
        as(admin, "GET", "/api/login/cifrarID/2/", null).json().path("encrypted_id").asText();

    for (int i = 0; i < text.length(); i++) {
      char other = text.charAt(i) == 'A' ? 'B' : 'A';
      String changed = text.substring(0, i) + other + text.substring(i + 1);
      assertEquals(400, decrypt(admin, changed).status(), changed);
    }
  }

  @Test
  void says_what_is_missing_and_who_is_unknown() {
    String gone =
        as(admin, "GET", "/api/login/cifrarID/2/", null).json().path("encrypted_id").asText();
    as(admin, "DELETE", "/api/users/2/", null);

    assertEquals(
        "{\"error\":\"encrypted_id es requerido\"}",
        as(admin, "POST", "/api/login/descifrarID/", "{}").body());
    assertEquals(404, decrypt(admin, gone).status());
    assertEquals("{\"error\":\"Usuario no encontrado\"}", decrypt(admin, gone).body());
    Answer unknown = as(admin, "GET", "/api/login/cifrarID/99/", null);
    assertEquals(404, unknown.status());
    assertEquals("{\"error\":\"Usuario no encontrado\"}", unknown.body());
  }

  @Test
  void nobody_tries_all_numbers_to_learn_the_names() {
    Answer own = as(eva, "GET", "/api/login/cifrarID/2/", null);
    Answer other = as(eva, "GET", "/api/login/cifrarID/1/", null);
    String sealed =
        as(admin, "GET", "/api/login/cifrarID/1/", null).json().path("encrypted_id").asText();

    assertEquals(200, own.status());
    assertEquals(404, other.status());
    assertEquals("{\"error\":\"Usuario no encontrado\"}", other.body());
    assertEquals(404, decrypt(eva, sealed).status());
    assertEquals(401, server.get("/api/login/cifrarID/1/").status());
  }

  @Test
  void a_key_shows_what_it_reaches_and_when_it_was_used() {
    JsonNode made =
        as(admin, "POST", "/api/api-keys/", "{\"label\":\"a\",\"permisos\":[\"crear_lecturas\"]}")
            .json();
    assertEquals("todos", made.path("alcance").asText());
    assertTrue(made.path("last_used_at").isNull());

    clock.advance(Duration.ofMinutes(2));
    server.get("/api/whoami", "X-API-Key", made.path("key").asText());
    assertEquals("2026-03-01T10:02:00Z", lastUse());
    server.close();
    open();
    assertEquals("2026-03-01T10:02:00Z", lastUse());
  }

  @Test
  void the_audit_log_knows_who_came_and_went_and_who_was_refused() {
    String refresh =
        server
            .post("/api/auth/login/", credentials("eva", "password123"), "User-Agent", "prueba")
            .json()
            .path("refresh")
            .asText();
    server.post("/api/auth/logout/", Json.text(Map.of("refresh", refresh)));
    server.post("/api/auth/logout/", Json.text(Map.of("refresh", refresh)));
    server.post("/api/auth/login/", credentials("eva", "secreto-mal"), "User-Agent", "prueba");
    server.audit.flush();

    List<String> log =
        server.database.read(
            h ->
                h.createQuery(
                        "SELECT action, username, object_name, address, user_agent, changes"
                            + " FROM audit_log WHERE id > 3 ORDER BY id")
                    .map((row, _) -> row.getString(1) + " " + row.getString(2))
                    .list());

    assertEquals("LOGIN eva", log.get(log.size() - 3), log.toString());
    assertEquals("LOGOUT eva", log.get(log.size() - 2), log.toString());
    assertTrue(log.getLast().startsWith("LOGIN_FAILED "), log.toString());
    String all =
        server
            .database
            .<List<Map<String, Object>>>read(
                h -> h.createQuery("SELECT * FROM audit_log").mapToMap().list())
            .toString();
    assertTrue(all.contains("prueba"), all);
    for (String secret : List.of("secreto-mal", "password123", PASSWORD, refresh)) {
      assertEquals(-1, all.indexOf(secret), secret);
    }
    assertTrue(all.contains(ADMIN), all);
  }

  private String lastUse() {
    return as(admin, "GET", "/api/api-keys/", null)
        .json()
        .path("results")
        .path(0)
        .path("last_used_at")
        .asText();
  }

  private Answer decrypt(String token, String text) {
    return as(token, "POST", "/api/login/descifrarID/", Json.text(Map.of("encrypted_id", text)));
  }

  private Answer as(String token, String method, String path, String body) {
    return server.send(method, path, body, "Authorization", "Bearer " + token);
  }
}
