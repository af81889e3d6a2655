package io.vatio.alert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.audit.AuditLog;
import io.vatio.platform.db.Database;
import io.vatio.platform.events.Events;
import io.vatio.testing.Databases;
import io.vatio.testing.FixedClock;
import io.vatio.testing.Port;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AlertRoutesTest {
  @TempDir Path folder;
  private Database database;
  private Port port;

  @BeforeEach
  void start() {
    database = Databases.open(Databases.SQLITE.newUrl(folder));
    port =
        new Port(
            api -> {
              FixedClock clock = FixedClock.at("2026-03-01T10:00:00Z");
              new AlertRoutes(
                      new Alerts(database, new Events(), new AuditLog(database, clock), clock))
                  .addTo(api);
            });
  }

  @AfterEach
  void close() {
    port.close();
    database.close();
  }

  @Test
  void takes_an_alert_of_a_program() throws Exception {
    Port.Answer answer =
        send("admin", "{\"message\":\"Consumo alto\",\"channels\":[\"telegram\"]}");

    assertEquals(200, answer.status());
    assertEquals("Alerta enviada", answer.json().path("message").asText());
    assertEquals("success", answer.json().path("status").asText());
    assertEquals(
        "warning Consumo alto {\"channels\":[\"telegram\"]} admin",
        database.read(
            handle ->
                handle
                    .createQuery(
                        "SELECT severity || ' ' || message || ' ' || data || ' ' || source FROM event")
                    .mapTo(String.class)
                    .one()));
  }

  @Test
  void devices_do_not_speak_to_people() throws Exception {
    assertEquals(403, send("device", "{\"message\":\"hola\"}").status());
  }

  @Test
  void names_every_wrong_field_and_repeats_little_of_it() throws Exception {
    Port.Answer answer =
        send(
            "admin",
            "{\"message\":\"\\ud800\",\"severity\":\"%s\",\"channels\":[1]}"
                .formatted("z".repeat(5_000)));

    assertEquals(400, answer.status());
    assertTrue(answer.json().has("message"), answer.body());
    assertTrue(answer.json().has("severity"), answer.body());
    assertTrue(answer.json().has("channels"), answer.body());
    assertTrue(answer.body().length() < 1_000, answer.body());
  }

  private Port.Answer send(String token, String body) throws Exception {
    return port.send("POST", "/api/alert", token, body);
  }
}
