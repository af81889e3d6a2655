package io.vatio.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.vatio.platform.json.Json;
import io.vatio.testing.ApiClient;
import io.vatio.testing.TestServer;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Rooms keep things in memory that name an account; when it is gone they must not write its number
/// again, for the database knows it no more.
class DeletedAccountStory {
  @TempDir Path folder;

  @Test
  void what_a_deleted_user_leaves_behind_can_be_changed() {
    try (TestServer server = TestServer.start(folder, Map.of())) {
      ApiClient admin = ApiClient.login(server.url());
      long user =
          created(
              admin,
              "/api/users/",
              """
              {"username":"op","email":"op@example.com","password":"password123","rol":2,
               "tipo_usuario":"interno"}
              """);
      var login =
          ApiClient.anonymous(server.url())
              .post("/api/auth/login/", "{\"username\":\"op\",\"password\":\"password123\"}");
      ApiClient operator =
          ApiClient.bearer(server.url(), Json.parse(login.body()).path("access").asText());
      long sensor =
          created(
              operator,
              "/api/sensors/",
              """
              {"nombre":"T","tipo":"temperatura","unidad_medida":"°C","rango_min":-40,"rango_max":80}
              """);
      long device =
          created(
              operator,
              "/api/devices/",
              """
              {"nombre":"D","tipo":"esp32","identificador_unico":"D-1","ubicacion":"Casa"}
              """);
      assertEquals(
          user, admin.json("/api/devices/" + device + "/").path("operador_asignado").asLong());

      assertEquals(204, admin.send("DELETE", "/api/users/" + user + "/", null).statusCode());

      assertEquals(401, operator.get("/api/users/me/").statusCode());
      for (String path : new String[] {"/api/devices/" + device, "/api/sensors/" + sensor}) {
        var changed = admin.send("PATCH", path + "/", "{\"nombre\":\"Otro\"}");
        assertEquals(200, changed.statusCode(), changed.body());
      }
      assertTrue(admin.json("/api/devices/" + device + "/").path("operador_asignado").isNull());
      assertTrue(admin.json("/api/sensors/" + sensor + "/").path("created_by").isNull());
    }
  }

  private static long created(ApiClient client, String path, String body) {
    var answer = client.post(path, body);
    assertEquals(201, answer.statusCode(), answer.body());
    JsonNode made = Json.parse(answer.body());
    return made.path("id").asLong();
  }
}
