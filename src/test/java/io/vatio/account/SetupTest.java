package io.vatio.account;

import static io.vatio.account.AccessServer.credentials;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.account.AccessServer.Answer;
import io.vatio.platform.http.Cidr;
import io.vatio.platform.json.Json;
import io.vatio.testing.Databases;
import io.vatio.testing.FixedClock;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SetupTest {
  private static final String GOOD = "clave-muy-larga";

  @TempDir Path folder;

  private final FixedClock clock = FixedClock.at("2026-03-01T10:00:00Z");
  private AccessServer server;
  private String code;

  @BeforeEach
  void start() {
    server = open(List.of());
    code = server.accounts.setupCode().orElseThrow();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void asks_for_a_readable_code_while_there_is_no_account() {
    assertTrue(code.matches("[2-9A-HJ-KM-NP-Z]{4}(-[2-9A-HJ-KM-NP-Z]{4}){2}"), code);
    assertEquals(
        Json.parse("{\"needed\":true,\"demo\":false,\"trusted\":false}"),
        server.get("/api/setup/").json());
  }

  @Test
  void gives_the_code_out_once() {
    assertTrue(server.accounts.setupCode().isEmpty());
  }

  @Test
  void makes_a_new_code_at_every_start() {
    server.close();
    server = open(List.of());

    assertNotEquals(code, server.accounts.setupCode().orElseThrow());
  }

  @Test
  void makes_the_first_superuser_and_logs_in() {
    Answer answer = setUp(code, "ana", GOOD, "ana@example.com");

    assertEquals(201, answer.status());
    assertEquals("Configuración inicial completada", answer.json().path("message").asText());
    assertEquals("ana", answer.json().path("user").path("username").asText());
    assertEquals("ana@example.com", answer.json().path("user").path("email").asText());
    assertTrue(answer.json().path("user").path("is_superuser").asBoolean());
    String access = answer.json().path("access").asText();
    assertEquals(200, server.get("/api/users/me/", "Authorization", "Bearer " + access).status());
    assertEquals(200, server.post("/api/auth/login/", credentials("ana", GOOD)).status());
    assertFalse(server.get("/api/setup/").json().path("needed").asBoolean());
  }

  @Test
  void takes_the_code_in_small_letters_and_without_hyphens() {
    String typed = code.replace("-", " ").toLowerCase(java.util.Locale.ROOT);

    assertEquals(201, setUp(typed, "ana", GOOD, null).status());
  }

  @Test
  void is_over_after_the_first_account() {
    setUp(code, "ana", GOOD, null);

    Answer again = setUp(code, "eva", GOOD, null);

    assertEquals(409, again.status());
    assertEquals("{\"detail\":\"La configuración inicial ya se ha hecho.\"}", again.body());
    server.close();
    server = open(List.of());
    assertTrue(server.accounts.setupCode().isEmpty());
    assertEquals(409, setUp("", "", "", null).status());
  }

  @Test
  void makes_one_superuser_when_two_set_up_at_the_same_moment() {
    List<Answer> answers;
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      answers =
          IntStream.range(0, 4)
              .mapToObj(
                  i ->
                      CompletableFuture.supplyAsync(
                          () -> setUp(code, "ana" + i, GOOD, null), threads))
              .toList()
              .stream()
              .map(CompletableFuture::join)
              .toList();
    }

    assertEquals(1, answers.stream().filter(a -> a.status() == 201).count());
    assertEquals(3, answers.stream().filter(a -> a.status() == 409).count());
  }

  @Test
  void refuses_a_wrong_code_and_slows_guessing_down() {
    Answer wrong = setUp("AAAA-BBBB-CCCC", "ana", GOOD, null);

    assertEquals(400, wrong.status());
    assertEquals(
        "{\"code\":[\"El código no es correcto. Está en la salida del servidor.\"]}", wrong.body());
    for (int i = 0; i < 4; i++) {
      assertEquals(400, setUp("AAAA-BBBB-CCCC", "ana", GOOD, null).status());
    }
    Answer throttled = setUp(code, "ana", GOOD, null);
    assertEquals(429, throttled.status());
    assertEquals("2", throttled.header("retry-after"));

    clock.advance(Duration.ofSeconds(2));
    assertEquals(201, setUp(code, "ana", GOOD, null).status());
  }

  @Test
  void says_everything_that_is_wrong_with_the_first_account() {
    Answer answer = setUp(code, "device_1", "corta", "no-mail");

    assertEquals(400, answer.status());
    assertEquals(
        Json.parse(
            """
            {"username":["Use de 1 a 150 letras, números y los signos @ . + - _; no puede empezar por \\"device_\\"."],
             "password":["La contraseña es muy corta. Debe contener al menos 8 caracteres."],
             "email":["Introduzca una dirección de correo electrónico válida."]}
            """),
        answer.json());
  }

  @Test
  void needs_no_code_when_the_settings_name_a_password() {
    server.close();
    server =
        AccessServer.start(url("third.db"), AccessServer.settings(folder.resolve("third")), clock);

    assertTrue(server.accounts.setupCode().isEmpty());
    assertFalse(server.get("/api/setup/").json().path("needed").asBoolean());
    assertEquals(409, setUp("x", "ana", GOOD, null).status());
  }

  @Test
  void tells_whether_the_address_is_trusted() {
    server.close();
    server = open(List.of(Cidr.parse("127.0.0.0/8")));

    assertTrue(server.get("/api/setup/").json().path("trusted").asBoolean());
  }

  @Test
  void keeps_demonstrations_and_real_data_apart() {
    AccountSettings real =
        new AccountSettings(
            folder.resolve("keys"), "admin", "admin123", List.of(), "operador", true, null, false);
    AccountSettings demo =
        new AccountSettings(
            folder.resolve("demo-keys"),
            "admin",
            "admin123",
            List.of(),
            "operador",
            true,
            null,
            true);
    AccountSettings demoOnReal =
        new AccountSettings(
            folder.resolve("keys"), "admin", "admin123", List.of(), "operador", true, null, true);
    AccountSettings realOnDemo =
        new AccountSettings(
            folder.resolve("demo-keys"),
            "admin",
            "admin123",
            List.of(),
            "operador",
            true,
            null,
            false);
    AccessServer.start(url("real.db"), real, clock).close();
    AccessServer.start(url("demo.db"), demo, clock).close();

    assertThrows(
        IllegalStateException.class, () -> AccessServer.start(url("real.db"), demoOnReal, clock));
    assertThrows(
        IllegalStateException.class, () -> AccessServer.start(url("demo.db"), realOnDemo, clock));
    AccessServer.start(url("demo.db"), demo, clock).close();
  }

  @Test
  void refuses_a_trusted_role_that_does_not_exist() {
    AccountSettings settings =
        new AccountSettings(
            folder.resolve("keys"), "admin", null, List.of(), "jefe", true, null, false);

    IllegalStateException refused =
        assertThrows(
            IllegalStateException.class, () -> AccessServer.start(url("role.db"), settings, clock));
    assertEquals("VATIO_TRUSTED_ROLE: there is no role 'jefe'.", refused.getMessage());
  }

  private AccessServer open(List<Cidr> trusted) {
    return AccessServer.start(
        url("vatio.db"),
        new AccountSettings(
            folder.resolve("keys"), "admin", null, trusted, "operador", true, null, false),
        clock);
  }

  private String url(String file) {
    return Databases.SQLITE.newUrl(folder.resolve(file));
  }

  private Answer setUp(String code, String username, String password, String email) {
    Map<String, String> body = new LinkedHashMap<>();
    body.put("code", code);
    body.put("username", username);
    body.put("password", password);
    if (email != null) {
      body.put("email", email);
    }
    return server.post("/api/setup/", Json.text(body));
  }
}
