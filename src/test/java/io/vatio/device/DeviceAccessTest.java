package io.vatio.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.vatio.account.AccessServer;
import io.vatio.account.AccessServer.Answer;
import io.vatio.kernel.Authenticator.Outcome;
import io.vatio.kernel.Principal;
import io.vatio.testing.Databases;
import io.vatio.testing.FixedClock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(Databases.class)
class DeviceAccessTest {
  @Parameter Databases kind;
  @TempDir Path folder;

  private final FixedClock clock = FixedClock.at("2026-03-01T10:00:00Z");
  private String url;
  private AccessServer server;
  private String admin;
  private long pump;

  @BeforeEach
  void start() {
    url = kind.newUrl(folder);
    server = AccessServer.start(url, AccessServer.settings(folder), clock);
    admin = "Bearer " + server.login();
    pump = server.device("pump-1");
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void gives_a_device_a_secret_that_is_shown_once() {
    Answer answer = issue(pump);

    assertEquals(201, answer.status());
    JsonNode mqtt = answer.json().path("mqtt");
    assertEquals("device_pump-1", mqtt.path("username").asText());
    assertTrue(mqtt.path("password").asText().matches("[A-Za-z0-9]{32}"));
    assertEquals(
        "{\"id\":%d,\"serial_number\":\"pump-1\"}".formatted(pump),
        answer.json().path("device").toString());
    assertEquals("2026-03-01T10:00:00Z", answer.json().path("created_at").asText());
    assertFalse(stored().contains(mqtt.path("password").asText()));
    assertEquals(granted(), password(mqtt));
    assertEquals(200, whoami(mqtt));
  }

  @Test
  void ends_the_old_secret_and_its_sessions_when_a_new_one_is_made() {
    JsonNode first = issue(pump).json().path("mqtt");
    server.revoked.clear();

    JsonNode second = issue(pump).json().path("mqtt");

    assertNotEquals(first.path("password"), second.path("password"));
    assertEquals(new Outcome.Denied(), password(first));
    assertEquals(granted(), password(second));
    assertEquals(List.of(new DeviceAccessRevoked(pump, "pump-1", false)), server.revoked);
  }

  @Test
  void ends_everything_when_access_is_revoked() {
    JsonNode mqtt = issue(pump).json().path("mqtt");
    String token = token(mqtt).json().path("token").asText();
    server.revoked.clear();

    assertEquals(204, revoke(pump).status());

    assertEquals(new Outcome.Denied(), password(mqtt));
    assertEquals(401, server.get("/api/whoami", "Authorization", "Bearer " + token).status());
    assertEquals(401, token(mqtt).status());
    assertEquals(List.of(new DeviceAccessRevoked(pump, "pump-1", false)), server.revoked);
    Answer again = revoke(pump);
    assertEquals(404, again.status());
    assertEquals("{\"detail\":\"El dispositivo no tiene credenciales.\"}", again.body());
    assertEquals(201, issue(pump).status());
  }

  @Test
  void ends_with_the_device() {
    JsonNode mqtt = issue(pump).json().path("mqtt");
    String token = token(mqtt).json().path("token").asText();

    assertTrue(server.devices.delete(pump));

    assertEquals(new Outcome.Denied(), password(mqtt));
    assertEquals(401, server.get("/api/whoami", "Authorization", "Bearer " + token).status());
    assertFalse(server.credentials.has(pump));
    assertEquals(404, issue(pump).status());
    server.device("pump-1");
    assertEquals(new Outcome.Denied(), password(mqtt));
  }

  @Test
  void an_operator_gives_secrets_to_his_own_devices_only() {
    server.post(
        "/api/users/",
        """
        {"username":"operador1","email":"operador1@example.com","password":"password123",
         "first_name":"Operador","last_name":"Uno","tipo_usuario":"interno","rol":2,
         "is_active":true}
        """,
        "Authorization",
        admin);
    String operator =
        "Bearer "
            + server
                .post("/api/auth/login/", AccessServer.credentials("operador1", "password123"))
                .json()
                .path("access")
                .asText();
    long other = server.device("pump-2");
    server.devices.update(pump, device -> device.operatedBy(2L));
    String own = "/api/devices/" + pump + "/credentials/";
    String his = "/api/devices/" + other + "/credentials/";

    assertEquals(201, server.post(own, "", "Authorization", operator).status());
    assertEquals(201, server.post(own, "", "Authorization", operator).status());
    assertEquals(204, server.delete(own, "Authorization", operator).status());

    Answer refused = server.post(his, "", "Authorization", operator);
    assertEquals(403, refused.status());
    assertEquals("{\"detail\":\"No tiene permisos para gestionar dispositivos.\"}", refused.body());
    assertEquals(403, server.delete(his, "Authorization", operator).status());
    assertEquals(
        403,
        server.get("/api/devices/" + other + "/certificate/", "Authorization", operator).status());
    assertEquals(
        200,
        server.get("/api/devices/" + pump + "/certificate/", "Authorization", operator).status());
    assertEquals(
        404, server.post("/api/devices/99/credentials/", "", "Authorization", operator).status());
    assertEquals(
        List.of("operador1", "operador1", "operador1"),
        server.database.read(
            handle ->
                handle
                    .createQuery("SELECT username FROM audit_log WHERE action = 'CREDENTIAL'")
                    .mapTo(String.class)
                    .list()));
  }

  @Test
  void trades_a_secret_for_a_token_of_one_day() {
    JsonNode mqtt = issue(pump).json().path("mqtt");

    Answer answer = token(mqtt);

    assertEquals(200, answer.status());
    assertEquals(2, answer.json().size());
    assertEquals("2026-03-02T10:00:00Z", answer.json().path("expires_at").asText());
    String bearer = "Bearer " + answer.json().path("token").asText();
    assertEquals(
        "device_pump-1",
        server.get("/api/whoami", "Authorization", bearer).json().path("name").asText());
    clock.advance(Duration.ofDays(1));
    assertEquals(401, server.get("/api/whoami", "Authorization", bearer).status());
  }

  @Test
  void ends_tokens_that_were_got_with_an_older_secret() {
    String token = token(issue(pump).json().path("mqtt")).json().path("token").asText();

    JsonNode second = issue(pump).json().path("mqtt");

    assertEquals(401, server.get("/api/whoami", "Authorization", "Bearer " + token).status());
    String newer = token(second).json().path("token").asText();
    assertEquals(200, server.get("/api/whoami", "Authorization", "Bearer " + newer).status());
  }

  @Test
  void a_device_is_no_user() {
    JsonNode mqtt = issue(pump).json().path("mqtt");
    String bearer = "Bearer " + token(mqtt).json().path("token").asText();

    for (String path : List.of("/api/users/me/", "/api/api-keys/")) {
      assertEquals(403, server.get(path, "Authorization", bearer).status(), path);
    }
    assertEquals(
        403,
        server
            .post("/api/devices/" + pump + "/credentials/", "", "Authorization", bearer)
            .status());
    assertEquals(
        401,
        server
            .post(
                "/api/auth/login/",
                AccessServer.credentials("device_pump-1", mqtt.path("password").asText()))
            .status());
  }

  @Test
  void refuses_wrong_secrets_and_unknown_devices_with_the_same_words() {
    issue(pump);

    Answer wrong =
        server.post("/api/devices/token/", AccessServer.credentials("device_pump-1", "x"));
    Answer unknown =
        server.post("/api/devices/token/", AccessServer.credentials("device_pump-2", "x"));
    Answer person =
        server.post(
            "/api/devices/token/",
            AccessServer.credentials(AccessServer.ADMIN, AccessServer.PASSWORD));

    assertEquals(401, wrong.status());
    assertEquals(wrong.body(), unknown.body());
    assertEquals(401, person.status());
  }

  @Test
  void needs_the_permission_and_a_device() {
    assertEquals(401, server.post("/api/devices/" + pump + "/credentials/", "").status());
    assertEquals(404, issue(999).status());
    assertEquals(404, revoke(999).status());
    assertEquals(
        404, server.post("/api/devices/abc/credentials/", "", "Authorization", admin).status());
    String key =
        server
            .post(
                "/api/api-keys/",
                "{\"label\":\"r\",\"permisos\":[\"ver_dispositivos\"]}",
                "Authorization",
                admin)
            .json()
            .path("key")
            .asText();
    assertEquals(
        403, server.post("/api/devices/" + pump + "/credentials/", "", "X-API-Key", key).status());
  }

  @Test
  void devices_are_let_in_after_a_restart() {
    JsonNode mqtt = issue(pump).json().path("mqtt");
    String token = token(mqtt).json().path("token").asText();
    long tank = server.device("tank-1");
    JsonNode revoked = issue(tank).json().path("mqtt");
    revoke(tank);
    server.close();

    server = AccessServer.start(url, AccessServer.settings(folder), clock);

    assertEquals(granted(), password(mqtt));
    assertEquals(new Outcome.Denied(), password(revoked));
    assertEquals(200, server.get("/api/whoami", "Authorization", "Bearer " + token).status());
  }

  @Test
  void the_last_of_many_simultaneous_changes_holds_in_memory_and_on_disk() {
    List<JsonNode> secrets;
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      secrets =
          IntStream.range(0, 8)
              .mapToObj(
                  _ ->
                      CompletableFuture.supplyAsync(() -> issue(pump).json().path("mqtt"), threads))
              .toList()
              .stream()
              .map(CompletableFuture::join)
              .toList();
    }
    List<JsonNode> before = secrets.stream().filter(s -> password(s).equals(granted())).toList();
    server.close();

    server = AccessServer.start(url, AccessServer.settings(folder), clock);

    assertEquals(1, before.size());
    assertEquals(granted(), password(before.getFirst()));
  }

