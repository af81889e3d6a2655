package io.vatio.account;

import static io.vatio.account.AccessServer.credentials;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.vatio.account.AccessServer.Answer;
import io.vatio.platform.json.Json;
import io.vatio.testing.Databases;
import io.vatio.testing.FixedClock;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(Databases.class)
class UsersTest {
  private static final String OPERATOR =
      """
      {"username":"operador1","email":"operador1@example.com","password":"password123",
       "first_name":"Operador","last_name":"Uno","tipo_usuario":"interno","rol":2,"is_active":true}
      """;

  @Parameter Databases kind;
  @TempDir Path folder;

  private final FixedClock clock = FixedClock.at("2026-03-01T10:00:00Z");
  private AccessServer server;
  private String admin;

  @BeforeEach
  void start() {
    server = AccessServer.start(kind.newUrl(folder), AccessServer.settings(folder), clock);
    admin = server.login();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void makes_a_user_as_the_document_says() {
    Answer made = post("/api/users/", OPERATOR);

    assertEquals(201, made.status());
    assertEquals(
        """
        {"id":2,"username":"operador1","email":"operador1@example.com","first_name":"Operador",\
        "last_name":"Uno","tipo_usuario":"interno","is_active":true,"rol":2}""",
        made.body());
    assertEquals(
        200, server.post("/api/auth/login/", credentials("OPERADOR1", "password123")).status());
  }

  @Test
  void lists_users_with_everything_that_the_document_shows() {
    clock.advance(Duration.ofSeconds(1));
    post("/api/users/", OPERATOR);

    JsonNode list = get("/api/users/").json();
    List<String> names = new ArrayList<>();
    list.path("results").path(0).fieldNames().forEachRemaining(names::add);

    assertEquals(2, list.path("count").asInt());
    assertTrue(list.path("next").isNull());
    assertEquals(
        List.of(
            "id",
            "username",
            "email",
            "first_name",
            "last_name",
            "full_name",
            "tipo_usuario",
            "tipo_usuario_display",
            "is_active",
            "is_staff",
            "is_superuser",
            "rol",
            "rol_detail",
            "created_at",
            "updated_at",
            "last_login",
            "telegram_chat_id",
            "telegram_username",
            "telegram_notifications_enabled",
            "telegram_verified",
            "can_receive_telegram",
            "email_verified",
            "email_notifications_enabled",
            "can_receive_email"),
        names);
    JsonNode first = list.path("results").path(0);
    assertEquals("Operador Uno", first.path("full_name").asText());
    assertEquals("operador", first.path("rol_detail").path("nombre").asText());
    assertFalse(list.toString().contains("argon2"));
    assertEquals(first, get("/api/users/2/").json());
  }

  @Test
  void searches_orders_and_pages() {
    post("/api/users/", OPERATOR);
    post("/api/users/", user("ana", "ana@example.com"));
    post("/api/users/", user("eva", "eva@example.com"));

    assertEquals("[\"ana\"]", names("?search=ANA%20example"));
    assertEquals("[\"admin\",\"ana\",\"eva\",\"operador1\"]", names("?ordering=username"));
    assertEquals("[\"ana\"]", names("?search=example&ordering=-username&page_size=2&page=2"));
    assertEquals("[\"operador1\"]", names("?search=uno%20operador"));
    assertEquals("[]", names("?search=nadie"));
    assertEquals("[\"admin\",\"ana\"]", names("?ordering=username&page_size=2"));
    assertEquals(404, get("/api/users/?page=9").status());
  }

  @Test
  void says_in_spanish_what_is_wrong() {
    assertEquals(
        Json.parse(
            """
            {"username":["Este campo es requerido."],"email":["Este campo es requerido."]}
            """),
        post("/api/users/", "{}").json());
    post("/api/users/", OPERATOR);
    Answer wrong =
        post(
            "/api/users/",
            """
            {"username":"OPERADOR1","email":"Operador1@EXAMPLE.com","password":"corta",
             "tipo_usuario":"jefe","rol":999,"is_active":"quizá"}
            """);
    assertEquals(400, wrong.status());
    assertEquals(
        Json.parse(
            """
            {"username":["Ya existe un usuario con ese nombre."],
             "email":["Este email ya está registrado."],
             "tipo_usuario":["\\"jefe\\" no es una elección válida."],
             "rol":["Clave primaria \\"999\\" inválida - objeto no existe."],
             "is_active":["Debe ser un booleano válido."],
             "password":["La contraseña es muy corta. Debe contener al menos 8 caracteres."]}
            """),
        wrong.json());
    assertEquals(400, post("/api/users/", "{\"username\":\"device_x\",\"email\":\"no\"}").status());
  }

  @Test
  void changes_a_part_or_the_whole() {
    post("/api/users/", OPERATOR);

    Answer part = send("PATCH", "/api/users/2/", "{\"is_active\":false,\"rol\":3}");
    Answer whole = send("PUT", "/api/users/2/", "{\"rol\":2}");
    Answer all = send("PUT", "/api/users/2/", "{\"username\":\"op\",\"email\":\"op@example.com\"}");

    assertEquals(
        """
        {"id":2,"username":"operador1","email":"operador1@example.com","first_name":"Operador",\
        "last_name":"Uno","tipo_usuario":"interno","is_active":false,"rol":3}""",
        part.body());
    assertEquals(400, whole.status());
    assertTrue(whole.json().has("username") && whole.json().has("email"), whole.body());
    assertEquals(200, all.status());
    assertEquals("op", all.json().path("username").asText());
    assertEquals(3, all.json().path("rol").asInt());
    assertTrue(server.accounts.accounts().findByName("operador1").isEmpty());
    assertEquals(404, send("PATCH", "/api/users/99/", "{}").status());
    assertEquals(404, send("PATCH", "/api/users/x/", "{}").status());
  }

  @Test
  void a_new_password_ends_the_sessions_of_the_old_one() {
    post("/api/users/", OPERATOR);
    JsonNode session =
        server.post("/api/auth/login/", credentials("operador1", "password123")).json();

    assertEquals(200, send("PATCH", "/api/users/2/", "{\"password\":\"otra-clave-mas\"}").status());

    assertEquals(401, as(session.path("access").asText(), "GET", "/api/users/me/", null).status());
    assertEquals(
        401,
        server
            .post("/api/auth/refresh/", "{\"refresh\":" + session.path("refresh") + "}")
            .status());
    assertEquals(
        200, server.post("/api/auth/login/", credentials("operador1", "otra-clave-mas")).status());
  }

  @Test
  void activates_and_deactivates_with_the_words_of_the_document() {
    post("/api/users/", OPERATOR);
    String access = login("operador1");

    Answer off = post("/api/users/2/deactivate/", "");
    Answer refused = as(access, "GET", "/api/users/me/", null);
    Answer on = post("/api/users/2/activate/", "");

    assertEquals("{\"message\":\"Usuario operador1 desactivado exitosamente\"}", off.body());
    assertEquals(401, refused.status());
    assertEquals(
        "{\"detail\":\"El usuario está inactivo\",\"code\":\"user_inactive\"}", refused.body());
    assertEquals("{\"message\":\"Usuario operador1 activado exitosamente\"}", on.body());
    assertEquals(200, as(access, "GET", "/api/users/me/", null).status());
    Answer superuser = post("/api/users/1/deactivate/", "");
    assertEquals(400, superuser.status());
    assertEquals("{\"error\":\"No se puede desactivar un superusuario\"}", superuser.body());
    assertEquals(404, post("/api/users/99/activate/", "").status());
  }

  @Test
  void deletes_a_user_with_sessions_and_keys() {
    post("/api/users/", OPERATOR);
    String access = login("operador1");

    assertEquals(204, send("DELETE", "/api/users/2/", null).status());

    assertEquals(404, send("DELETE", "/api/users/2/", null).status());
    assertEquals(401, as(access, "GET", "/api/users/me/", null).status());
    assertEquals(201, post("/api/users/", OPERATOR).status());
    assertEquals(401, as(access, "GET", "/api/users/me/", null).status());
  }

  @Test
  void the_last_superuser_stays() {
    for (String body : List.of("{\"is_superuser\":false}", "{\"is_active\":false}")) {
      assertEquals(400, send("PATCH", "/api/users/1/", body).status(), body);
    }
    assertEquals(
        "{\"error\":\"No puede eliminar su propia cuenta\"}",
        send("DELETE", "/api/users/1/", null).body());
    post("/api/users/", OPERATOR);
    assertEquals(200, send("PATCH", "/api/users/2/", "{\"is_superuser\":true}").status());
    String second = login("operador1");
    assertEquals(204, as(second, "DELETE", "/api/users/1/", null).status());
    Answer last = as(second, "PATCH", "/api/users/2/", "{\"is_superuser\":false}");
    assertEquals(
        "{\"error\":\"Es el último superusuario activo; nombre antes a otro\"}", last.body());
  }

  @Test
  void only_those_who_may_see_and_manage_users_do() {
    post("/api/users/", OPERATOR);
    String operator = login("operador1");

    Answer list = as(operator, "GET", "/api/users/", null);
    assertEquals(403, list.status());
    assertEquals("{\"detail\":\"Solo los superusuarios pueden gestionar usuarios.\"}", list.body());
    assertEquals(403, as(operator, "POST", "/api/users/", OPERATOR).status());
    assertEquals(403, as(operator, "GET", "/api/roles/", null).status());
    assertEquals(401, server.get("/api/users/").status());

    long viewer = role("miron", "[2]", "todos");
    send("PATCH", "/api/users/2/", "{\"rol\":" + viewer + "}");
    assertEquals(200, as(operator, "GET", "/api/users/", null).status());
    assertEquals(403, as(operator, "PATCH", "/api/users/2/", "{}").status());
  }

  @Test
  void somebody_who_manages_users_cannot_raise_himself_or_others() {
    long manager = role("personal", "[1,6,8]", "propios");
    long looker = role("miron", "[6]", "propios");
    long everywhere = role("vigia", "[6]", "todos");
    post("/api/users/", OPERATOR);
    send("PATCH", "/api/users/2/", "{\"rol\":" + manager + "}");
    post("/api/users/", user("eva", "eva@example.com"));
    String token = login("operador1");

    assertEquals(200, as(token, "GET", "/api/users/", null).status(), "managing includes seeing");
    assertEquals(
        201, as(token, "POST", "/api/users/", withRole("nuevo", looker, "interno")).status());
    for (String body :
        List.of(
            withRole("a", 1, "interno"),
            withRole("b", 2, "interno"),
            withRole("c", everywhere, "interno"),
            "{\"username\":\"d\",\"email\":\"d@example.com\",\"is_superuser\":true}")) {
      Answer answer = as(token, "POST", "/api/users/", body);
      assertEquals(403, answer.status(), body);
      assertEquals(
          "{\"detail\":\"No puede dar ni cambiar más derechos de los que usted tiene.\"}",
          answer.body());
    }
    assertEquals(
        403, as(token, "PATCH", "/api/users/1/", "{\"password\":\"mi-clave-99\"}").status());
    assertEquals(403, as(token, "DELETE", "/api/users/1/", null).status());
    assertEquals(403, as(token, "POST", "/api/users/1/activate/", "").status());
    assertEquals(403, as(token, "PATCH", "/api/users/2/", "{\"rol\":" + looker + "}").status());
    assertEquals(403, as(token, "PATCH", "/api/users/2/", "{\"rol\":null}").status());
    assertEquals(200, as(token, "PATCH", "/api/users/2/", "{\"first_name\":\"Yo\"}").status());
    assertEquals(400, as(token, "PATCH", "/api/users/2/", "{\"is_active\":false}").status());
    assertEquals(400, as(token, "DELETE", "/api/users/2/", null).status());
    assertEquals(400, as(token, "POST", "/api/users/2/deactivate/", "").status());
    // Of an external user with a role that reaches everything the reach must not come alive.
    post("/api/users/", withRole("fuera", everywhere, "externo"));
    long outside = server.accounts.accounts().findByName("fuera").orElseThrow().id();
    String path = "/api/users/" + outside + "/";
    assertEquals(403, as(token, "PATCH", path, "{\"tipo_usuario\":\"interno\"}").status());
    assertEquals(200, as(token, "PATCH", path, "{\"tipo_usuario\":\"externo\"}").status());
  }

  @Test
  void somebody_who_manages_roles_puts_no_more_into_them_than_he_has() {
    long manager = role("jefatura", "[3,6]", "propios");
    long looker = role("miron", "[6]", "propios");
    post("/api/users/", OPERATOR);
    send("PATCH", "/api/users/2/", "{\"rol\":" + manager + "}");
    String token = login("operador1");

    assertEquals(
        201, as(token, "POST", "/api/roles/", roleBody("menor", "[6]", "propios")).status());
    assertEquals(403, as(token, "POST", "/api/roles/", roleBody("mas", "[1]", "propios")).status());
    assertEquals(403, as(token, "POST", "/api/roles/", roleBody("todo", "[6]", "todos")).status());
    String lower = "/api/roles/" + looker + "/";
    assertEquals(200, as(token, "PATCH", lower, "{\"descripcion\":\"x\"}").status());
    assertEquals(403, as(token, "PATCH", lower, "{\"permisos_ids\":[5]}").status());
    assertEquals(403, as(token, "PATCH", "/api/roles/1/", "{\"descripcion\":\"x\"}").status());
    assertEquals(
        403, as(token, "PATCH", "/api/roles/" + manager + "/", "{\"permisos_ids\":[3]}").status());
  }

  @Test
  void every_change_of_a_user_is_in_the_audit_log_without_secrets() {
    post("/api/users/", OPERATOR);
    send("PATCH", "/api/users/2/", "{\"rol\":3,\"password\":\"otra-clave-mas\"}");
    post("/api/users/2/deactivate/", "");
    send("DELETE", "/api/users/2/", null);

    List<String> log =
        server.database.read(
            h ->
                h.createQuery(
                        "SELECT username, action, model, object_id, changes FROM audit_log"
                            + " WHERE model = 'Usuario' AND object_id = '2' ORDER BY id")
                    .map(
                        (row, _) ->
                            row.getString(1) + " " + row.getString(2) + " " + row.getString(5))
                    .list());

    assertEquals(5, log.size(), log.toString());
    assertTrue(log.get(0).startsWith("admin CREATE "), log.get(0));
    assertEquals("admin UPDATE {\"rol\":{\"old\":2,\"new\":3}}", log.get(1));
    assertEquals(
        "admin UPDATE {\"password\":{\"old\":\"********\",\"new\":\"********\"}}", log.get(2));
    assertEquals("admin UPDATE {\"is_active\":{\"old\":true,\"new\":false}}", log.get(3));
    assertTrue(log.get(4).startsWith("admin DELETE "), log.get(4));
    assertFalse(log.toString().contains("clave-mas"), log.toString());
    assertFalse(log.toString().contains("password123"), log.toString());
  }

  private String names(String query) {
    var names = Json.array();
    get("/api/users/" + query).json().path("results").forEach(u -> names.add(u.path("username")));
    return names.toString();
  }

  private long role(String name, String permissions, String reach) {
    Answer made = post("/api/roles/", roleBody(name, permissions, reach));
    assertEquals(201, made.status(), made.body());
    return made.json().path("id").asLong();
  }

  private static String roleBody(String name, String permissions, String reach) {
    return "{\"nombre\":\"%s\",\"permisos_ids\":%s,\"alcance\":\"%s\"}"
        .formatted(name, permissions, reach);
  }

  private static String user(String name, String email) {
    return "{\"username\":\"%s\",\"email\":\"%s\",\"password\":\"password123\",\"rol\":3}"
        .formatted(name, email);
  }

  private static String withRole(String name, long role, String type) {
    return "{\"username\":\"%1$s\",\"email\":\"%1$s@example.com\",\"rol\":%2$d,\"tipo_usuario\":\"%3$s\"}"
        .formatted(name, role, type);
  }

  private String login(String name) {
    return server
        .post("/api/auth/login/", credentials(name, "password123"))
        .json()
        .path("access")
        .asText();
  }

  private Answer get(String path) {
    return as(admin, "GET", path, null);
  }

  private Answer post(String path, String body) {
    return as(admin, "POST", path, body);
  }

  private Answer send(String method, String path, String body) {
    return as(admin, method, path, body);
  }

  private Answer as(String token, String method, String path, String body) {
    return server.send(method, path, body, "Authorization", "Bearer " + token);
  }
}
