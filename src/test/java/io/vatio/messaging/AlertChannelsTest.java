package io.vatio.messaging;

import static io.vatio.messaging.MessagingServer.ADMIN;
import static io.vatio.messaging.MessagingServer.ANA;
import static io.vatio.messaging.MessagingServer.EVA;
import static io.vatio.messaging.MessagingServer.LUIS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.vatio.platform.json.Json;
import io.vatio.testing.BotApiServer;
import io.vatio.testing.Databases;
import io.vatio.testing.Port;
import io.vatio.testing.SmtpServer;
import io.vatio.testing.SmtpServer.Trouble;
import io.vatio.testing.Waiting;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AlertChannelsTest {
  @TempDir Path folder;
  private final BotApiServer telegram = new BotApiServer();
  private SmtpServer smtp;

  @BeforeEach
  void start() {
    smtp = SmtpServer.plain(folder);
  }

  @AfterEach
  void close() {
    smtp.close();
    telegram.close();
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void an_alert_reaches_the_people_of_the_installation_by_what_they_want(Databases kind)
      throws Exception {
    try (MessagingServer server =
        MessagingServer.start(folder, kind.newUrl(folder), smtp, telegram)) {
      reachable(server);

      Port.Answer answer =
          server.post("/api/alert", "admin", "{\"message\":\"Consumo <alto>\\n25 kW\"}");

      assertEquals(200, answer.status());
      assertEquals("Alerta enviada", answer.json().path("message").asText());
      assertEquals(
          Json.parse(
              "{\"telegram\":{\"sent\":2,\"failed\":0},\"email\":{\"sent\":2,\"failed\":0}}"),
          delivery(server, 1, 2));
      assertEquals(
          List.of("1", "3"), telegram.calls.stream().map(BotApiServer.Call::chat).toList());
      assertTrue(
          telegram
              .calls
              .getFirst()
              .text()
              .startsWith("⚠️ Consumo &lt;alto&gt;\n25 kW\n<i>admin · 01/03 11:00</i>"),
          telegram.calls.getFirst().text());
      // Who may only look gets no button.
      assertTrue(telegram.calls.getFirst().parameters().has("reply_markup"));
      assertFalse(telegram.calls.getLast().parameters().has("reply_markup"));
      assertEquals(
          "⚠️ Advertencia de Vatio: Consumo <alto> 25 kW",
          smtp.mails.getFirst().message().getSubject());
    }
  }

  @Test
  void an_alert_takes_the_channels_that_it_asks_for_and_light_ones_no_mail() {
    try (MessagingServer server = MessagingServer.start(folder, smtp, telegram)) {
      reachable(server);

      server.post("/api/alert", "admin", "{\"message\":\"a\",\"severity\":\"info\"}");
      assertEquals("{\"telegram\":{\"sent\":2,\"failed\":0}}", delivery(server, 1, 1).toString());
      server.post("/api/alert", "admin", "{\"message\":\"b\",\"channels\":[\"email\",\"sms\"]}");
      assertEquals("{\"email\":{\"sent\":2,\"failed\":0}}", delivery(server, 2, 1).toString());
      assertEquals(2, telegram.calls.size());
    }
  }

  @Test
  void what_did_not_go_out_is_counted_and_kept_with_the_alert() {
    smtp.trouble = Trouble.NOT_NOW;
    telegram.blocked.add("3");
    try (MessagingServer server = MessagingServer.start(folder, smtp, telegram)) {
      reachable(server);

      server.post("/api/alert", "admin", "{\"message\":\"a\"}");

      JsonNode delivery = delivery(server, 1, 2);
      assertEquals(1, delivery.at("/telegram/sent").asInt());
      assertEquals(1, delivery.at("/telegram/failed").asInt());
      assertTrue(delivery.at("/telegram/failure").asText().contains("blocked"));
      assertEquals(2, delivery.at("/email/failed").asInt());
      assertFalse(delivery.toString().contains(BotApiServer.TOKEN));
      assertEquals(
          2,
          server
              .core
              .meters
              .get("vatio.notifications.failed")
              .tag("channel", "email")
              .counter()
              .count());
    }
  }

  @Test
  void without_channels_an_alert_is_kept() {
    try (MessagingServer server = MessagingServer.start(folder, null, null)) {
      assertEquals(200, server.post("/api/alert", "admin", "{\"message\":\"a\"}").status());
      assertEquals("a", server.alerts.listNewest(1).getFirst().message());
    }
  }

  /// Eva is external: alerts are not for her.
  private static void reachable(MessagingServer server) {
    server.verify(ADMIN, ANA, EVA);
    server.contacts.linkTelegram(ADMIN, "1", null);
    server.contacts.linkTelegram(LUIS, "3", null);
    server.contacts.linkTelegram(EVA, "4", null);
  }

  private static JsonNode delivery(MessagingServer server, long id, int channels) {
    Waiting.until("delivery", () -> stored(server, id).size() == channels);
    return stored(server, id);
  }

  private static JsonNode stored(MessagingServer server, long id) {
    String data =
        server.core.database.read(
            handle ->
                handle
                    .createQuery("SELECT data FROM event WHERE id = :id")
                    .bind("id", id)
                    .mapTo(String.class)
                    .one());
    return Json.parse(data).path("delivery");
  }
}
