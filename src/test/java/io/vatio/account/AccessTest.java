package io.vatio.account;

import static io.vatio.account.AccessServer.ADMIN;
import static io.vatio.account.AccessServer.PASSWORD;
import static io.vatio.account.AccessServer.credentials;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.account.AccessServer.Answer;
import io.vatio.kernel.Authenticator.Outcome;
import io.vatio.kernel.Permission;
import io.vatio.kernel.Principal;
import io.vatio.platform.http.Cidr;
import io.vatio.platform.json.Json;
import io.vatio.testing.Databases;
import io.vatio.testing.FixedClock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Who comes through the door, by which credential, and what a stranger gets.
class AccessTest {
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

  @ParameterizedTest
  @ValueSource(strings = {"/api/whoami", "/api/users/me/", "/api/api-keys/"})
  void nothing_answers_a_stranger(String path) {
    Answer answer = server.get(path);

    assertEquals(401, answer.status());
    assertEquals(
        "{\"detail\":\"Las credenciales de autenticación no se proveyeron.\"}", answer.body());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Bearer",
        "Bearer ",
        "Bearer x",
        "bearer x.y.z",
        "Basic",
        "Basic !!!",
        "Basic eA==",
        "Digest abc",
        "x",
        "Bearer vatio_",
        "Bearer vatio_abc"
      })
  void rubbish_in_the_header_is_401(String header) {
    assertEquals(401, server.get("/api/whoami", "Authorization", header).status());
  }

  @Test
  void takes_a_persons_password_as_basic_authentication() {
    assertEquals("admin", whoami(basic(ADMIN, PASSWORD)));
    assertEquals(401, server.get("/api/whoami", "Authorization", basic(ADMIN, "x")).status());
  }

  @Test
  void throttles_guessing_by_name_and_address_and_says_how_long() {
    for (int i = 0; i < 5; i++) {
      assertEquals(401, server.post("/api/auth/login/", credentials(ADMIN, "x")).status());
    }

    Answer answer = server.post("/api/auth/login/", credentials(ADMIN, PASSWORD));

    assertEquals(429, answer.status());
    assertEquals("2", answer.header("retry-after"));
    assertEquals(
        "{\"detail\":\"Demasiados intentos fallidos. Espere 2 segundos.\"}", answer.body());
    assertEquals(429, server.get("/api/whoami", "Authorization", basic("nobody", "x")).status());
    clock.advance(Duration.ofSeconds(2));
    assertEquals(200, server.post("/api/auth/login/", credentials(ADMIN, PASSWORD)).status());
  }

  @Test
  void a_flood_of_logins_is_refused_and_does_not_pile_up() {
    CountDownLatch gate = new CountDownLatch(1);
    try (Passwords passwords = new Passwords(64, 1)) {
      Logins logins =
          new Logins(server.accounts.accounts(), passwords, new Throttle(clock), server.audit);
      for (int i = 0; i < 2; i++) {
        passwords.verify("x", () -> waitAt(gate));
      }

      List<CompletableFuture<LoginOutcome>> flood =
          IntStream.range(0, 200)
              .mapToObj(i -> logins.check("user" + i, "x", "10.0." + i + ".1"))
              .toList();

      assertEquals(136, flood.stream().filter(CompletableFuture::isDone).count());
      gate.countDown();
      assertEquals(
          136, flood.stream().filter(f -> f.join().equals(new LoginOutcome.Throttled(1))).count());
      assertEquals(
          64, flood.stream().filter(f -> f.join().equals(new LoginOutcome.Denied())).count());
    }
  }

  @Test
  void makes_an_api_key_that_is_shown_once() {
    String token = server.login();

    Answer made = makeKey(token, "{\"label\":\"Cuadro\",\"permisos\":[\"crear_lecturas\"]}");
    Answer list = server.get("/api/api-keys/", "Authorization", "Bearer " + token);

    assertEquals(201, made.status());
    String key = made.json().path("key").asText();
    assertTrue(key.matches("vatio_[A-Za-z0-9]{43}"), key);
    assertEquals(
        Json.parse(
            """
            {"count":1,"next":null,"previous":null,"results":[
              {"id":1,"label":"Cuadro","prefix":"%s","permisos":["crear_lecturas"],
               "created_at":"2026-03-01T10:00:00Z","expires_at":null,"expired":false,
               "alcance":"todos","last_used_at":null}]}
            """
                .formatted(key.substring(0, 12))),
        list.json());
    assertFalse(list.body().contains(key));
    assertFalse(stored().contains(key));
  }

  @Test
  void takes_an_api_key_in_every_place_where_clients_put_it() {
    String key =
        makeKey(server.login(), "{\"label\":\"Cuadro\",\"permisos\":[\"crear_lecturas\"]}")
            .json()
            .path("key")
            .asText();

    assertEquals("key:Cuadro", whoami("Bearer " + key));
    assertEquals("key:Cuadro", whoami(basic("anything", key)));
    assertEquals(200, server.get("/api/whoami", "X-API-Key", key).status());
    assertEquals(401, server.get("/api/whoami", "X-API-Key", key + "x").status());
    assertEquals(403, server.get("/api/users/me/", "Authorization", "Bearer " + key).status());
    assertEquals(403, server.get("/api/api-keys/", "X-API-Key", key).status());
  }

  @Test
  void an_api_key_can_do_what_it_was_made_for_only() {
    String reader =
        makeKey(server.login(), "{\"label\":\"r\",\"permisos\":[\"ver_lecturas\"]}")
            .json()
            .path("key")
            .asText();

    Answer answer = server.get("/api/whoami", "X-API-Key", reader);

    assertEquals(403, answer.status());
    assertEquals("{\"detail\":\"No tiene permisos para realizar esta acción.\"}", answer.body());
  }

  @Test
  void an_api_key_ends_at_its_time_when_revoked_and_with_its_maker() {
    String token = server.login();
    String expiring =
        makeKey(
                token,
                "{\"label\":\"a\",\"permisos\":[\"crear_lecturas\"],\"expires_at\":\"2026-03-01T10:30:00Z\"}")
            .json()
            .path("key")
            .asText();
    var revoked = makeKey(token, "{\"label\":\"b\",\"permisos\":[\"crear_lecturas\"]}").json();
    String lasting =
        makeKey(token, "{\"label\":\"c\",\"permisos\":[\"crear_lecturas\"]}")
            .json()
            .path("key")
            .asText();
    assertEquals(200, withKey(expiring));
    assertEquals(200, withKey(revoked.path("key").asText()));

    String path = "/api/api-keys/" + revoked.path("id").asLong() + "/";
    assertEquals(204, server.delete(path, "Authorization", "Bearer " + token).status());
    assertEquals(404, server.delete(path, "Authorization", "Bearer " + token).status());
    clock.advance(Duration.ofMinutes(30));

    assertEquals(401, withKey(expiring));
    assertEquals(401, withKey(revoked.path("key").asText()));
    assertEquals(200, withKey(lasting));
    server.accounts.accounts().update(1, a -> SessionTest.change(a, true, false, 3L));
    assertEquals(403, withKey(lasting));
    server.accounts.accounts().update(1, a -> SessionTest.change(a, false, true, 1L));
    assertEquals(401, withKey(lasting));
  }

  @Test
  void pages_through_api_keys() {
    String token = server.login();
    for (int i = 1; i <= 3; i++) {
      makeKey(token, "{\"label\":\"k" + i + "\",\"permisos\":[\"ver_lecturas\"]}");
    }

    var first =
        server.get("/api/api-keys/?page_size=2&x=a%26b", "Authorization", "Bearer " + token).json();
    String next = first.path("next").asText();
    var second =
        server.get(next.substring(next.indexOf("/api")), "Authorization", "Bearer " + token).json();

    assertTrue(
        next.matches("http://127.0.0.1:\\d+/api/api-keys/\\?page_size=2&x=a%26b&page=2"), next);
    assertEquals("k3", first.path("results").path(0).path("label").asText());
    assertEquals(2, first.path("results").size());
    assertTrue(second.path("next").isNull());
    assertTrue(second.path("previous").asText().endsWith("page=1"));
    assertEquals("k1", second.path("results").path(0).path("label").asText());
    Answer behind = server.get("/api/api-keys/?page=9", "Authorization", "Bearer " + token);
    assertEquals(404, behind.status());
    assertEquals("{\"detail\":\"Página inválida.\"}", behind.body());
    assertEquals(
        400, server.get("/api/api-keys/?page_size=0", "Authorization", "Bearer " + token).status());
  }

  @Test
  void says_what_is_wrong_with_a_key() {
    Answer answer =
        makeKey(
            server.login(),
            "{\"label\":\" \",\"permisos\":[\"mandar\"],\"expires_at\":\"2020-01-01\"}");

    assertEquals(400, answer.status());
    assertEquals(
        Json.parse(
            """
            {"label":["Este campo no puede estar en blanco."],
             "permisos":["El permiso \\"mandar\\" no existe."],
             "expires_at":["Debe ser una fecha futura."]}
            """),
        answer.json());
  }

  @Test
  void keys_survive_a_restart() {
    String key =
        makeKey(server.login(), "{\"label\":\"a\",\"permisos\":[\"crear_lecturas\"]}")
            .json()
            .path("key")
            .asText();
    server.close();
    server =
        AccessServer.start(Databases.SQLITE.newUrl(folder), AccessServer.settings(folder), clock);

    assertEquals(200, withKey(key));
  }

  @Test
  void a_trusted_network_acts_as_its_role_without_credentials() {
    restartTrusting("127.0.0.0/8", "operador");

    Answer answer = server.get("/api/whoami");

    assertEquals(200, answer.status());
    assertEquals("trusted:127.0.0.1", answer.json().path("name").asText());
    assertEquals(403, server.get("/api/api-keys/").status());
    assertEquals(403, server.get("/api/users/me/").status());
    assertEquals(401, server.get("/api/whoami", "Authorization", "Bearer x").status());
    Principal trusted = server.authenticator.trusted("127.0.0.1");
    assertTrue(trusted != null && trusted.may(Permission.VIEW_READINGS));
    assertFalse(trusted.may(Permission.MANAGE_DEVICES));
    assertNull(server.authenticator.trusted("192.168.1.1"));
    assertNull(server.authenticator.trusted("not an address"));
  }

  @Test
  void a_forwarded_header_of_a_stranger_makes_nobody_trusted() {
    restartTrusting("192.168.1.0/24", "operador");

    assertEquals(401, server.get("/api/whoami", "X-Forwarded-For", "192.168.1.5").status());
  }

  @Test
  void a_trusted_reader_writes_nothing() {
    restartTrusting("127.0.0.1", "solo_lectura");

    assertEquals(403, server.get("/api/whoami").status());
  }

  @Test
  void answers_the_authenticator_of_other_protocols_too() {
    assertInstanceOf(
        Outcome.Granted.class, server.authenticator.password(ADMIN, PASSWORD, "10.0.0.1").join());
    assertEquals(
        new Outcome.Denied(), server.authenticator.password(ADMIN, "x", "10.0.0.1").join());
    assertEquals(
        new Outcome.Denied(),
        server.authenticator.password("n".repeat(1_000_000), "x", "10.0.0.1").join());
    assertEquals(
        new Outcome.Denied(),
        server.authenticator.password("a\0b", "\0".repeat(5_000), "10.0.0.1").join());
    assertEquals(new Outcome.Denied(), server.authenticator.token("", "10.0.0.1").join());
    assertEquals(
        new Outcome.Denied(),
        server.authenticator.token("vatio_" + "x".repeat(1_000_000), "10.0.0.1").join());
  }

  static Stream<String> hostileBodies() {
    return Stream.of(
        "",
        "{",
        "[]",
        "null",
        "true",
        "12",
        "\"text\"",
        "[{\"username\":\"admin\",\"password\":\"x\"}]",
        "{\"username\":[],\"password\":{}}",
        "{\"username\":null,\"password\":null}",
        "{\"username\":1,\"password\":true}",
        "{\"username\":\"\",\"password\":\"\"}",
        "{\"username\":\"a\\u0000b\",\"password\":\"x\"}",
        "{\"username\":\"\\ud800\",\"password\":\"x\"}",
        "{\"username\":\"admin\",\"username\":\"eva\",\"password\":\"x\"}",
        "{\"username\":\"" + "a".repeat(1 << 20) + "\",\"password\":\"x\"}",
        "{\"username\":\"a\",\"password\":\"" + "a".repeat(1 << 20) + "\"}",
        "[".repeat(100_000),
        "{\"a\":".repeat(1_000));
  }

  @ParameterizedTest
  @MethodSource("hostileBodies")
  void hostile_bodies_are_the_senders_fault_everywhere(String body) {
    for (String path :
        List.of(
            "/api/auth/login/", "/api/auth/refresh/", "/api/auth/logout", "/api/devices/token/")) {
      Answer answer = server.post(path, body);

      // Where no credentials are needed little is read at all.
      assertEquals(body.length() > 16 << 10 ? 413 : 400, answer.status(), path);
      assertTrue(answer.json().isObject(), path);
      assertTrue(answer.body().length() < 1_000, path);
    }
    Answer key = makeKey(server.login(), body);
    assertEquals(400, key.status());
  }

  @Test
  void a_body_beyond_all_measure_is_413() {
    assertEquals(413, server.post("/api/auth/login/", "x".repeat((4 << 20) + 1)).status());
  }

  @Test
  void no_secret_appears_in_logs_or_in_what_holds_them() {
    List<String> lines = new ArrayList<>();
    Handler listener =
        new Handler() {
          @Override
          public void publish(LogRecord line) {
            lines.add(line.getLevel() + " " + line.getMessage());
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    Logger logger = Logger.getLogger("io.vatio");
    logger.setLevel(Level.ALL);
    logger.setUseParentHandlers(false);
    logger.addHandler(listener);
    try {
      server.post("/api/auth/login/", credentials(ADMIN, "hunter2hunter2"));
      server.post("/api/auth/login/", credentials("eva\nWARN forged", "hunter2hunter2"));
      server.post("/api/auth/login/", "{\"username\":\"admin\",\"password\":\"hunter2hunter2");
      server.get("/api/whoami", "Authorization", basic("ana", "hunter2hunter2"));
      server.get("/api/whoami", "Authorization", "Bearer hunter2hunter2");
    } finally {
      logger.removeHandler(listener);
      logger.setUseParentHandlers(true);
      logger.setLevel(null);
    }

    assertFalse(lines.isEmpty());
    for (String line : lines) {
      assertFalse(line.contains("hunter2"), line);
      assertFalse(line.contains("\n"), line);
    }
    assertFalse(AccessServer.settings(folder).toString().contains(PASSWORD));
  }

  private static Optional<String> waitAt(CountDownLatch gate) {
    try {
      gate.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return Optional.empty();
  }

  private void restartTrusting(String network, String role) {
    server.close();
    server =
        AccessServer.start(
            Databases.SQLITE.newUrl(folder),
            new AccountSettings(
                folder.resolve("keys"),
                ADMIN,
                PASSWORD,
                List.of(Cidr.parse(network)),
                role,
                true,
                null,
                false),
            clock);
  }

  private Answer makeKey(String token, String body) {
    return server.post("/api/api-keys/", body, "Authorization", "Bearer " + token);
  }

  private int withKey(String key) {
    return server.get("/api/whoami", "X-API-Key", key).status();
  }

  private String whoami(String authorization) {
    return server.get("/api/whoami", "Authorization", authorization).json().path("name").asText();
  }

  private String stored() {
    return server
        .database
        .<List<Map<String, Object>>>read(
            h -> h.createQuery("SELECT * FROM api_key").mapToMap().list())
        .toString();
  }

  private static String basic(String name, String secret) {
    return "Basic "
        + Base64.getEncoder()
            .encodeToString((name + ":" + secret).getBytes(StandardCharsets.UTF_8));
  }
}
