package io.vatio.account;

import static io.vatio.account.AccessServer.credentials;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.vatio.account.AccessServer.Answer;
import io.vatio.kernel.Permission;
import io.vatio.kernel.Reach;
import io.vatio.platform.json.Json;
import io.vatio.testing.Databases;
import io.vatio.testing.FixedClock;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(Databases.class)
class RolesTest {
  @Parameter Databases kind;
  @TempDir Path folder;

  private final FixedClock clock = FixedClock.at("2026-03-01T10:00:00Z");
  private String url;
  private AccessServer server;
  private String admin;

  @BeforeEach
  void start() {
    url = kind.newUrl(folder);
    server = AccessServer.start(url, AccessServer.settings(folder), clock);
    admin = server.login();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void lists_roles_and_permissions_as_the_document_says() {
    JsonNode roles = send("GET", "/api/roles/", null).json();
    JsonNode permissions = send("GET", "/api/permisos/", null).json();

    assertEquals(3, roles.path("count").asInt());
    assertEquals(13, permissions.path("count").asInt());
    assertEquals(
        Json.parse(
            """
            {"id":1,"nombre":"Gestionar Usuarios","codigo":"gestionar_usuarios",
             "descripcion":"Permite crear, editar y eliminar usuarios",
             "created_at":"2026-03-01T10:00:00Z"}
            """),
        permissions.path("results").path(0));
    JsonNode role = roles.path("results").path(2);
    assertEquals(
        Json.parse(
            """
            {"id":3,"nombre":"solo_lectura","nombre_display":"Solo Lectura",
             "descripcion":"Solo puede ver informacion, sin permisos de edicion",
             "permisos":[
               {"id":6,"nombre":"Ver Sensores","codigo":"ver_sensores",
                "descripcion":"Permite ver la lista de sensores",
                "created_at":"2026-03-01T10:00:00Z"},
               {"id":8,"nombre":"Ver Dispositivos","codigo":"ver_dispositivos",
                "descripcion":"Permite ver la lista de dispositivos",
                "created_at":"2026-03-01T10:00:00Z"},
               {"id":12,"nombre":"Ver Lecturas","codigo":"ver_lecturas",
                "descripcion":"Permite ver las lecturas de sensores",
                "created_at":"2026-03-01T10:00:00Z"},
               {"id":13,"nombre":"Ver Dashboard","codigo":"ver_dashboard",
                "descripcion":"Permite ver el panel de control",
                "created_at":"2026-03-01T10:00:00Z"}],
             "created_at":"2026-03-01T10:00:00Z","updated_at":"2026-03-01T10:00:00Z",
             "alcance":"todos"}
            """),
        role);
    assertEquals(role, send("GET", "/api/roles/3/", null).json());
  }

  @Test
  void a_role_of_ones_own_opens_what_it_holds() {
    Answer made =
        send(
            "POST",
            "/api/roles/",
            """
            {"nombre":"tecnico","nombre_display":"Técnico","descripcion":"Repara",
             "permisos_ids":[6,7,7],"alcance":"todos"}
            """);

    assertEquals(201, made.status());
    assertEquals(4, made.json().path("id").asInt());
    assertEquals(2, made.json().path("permisos").size());
    user("eva", 4);
    var eva = server.accounts.accounts().findByName("eva").orElseThrow();
    var principal = server.accounts.accounts().principal(eva);
    assertTrue(principal.may(Permission.MANAGE_DEVICES));
    assertFalse(principal.may(Permission.VIEW_READINGS));
    assertEquals(Reach.ALL, principal.reach());

    server.close();
    server = AccessServer.start(url, AccessServer.settings(folder), clock);
    assertEquals(principal, server.accounts.accounts().principal(eva), "the same after a restart");
  }

  @Test
  void a_changed_role_ends_the_sessions_of_those_who_have_it() {
    user("eva", 2);
    user("ana", 3);
    List<Long> ended = new CopyOnWriteArrayList<>();
    server.accounts.whenAccessChanged(ended::add);

    send("PATCH", "/api/roles/2/", "{\"descripcion\":\"Otra\"}");
    assertEquals(List.of(), ended);
    send("PATCH", "/api/roles/2/", "{\"permisos_ids\":[6]}");
    assertEquals(List.of(2L), ended);
    send("PATCH", "/api/roles/3/", "{\"alcance\":\"propios\"}");
    assertEquals(List.of(2L, 3L), ended);
    send("PATCH", "/api/users/3/", "{\"tipo_usuario\":\"interno\"}");
    assertEquals(List.of(2L, 3L, 3L), ended);
  }

  @Test
  void what_every_installation_begins_with_stays() {
    assertEquals(
        "{\"error\":\"Los roles del sistema no se pueden eliminar\"}",
        send("DELETE", "/api/roles/2/", null).body());
    assertEquals(
        "{\"nombre\":[\"El nombre de este rol no se puede cambiar.\"]}",
        send("PATCH", "/api/roles/2/", "{\"nombre\":\"otro\"}").body());
    assertEquals(
        "{\"error\":\"Los permisos del sistema no se pueden eliminar\"}",
        send("DELETE", "/api/permisos/13/", null).body());
    assertEquals(
        "{\"codigo\":[\"El código de este permiso no se puede cambiar.\"]}",
        send("PATCH", "/api/permisos/13/", "{\"codigo\":\"otro\"}").body());
    assertEquals(200, send("PATCH", "/api/permisos/13/", "{\"nombre\":\"Ver Panel\"}").status());
    assertEquals(
        "Ver Panel",
        send("GET", "/api/roles/3/", null).json().path("permisos").path(3).path("nombre").asText());
  }

  @Test
  void a_role_that_somebody_has_is_not_deleted() {
    send("POST", "/api/roles/", "{\"nombre\":\"tecnico\"}");
    user("eva", 4);

    Answer used = send("DELETE", "/api/roles/4/", null);
    assertEquals(400, used.status());
    assertEquals(
        "{\"error\":\"El rol está en uso; asigne antes otro a sus usuarios\"}", used.body());
    send("PATCH", "/api/users/2/", "{\"rol\":null}");
    assertEquals(204, send("DELETE", "/api/roles/4/", null).status());
    assertEquals(404, send("GET", "/api/roles/4/", null).status());
  }

  @Test
  void says_what_is_wrong_with_a_role() {
    Answer wrong =
        send(
            "POST",
            "/api/roles/",
            "{\"nombre\":\"Mi rol\",\"permisos_ids\":[999],\"alcance\":\"lejos\"}");

    assertEquals(
        Json.parse(
            """
            {"nombre":["Use de 1 a 50 letras minúsculas, números y los signos _ -."],
             "alcance":["\\"lejos\\" no es una elección válida."],
             "permisos_ids":["Clave primaria \\"999\\" inválida - objeto no existe."]}
            """),
        wrong.json());
    assertEquals(
        "{\"nombre\":[\"Ya existe un/a Rol con este/a nombre.\"]}",
        send("POST", "/api/roles/", "{\"nombre\":\"operador\"}").body());
    assertEquals(
        "{\"nombre\":[\"Este campo es requerido.\"]}", send("POST", "/api/roles/", "{}").body());
    assertEquals(400, send("PUT", "/api/roles/2/", "{\"permisos_ids\":[]}").status());
    assertEquals(
        400, send("POST", "/api/roles/", "{\"nombre\":\"x\",\"permisos_ids\":{}}").status());
  }

  @Test
  void a_permission_of_ones_own_opens_nothing_here() {
    Answer made =
        send(
            "POST",
            "/api/permisos/",
            "{\"nombre\":\"Regar\",\"codigo\":\"regar\",\"descripcion\":\"El jardín\"}");
    assertEquals(
        "{\"id\":14,\"nombre\":\"Regar\",\"codigo\":\"regar\",\"descripcion\":\"El jardín\",\"created_at\":\"2026-03-01T10:00:00Z\"}",
        made.body());
    assertEquals(
        201, send("POST", "/api/roles/", "{\"nombre\":\"jardin\",\"permisos_ids\":[14]}").status());
    assertEquals(
        "{\"codigo\":[\"Ya existe un/a Permiso con este/a código.\"]}",
        send("POST", "/api/permisos/", "{\"nombre\":\"x\",\"codigo\":\"regar\"}").body());
    assertEquals(200, send("PATCH", "/api/permisos/14/", "{\"codigo\":\"regar_todo\"}").status());
    assertEquals(204, send("DELETE", "/api/permisos/14/", null).status());
    assertEquals(0, send("GET", "/api/roles/4/", null).json().path("permisos").size());
    assertEquals(404, send("DELETE", "/api/permisos/14/", null).status());
  }

  private void user(String name, long role) {
    Answer made =
        send(
            "POST",
            "/api/users/",
            "{\"username\":\"%1$s\",\"email\":\"%1$s@example.com\",\"password\":\"password123\",\"rol\":%2$d,\"tipo_usuario\":\"%3$s\"}"
                .formatted(name, role, role == 3 ? "externo" : "interno"));
    assertEquals(201, made.status(), made.body());
    assertEquals(200, server.post("/api/auth/login/", credentials(name, "password123")).status());
  }

  private Answer send(String method, String path, String body) {
    return server.send(method, path, body, "Authorization", "Bearer " + admin);
  }
}