  @Test
  void a_fleet_with_old_secrets_does_not_lock_people_out() {
    issue(pump);
    for (int i = 0; i < 50; i++) {
      assertEquals(
          new Outcome.Denied(),
          server.authenticator.password("device_pump-1", "old", "127.0.0.1").join());
    }

    assertEquals(
        200,
        server
            .post(
                "/api/auth/login/",
                AccessServer.credentials(AccessServer.ADMIN, AccessServer.PASSWORD))
            .status());
  }

  private Answer issue(long device) {
    return server.post("/api/devices/" + device + "/credentials/", "", "Authorization", admin);
  }

  private Answer revoke(long device) {
    return server.delete("/api/devices/" + device + "/credentials/", "Authorization", admin);
  }

  private Answer token(JsonNode mqtt) {
    return server.post("/api/devices/token/", mqtt.toString());
  }

  private Outcome password(JsonNode mqtt) {
    var outcome =
        server.authenticator.password(
            mqtt.path("username").asText(), mqtt.path("password").asText(), "127.0.0.1");
    assertTrue(outcome.isDone(), "devices are checked at once");
    return outcome.join();
  }

  private Outcome granted() {
    return new Outcome.Granted(new Principal.Device(pump, "pump-1"));
  }

  private int whoami(JsonNode mqtt) {
    String pair = mqtt.path("username").asText() + ":" + mqtt.path("password").asText();
    return server
        .get(
            "/api/whoami",
            "Authorization",
            "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8)))
        .status();
  }

  private String stored() {
    return server
        .database
        .<List<Map<String, Object>>>read(
            h -> h.createQuery("SELECT * FROM device_credential").mapToMap().list())
        .toString();
  }
}
