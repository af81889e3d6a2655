package io.vatio.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.vatio.platform.json.Json;
import io.vatio.testing.ApiClient;
import io.vatio.testing.TestPostgres;
import io.vatio.testing.TestServer;
import io.vatio.testing.Waiting;
import java.net.URI;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A PostgreSQL that answers and takes no writes, as one that became a standby or was set to read
/// only: it is said, messages wait in the spool, reading goes on.
class ReadOnlyPostgresStory {
  @TempDir private Path folder;
  private int sent;

  @Test
  void a_read_only_server_is_told_from_a_working_one_and_what_came_meanwhile_gets_there()
      throws Exception {
    String url = TestPostgres.newDatabase();
    try (TestServer server = TestServer.start(folder, Map.of("VATIO_DATABASE_URL", url))) {
      ApiClient api = ApiClient.login(server.url());
      send(api);
      readOnly(url, true);

      // Before anybody has sent anything.
      Waiting.until("said", () -> storage(api).equals("spooling"));
      for (int i = 0; i < 20; i++) {
        send(api);
      }
      Waiting.until("reading goes on", () -> stored(api) == 1);
      assertEquals("degraded", api.json("/health/ready").path("status").asText());
      var alert = api.post("/api/alert", "{\"message\":\"hola\"}");
      assertEquals(503, alert.statusCode(), alert.body());
      readOnly(url, false);

      Waiting.until("taken in", () -> stored(api) == sent);
      Waiting.until("said", () -> storage(api).equals("up"));
      send(api);
      Waiting.until("stored", () -> stored(api) == sent);
      assertTrue(api.json("/health/ready").path("spool").isMissingNode());
    }
  }

  private void send(ApiClient api) {
    sent++;
    var answer =
        api.post(
            "/generador/",
            ("{\"id\":1,\"valor_produccion\":50,\"velocidad_viento\":10,\"direccion_viento\":\"N\","
                    + "\"temperatura\":12,\"timestamp\":\"2026-03-01T10:%02d:00Z\"}")
                .formatted(sent));
    assertEquals(201, answer.statusCode(), answer.body());
  }

  private static String storage(ApiClient api) {
    return api.json("/health/ready").at("/checks/storage").asText();
  }

  /// Also those that look wrong: the wind does not change.
  ///
  /// @return -1 when the question met a connection that has just been cut
  private static int stored(ApiClient api) {
    var answer =
        api.get(
            "/api/series/?dispositivo=GEN-1&intervalo=1d&desde=2026-03-01&hasta=2026-03-02"
                + "&funciones=count,flagged");
    if (answer.statusCode() != 200) {
      return -1;
    }
    JsonNode values = Json.parse(answer.body()).at("/series/0/valores");
    return values.at("/count/0").asInt() + values.at("/flagged/0").asInt();
  }

  /// For connections that are opened from now on; those that are open end.
  private static void readOnly(String url, boolean readOnly) throws SQLException {
    URI place = URI.create(url);
    String name = place.getPath().substring(1);
    String server = "jdbc:postgresql://%s:%d/postgres".formatted(place.getHost(), place.getPort());
    try (var connection = DriverManager.getConnection(server, "postgres", "postgres");
        var statement = connection.createStatement()) {
      statement.execute(
          "ALTER DATABASE " + name + " SET default_transaction_read_only = " + readOnly);
      statement.execute(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + name + "'");
    }
  }
}
