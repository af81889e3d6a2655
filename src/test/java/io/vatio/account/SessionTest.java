package io.vatio.account;

import static io.vatio.account.AccessServer.ADMIN;
import static io.vatio.account.AccessServer.PASSWORD;
import static io.vatio.account.AccessServer.credentials;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.account.AccessServer.Answer;
import io.vatio.platform.json.Json;
import io.vatio.testing.Databases;
import io.vatio.testing.FixedClock;
import java.nio.file.Path;
import java.time.Duration;
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
class SessionTest {
  @Parameter Databases kind;
  @TempDir Path folder;

  private final FixedClock clock = FixedClock.at("2026-03-01T10:00:00Z");
  private String url;
  private AccessServer server;

  @BeforeEach
  void start() {
    url = kind.newUrl(folder);
    server = AccessServer.start(url, AccessServer.settings(folder), clock);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void trades_a_refresh_token_for_the_next_pair() {
    Answer answer = refresh(refreshToken());

    assertEquals(200, answer.status());
    assertEquals(2, answer.json().size());
    assertEquals(200, me(answer.json().path("access").asText()).status());
    assertEquals(200, refresh(answer.json().path("refresh").asText()).status());
  }

  @Test
  void ends_the_family_when_a_used_refresh_token_comes_back() {
    String first = refreshToken();
    String otherLogin = refreshToken();
    String second = refresh(first).json().path("refresh").asText();

    Answer again = refresh(first);

    assertEquals(401, again.status());
    assertEquals(
        Json.parse(
            """
            {"detail":"El token es inválido o ha expirado","code":"token_not_valid"}
            """),
        again.json());
    assertEquals(401, refresh(second).status());
    assertEquals(200, refresh(otherLogin).status());
  }

  @Test
  void lets_one_of_many_simultaneous_refreshes_through_and_then_ends_the_family() {
    String token = refreshToken();

    List<Answer> answers;
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      answers =
          IntStream.range(0, 8)
              .mapToObj(_ -> CompletableFuture.supplyAsync(() -> refresh(token), threads))
              .toList()
              .stream()
              .map(CompletableFuture::join)
              .toList();
    }

    List<Answer> good = answers.stream().filter(a -> a.status() == 200).toList();
    assertEquals(1, good.size());
    assertEquals(7, answers.stream().filter(a -> a.status() == 401).count());
    assertEquals(401, refresh(good.getFirst().json().path("refresh").asText()).status());
  }

  @Test
  void refuses_a_refresh_token_after_a_day() {
    String token = refreshToken();

    clock.advance(Duration.ofHours(24));

    Answer answer = refresh(token);
    assertEquals(401, answer.status());
    assertEquals("token_not_valid", answer.json().path("code").asText());
  }

  @Test
  void ends_the_session_at_logout() {
    String first = refreshToken();
    String second = refresh(first).json().path("refresh").asText();

    Answer out = server.post("/api/auth/logout/", body("refresh", second));

    assertEquals(204, out.status());
    assertEquals(401, refresh(second).status());
    assertEquals(204, server.post("/api/auth/logout/", body("refresh", second)).status());
    assertEquals(204, server.post("/api/auth/logout/", body("refresh", "rubbish")).status());
  }

  @Test
  void lets_a_deactivated_user_in_nowhere_at_once() {
    String access = server.login();
    String refresh = refreshToken();

    server.accounts.accounts().update(1, a -> change(a, false, true, 1L));

    assertEquals(401, me(access).status());
    assertEquals(401, refresh(refresh).status());
    assertEquals(401, server.post("/api/auth/login/", credentials(ADMIN, PASSWORD)).status());
  }

  @Test
  void applies_a_changed_role_to_tokens_that_are_around() {
    String access = server.login();
    assertEquals(200, whoami(access).status());

    server.accounts.accounts().update(1, a -> change(a, true, false, 3L));

    assertEquals(403, whoami(access).status());
    assertEquals("solo_lectura", me(access).json().path("rol_detail").path("nombre").asText());

    server.accounts.accounts().update(1, a -> change(a, true, false, 2L));
    assertEquals(200, whoami(access).status());
  }

  @Test
  void remembers_users_and_sessions_after_a_restart() {
    String access = server.login();
    String refresh = refreshToken();
    server.close();

    // Another password in the settings changes nothing: there is an account already.
    AccountSettings changed =
        new AccountSettings(
            folder.resolve("keys"),
            ADMIN,
            "another-password",
            List.of(),
            "operador",
            true,
            null,
            false);
    server = AccessServer.start(url, changed, clock);

    assertEquals(200, me(access).status());
    assertEquals(200, refresh(refresh).status());
    assertEquals(
        401, server.post("/api/auth/login/", credentials(ADMIN, "another-password")).status());
    assertEquals(200, server.post("/api/auth/login/", credentials(ADMIN, PASSWORD)).status());
    assertEquals(13, count("permission"));
    assertEquals(3, count("role"));
    assertEquals(1, count("account"));
  }

  @Test
  void renews_a_hash_made_with_older_parameters() {
    String weak = hash();
    assertTrue(weak.startsWith("$argon2id$v=19$m=64,t=1,p=1$"), weak);
    server.close();

    server = AccessServer.start(url, AccessServer.settings(folder), clock, new Passwords());
    assertEquals(200, server.post("/api/auth/login/", credentials(ADMIN, PASSWORD)).status());

    String renewed = hash();
    assertTrue(renewed.startsWith("$argon2id$v=19$m=19456,t=2,p=1$"), renewed);
    assertEquals(200, server.post("/api/auth/login/", credentials(ADMIN, PASSWORD)).status());
    assertEquals(renewed, hash());
  }

  @Test
  void gives_new_roles_ids_behind_the_seeded_ones() {
    long id =
        server.database.write(
            h ->
                h.createUpdate(
                        "INSERT INTO role (name, label, description, created_at, updated_at)"
                            + " VALUES ('x', 'X', '', 0, 0)")
                    .executeAndReturnGeneratedKeys("id")
                    .mapTo(Long.class)
                    .one());

    assertEquals(4, id);
  }

  private String hash() {
    return server.database.read(
        h -> h.createQuery("SELECT password_hash FROM account").mapTo(String.class).one());
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

  private Answer whoami(String token) {
    return server.get("/api/whoami", "Authorization", "Bearer " + token);
  }

  private long count(String table) {
    return server.database.read(
        h -> h.createQuery("SELECT count(*) FROM " + table).mapTo(Long.class).one());
  }

  private static String body(String field, String value) {
    return Json.text(Map.of(field, value));
  }

  static void change(AccountDraft account, boolean active, boolean superuser, Long role) {
    account.active = active;
    account.superuser = superuser;
    account.roleId = role;
  }
}
