package io.vatio.account;

import static io.vatio.account.AccessServer.ADMIN;
import static io.vatio.account.AccessServer.PASSWORD;
import static io.vatio.account.AccessServer.credentials;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.account.AccessServer.Answer;
import io.vatio.platform.json.Json;
import io.vatio.testing.Databases;
import io.vatio.testing.FixedClock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoginTest {
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
  void answers_a_login_as_the_document_says() {
    clock.advance(Duration.ofMinutes(1));

    Answer answer = server.post("/api/auth/login/", credentials(ADMIN, PASSWORD));

    assertEquals(200, answer.status());
    ObjectNode body = (ObjectNode) answer.json();
    assertEquals(3, body.path("access").asText().split("\\.").length);
    assertEquals(3, body.path("refresh").asText().split("\\.").length);
    body.remove(List.of("access", "refresh"));
    assertEquals(Json.parse(GOLDEN_LOGIN.formatted(GOLDEN_PERMISSIONS)), body);
  }

  @Test
  void says_it_in_english_when_asked_to() {
    Answer right =
        server.post("/api/auth/login/", credentials(ADMIN, PASSWORD), "Accept-Language", "en");
    Answer wrong =
        server.post("/api/auth/login/", credentials(ADMIN, "wrong"), "Accept-Language", "en-GB");
    Answer missing = server.post("/api/auth/login/", "{}", "Accept-Language", "en");

    assertEquals("Login successful", right.json().path("message").asText());
    assertEquals("Internal", right.json().path("user").path("tipo_usuario_display").asText());
    assertEquals("{\"detail\":\"Unable to log in with the credentials provided.\"}", wrong.body());
    assertEquals(
        "{\"username\":[\"This field is required.\"],\"password\":[\"This field is required.\"]}",
        missing.body());
  }

  @Test
  void refuses_wrong_password_and_unknown_user_with_the_same_words() {
    Answer wrong = server.post("/api/auth/login/", credentials(ADMIN, "x"));
    Answer unknown = server.post("/api/auth/login/", credentials("nadie", "x"));

    assertEquals(401, wrong.status());
    assertEquals(
        "{\"detail\":\"No se puede iniciar sesión con las credenciales proporcionadas.\"}",
        wrong.body());
    assertEquals(401, unknown.status());
    assertEquals(wrong.body(), unknown.body());
  }

  @Test
  void finds_the_user_whatever_the_case_of_the_name() {
    assertEquals(200, server.post("/api/auth/login/", credentials("ADMIN", PASSWORD)).status());
  }

  @Test
  void tells_who_is_logged_in() {
    Answer answer = server.get("/api/users/me/", "Authorization", "Bearer " + server.login());

    assertEquals(200, answer.status());
    ObjectNode golden = (ObjectNode) Json.parse(GOLDEN_LOGIN.formatted(GOLDEN_PERMISSIONS));
    ((ObjectNode) golden.path("user")).put("last_login", "2026-03-01T10:00:00Z");
    assertEquals(golden.path("user"), answer.json());
  }

  @Test
  void gives_tokens_with_the_claims_of_the_original() {
    JsonNode body = server.post("/api/auth/login/", credentials(ADMIN, PASSWORD)).json();

    ObjectNode access = claims(body.path("access").asText());
    assertTrue(access.path("jti").asText().matches("[0-9a-f]{32}"));
    access.remove("jti");
    assertEquals(
        Json.parse(
            """
            {"token_type":"access","exp":1772362800,"iat":1772359200,"user_id":1}
            """),
        access);
    ObjectNode refresh = claims(body.path("refresh").asText());
    assertEquals("refresh", refresh.path("token_type").asText());
    assertEquals(24 * 3600, refresh.path("exp").asLong() - refresh.path("iat").asLong());
  }

  @Test
  void takes_an_access_token_for_sixty_minutes() {
    String access = server.login();

    clock.advance(Duration.ofMinutes(60).minusSeconds(1));
    assertEquals(200, me(access).status());

    clock.advance(Duration.ofSeconds(1));
    Answer late = me(access);
    assertEquals(401, late.status());
    assertEquals(
        """
        {"detail":"El token dado no es valido para ningun tipo de token","code":"token_not_valid",\
        "messages":[{"token_class":"AccessToken","token_type":"access",\
        "message":"El token es inválido o ha expirado"}]}""",
        late.body());
    assertEquals("Bearer realm=\"vatio\"", late.header("www-authenticate"));
  }

  @Test
  void refuses_tokens_that_were_changed_or_made_elsewhere() {
    String access = server.login();
    String[] parts = access.split("\\.");
    String none = encode("{\"alg\":\"none\",\"typ\":\"JWT\"}");
    ObjectNode claims = claims(access);
    claims.put("user_id", 2);
    AccountDraft admin = new AccountDraft();
    admin.id = 1;
    String other = new Tokens(new byte[32], clock).access(admin.done());

    assertEquals(401, me(none + "." + parts[1] + ".").status());
    assertEquals(401, me(none + "." + parts[1] + "." + parts[2]).status());
    assertEquals(401, me(parts[0] + "." + encode(claims.toString()) + "." + parts[2]).status());
    assertEquals(401, me(other).status());
    assertEquals(401, me(parts[0] + "." + parts[1] + ".").status());
    assertEquals(401, me(parts[0] + "..").status());
    assertEquals(401, me("." + "A".repeat(5_000) + ".").status());
    assertEquals(401, me("ñ.ñ.ñ".replace('ñ', 'n')).status());
  }

  @Test
  void does_not_take_a_refresh_token_for_an_access_token() {
    String refresh = refreshToken();

    assertEquals(401, me(refresh).status());
    assertEquals(401, refresh(server.login()).status());
  }

  @Test
  void says_what_is_wrong_with_a_refresh() {
    assertEquals(
        "{\"refresh\":[\"Este campo es requerido.\"]}",
        server.post("/api/auth/refresh/", "{}").body());
    assertEquals(
        "{\"detail\":\"Token is invalid or expired\",\"code\":\"token_not_valid\"}",
        ordered(server.post("/api/auth/refresh/", "{\"refresh\":\"x\"}", "Accept-Language", "en")));
  }

  private String refreshToken() {
    return server
        .post("/api/auth/login/", credentials(ADMIN, PASSWORD))
        .json()
        .path("refresh")
        .asText();
  }

  private Answer refresh(String token) {
    return server.post("/api/auth/refresh/", body("refresh", token));
  }

  private Answer me(String token) {
    return server.get("/api/users/me/", "Authorization", "Bearer " + token);
  }

  private static String body(String field, String value) {
    return Json.text(Map.of(field, value));
  }

  /// The two members in the order of the original, whatever the order in the answer.
  private static String ordered(Answer answer) {
    ObjectNode body = Json.object();
    body.set("detail", answer.json().path("detail"));
    body.set("code", answer.json().path("code"));
    assertEquals(body.size(), answer.json().size());
    return body.toString();
  }

  private static ObjectNode claims(String token) {
    return (ObjectNode) Json.parse(Base64.getUrlDecoder().decode(token.split("\\.")[1]));
  }

  private static String encode(String json) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(json.getBytes(StandardCharsets.UTF_8));
  }

  private static final String GOLDEN_LOGIN =
      """
      {
        "user": {
          "id": 1,
          "username": "admin",
          "email": "",
          "first_name": "",
          "last_name": "",
          "full_name": "",
          "tipo_usuario": "interno",
          "tipo_usuario_display": "Interno",
          "is_active": true,
          "is_staff": true,
          "is_superuser": true,
          "rol": 1,
          "rol_detail": {
            "id": 1,
            "nombre": "superusuario",
            "nombre_display": "Superusuario",
            "descripcion": "Tiene acceso completo a todas las funcionalidades del sistema",
            "permisos": [%s],
            "created_at": "2026-03-01T10:00:00Z",
            "updated_at": "2026-03-01T10:00:00Z",
            "alcance": "todos"
          },
          "created_at": "2026-03-01T10:00:00Z",
          "updated_at": "2026-03-01T10:00:00Z",
          "last_login": "2026-03-01T10:01:00Z",
          "telegram_chat_id": null,
          "telegram_username": null,
          "telegram_notifications_enabled": true,
          "telegram_verified": false,
          "can_receive_telegram": false,
          "email_verified": false,
          "email_notifications_enabled": true,
          "can_receive_email": false
        },
        "message": "Login exitoso"
      }
      """;

  private static final String GOLDEN_PERMISSIONS =
      String.join(
          ",",
          permission(
              1, "gestionar_usuarios", "Gestionar Usuarios", "crear, editar y eliminar usuarios"),
          permission(2, "ver_usuarios", "Ver Usuarios", "ver la lista de usuarios"),
          permission(3, "gestionar_roles", "Gestionar Roles", "crear, editar y eliminar roles"),
          permission(
              4, "gestionar_permisos", "Gestionar Permisos", "crear, editar y eliminar permisos"),
          permission(
              5, "gestionar_sensores", "Gestionar Sensores", "crear, editar y eliminar sensores"),
          permission(6, "ver_sensores", "Ver Sensores", "ver la lista de sensores"),
          permission(
              7,
              "gestionar_dispositivos",
              "Gestionar Dispositivos",
              "crear, editar y eliminar dispositivos"),
          permission(8, "ver_dispositivos", "Ver Dispositivos", "ver la lista de dispositivos"),
          permission(9, "asignar_sensores", "Asignar Sensores", "asignar sensores a dispositivos"),
          permission(
              10, "asignar_operadores", "Asignar Operadores", "asignar operadores a dispositivos"),
          permission(11, "crear_lecturas", "Crear Lecturas", "registrar lecturas de sensores"),
          permission(12, "ver_lecturas", "Ver Lecturas", "ver las lecturas de sensores"),
          permission(13, "ver_dashboard", "Ver Dashboard", "ver el panel de control"));

  private static String permission(int id, String code, String name, String what) {
    return """
        {"id":%d,"nombre":"%s","codigo":"%s","descripcion":"Permite %s","created_at":"2026-03-01T10:00:00Z"}
        """
        .formatted(id, name, code, what);
  }
}
