package io.vatio.account;

import static io.vatio.account.AccessServer.ADMIN;
import static io.vatio.account.AccessServer.PASSWORD;
import static io.vatio.account.AccessServer.credentials;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.vatio.account.AccessServer.Answer;
import io.vatio.platform.json.Json;
import io.vatio.platform.mail.Mail;
import io.vatio.testing.Databases;
import io.vatio.testing.FixedClock;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PasswordTest {
  private static final String NEW = "lirio-azul-88";
  private static final String LINK = "https://vatio.example.org/#restablecer=";

  @TempDir Path folder;

  private final FixedClock clock = FixedClock.at("2026-03-01T10:00:00Z");
  private AccessServer server;

  @BeforeEach
  void start() {
    server = open("https://vatio.example.org");
    server.accounts.accounts().update(1, draft -> draft.email = "ana@example.com");
  }

  private AccessServer open(String publicUrl) {
    return AccessServer.start(
        Databases.SQLITE.newUrl(folder),
        new AccountSettings(
            folder.resolve("keys"), ADMIN, PASSWORD, List.of(), "operador", true, publicUrl, false),
        clock);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void a_changed_password_ends_every_other_session() {
    JsonNode other = session(PASSWORD);
    JsonNode mine = session(PASSWORD);
    List<Long> ended = new CopyOnWriteArrayList<>();
    server.accounts.whenAccessChanged(ended::add);

    Answer answer = change(mine, PASSWORD, NEW);

    assertEquals(200, answer.status(), answer.body());
    assertEquals("Contraseña cambiada exitosamente", answer.json().path("message").asText());
    assertEquals(200, me(answer.json()));
    assertEquals(200, refresh(answer.json()));
    assertEquals(401, me(mine));
    assertEquals(401, me(other));
    assertEquals(401, refresh(mine));
    assertEquals(401, refresh(other));
    assertEquals(List.of(1L), ended);
    assertEquals(401, server.post("/api/auth/login/", credentials(ADMIN, PASSWORD)).status());
    assertEquals(200, server.post("/api/auth/login/", credentials(ADMIN, NEW)).status());
  }

  @Test
  void a_change_needs_the_present_password_and_a_good_new_one() {
    JsonNode mine = session(PASSWORD);

    assertEquals(
        "{\"current_password\":[\"La contraseña actual no es correcta.\"]}",
        change(mine, "no-es-esta", NEW).body());
    assertEquals(
        "{\"new_password\":[\"La contraseña es muy común.\"]}",
        change(mine, PASSWORD, "password123").body());
    assertEquals(
        "{\"new_password\":[\"La contraseña nueva debe ser distinta de la actual.\"]}",
        change(mine, PASSWORD, PASSWORD).body());
    assertEquals(400, as(mine, "/api/auth/password/change/", "{}").status());
    assertEquals(401, server.post("/api/auth/password/change/", "{}").status());
    assertEquals(200, me(mine));
  }

  @Test
  void guessing_the_present_password_is_slowed_down() {
    JsonNode mine = session(PASSWORD);
    for (int i = 0; i < Throttle.FREE; i++) {
      assertEquals(400, change(mine, "no-es-esta", NEW).status());
    }

    Answer next = change(mine, "no-es-esta", NEW);

    assertEquals(429, next.status());
    assertEquals("2", next.header("retry-after"));
  }

  @Test
  void a_code_from_the_mail_buys_a_new_password_once() {
    JsonNode before = session(PASSWORD);
    Answer asked = reset("ANA@example.com");
    String code = code();

    assertEquals(200, asked.status());
    assertEquals(43, code.length());
    assertEquals(
        "{\"password\":[\"La contraseña es muy común.\"]}", confirm(code, "password123").body());
    Answer done = confirm(code, NEW);
    assertEquals("{\"message\":\"Contraseña cambiada exitosamente\"}", done.body());
    assertEquals(401, me(before));
    assertEquals(401, refresh(before));
    assertEquals(200, server.post("/api/auth/login/", credentials(ADMIN, NEW)).status());
    Answer again = confirm(code, "otra-clave-99");
    assertEquals(400, again.status());
    assertEquals("{\"token\":[\"El código no es válido o ha caducado.\"]}", again.body());
    assertEquals(again.body(), confirm("rubbish", NEW).body());
  }

  @Test
  void a_code_lasts_an_hour_and_a_new_one_replaces_it() {
    reset("ana@example.com");
    String first = code();
    reset("ana@example.com");
    String second = code();
    assertEquals(400, confirm(first, NEW).status());

    clock.advance(Duration.ofHours(1));

    assertEquals(400, confirm(second, NEW).status());
  }

  @Test
  void nobody_learns_whose_addresses_are_known() {
    Answer known = reset("ana@example.com");
    Answer unknown = reset("nadie@example.com");
    server.accounts.accounts().update(1, draft -> draft.active = false);
    Answer inactive = reset("ana@example.com");

    assertEquals(200, unknown.status());
    assertEquals(known.body(), unknown.body());
    assertEquals(known.body(), inactive.body());
    assertEquals("ana@example.com", server.mails.next().to());
    assertTrue(server.mails.isEmpty());
  }

  @Test
  void an_address_is_not_flooded_and_whoever_asks_waits() {
    for (int i = 0; i < 10; i++) {
      assertEquals(200, reset("ana@example.com").status());
    }

    Answer late = reset("ana@example.com");

    assertEquals(429, late.status());
    assertEquals("60", late.header("retry-after"));
    for (int i = 0; i < 3; i++) {
      server.mails.next();
    }
    assertTrue(server.mails.isEmpty());
  }

  @Test
  void the_mail_speaks_the_language_of_whoever_asked() {
    server.post(
        "/api/auth/password/reset/", "{\"email\":\"ana@example.com\"}", "Accept-Language", "en");

    Mail mail = server.mails.next();
    assertEquals("Change your Vatio password", mail.subject());
    assertTrue(mail.text().startsWith("Hello admin,\n\nsomebody"), mail.text());
  }

  @Test
  void without_an_address_of_its_own_the_server_sends_no_link_that_a_stranger_could_choose() {
    server.close();
    server = open(null);

    reset("ana@example.com");

    String text = server.mails.next().text();
    assertFalse(text.contains("http"), text);
    assertTrue(text.contains("Su código es: "), text);
  }

  private String code() {
    Mail mail = server.mails.next();
    assertEquals("ana@example.com", mail.to());
    int at = mail.text().indexOf(LINK);
    assertTrue(at > 0, mail.text());
    return mail.text().substring(at + LINK.length()).lines().findFirst().orElseThrow();
  }

  private JsonNode session(String password) {
    return server.post("/api/auth/login/", credentials(ADMIN, password)).json();
  }

  private int me(JsonNode session) {
    return server
        .get("/api/users/me/", "Authorization", "Bearer " + session.path("access").asText())
        .status();
  }

  private int refresh(JsonNode session) {
    return server
        .post("/api/auth/refresh/", Json.text(Map.of("refresh", session.path("refresh").asText())))
        .status();
  }

  private Answer change(JsonNode session, String present, String next) {
    return as(
        session,
        "/api/auth/password/change/",
        Json.text(Map.of("current_password", present, "new_password", next)));
  }

  private Answer reset(String email) {
    return server.post("/api/auth/password/reset/", Json.text(Map.of("email", email)));
  }

  private Answer confirm(String code, String password) {
    return server.post(
        "/api/auth/password/reset/confirm/",
        Json.text(Map.of("token", code, "password", password)));
  }

  private Answer as(JsonNode session, String path, String body) {
    return server.post(path, body, "Authorization", "Bearer " + session.path("access").asText());
  }
}
