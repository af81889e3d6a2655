package io.vatio.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.vatio.platform.json.Json;
import io.vatio.testing.ApiClient;
import io.vatio.testing.EventSource;
import io.vatio.testing.RawMqtt;
import io.vatio.testing.TestServer;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Whoever loses a right loses at once what was opened with it.
@Timeout(60)
class LostRightStory {
  @TempDir Path folder;

  @Test
  void a_key_that_runs_out_or_is_revoked_takes_its_connections_with_it() throws Exception {
    try (TestServer server = TestServer.start(folder, Map.of())) {
      ApiClient admin = ApiClient.login(server.url());

      JsonNode brief = key(admin, Instant.now().plusSeconds(3).toString());
      ends(server, brief.path("key").asText(), () -> {});

      JsonNode lasting = key(admin, null);
      ends(
          server,
          lasting.path("key").asText(),
          () ->
              assertEquals(
                  204,
                  admin
                      .send("DELETE", "/api/api-keys/" + lasting.path("id").asLong() + "/", null)
                      .statusCode()));
    }
  }

  private static JsonNode key(ApiClient admin, String expiresAt) {
    Map<String, Object> body =
        expiresAt == null
            ? Map.of("label", "lasting", "permisos", List.of("ver_lecturas", "crear_lecturas"))
            : Map.of(
                "label",
                "brief",
                "permisos",
                List.of("ver_lecturas", "crear_lecturas"),
                "expires_at",
                expiresAt);
    var answer = admin.post("/api/api-keys/", Json.text(body));
    assertEquals(201, answer.statusCode(), answer.body());
    return Json.parse(answer.body());
  }

  private static void ends(TestServer server, String key, Runnable loss) throws Exception {
    try (RawMqtt mqtt = RawMqtt.connect(server.mqttPort(), "client", "any", key);
        EventSource stream =
            EventSource.open(server.httpPort(), "/api/stream/?topics=readings", key)) {
      loss.run();
      long before = System.nanoTime();
      assertThrows(EOFException.class, mqtt::readAck);
      while (!stream.hasEnded()) {
        // The greeting comes first.
      }
      long took = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - before);
      assertTrue(took < 10, took + " s");
      assertThrows(
          IOException.class,
          () -> RawMqtt.connect(server.mqttPort(), "client", "any", key).close());
    }
  }
}
