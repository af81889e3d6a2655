package io.vatio.messaging;

import static io.vatio.messaging.MessagingServer.ANA;
import static io.vatio.messaging.MessagingServer.EVA;
import static io.vatio.messaging.MessagingServer.LUIS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.account.CodePurpose;
import io.vatio.device.DeviceTemplate;
import io.vatio.energy.MainMeter;
import io.vatio.ingest.Origin;
import io.vatio.ingest.RawMessage;
import io.vatio.ingest.Receipt;
import io.vatio.kernel.Principal;
import io.vatio.testing.BotApiServer;
import io.vatio.testing.BotApiServer.Trouble;
import io.vatio.testing.Databases;
import io.vatio.testing.Waiting;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TelegramBotTest {
  private static final long CHAT = 1_393_684_739L;
  private static final long ENGLISH_CHAT = 1_393_684_740L;

  @TempDir Path folder;
  private final BotApiServer telegram = new BotApiServer();

  @AfterEach
  void close() {
    telegram.close();
  }

  @Test
  void links_the_chat_that_sends_the_code_and_greets_its_person_harmlessly() {
    try (MessagingServer server = MessagingServer.start(folder, null, telegram)) {
      telegram.write(CHAT, "/start " + code(server, ANA).toLowerCase(Locale.ROOT));

      String hello = telegram.message().text();
      assertTrue(hello.startsWith("Hola, &lt;b&gt;Ana&lt;/b&gt; &amp; Co."), hello);
      assertEquals(Long.toString(CHAT), server.contacts.findById(ANA).orElseThrow().telegramChat());
      assertEquals(
          "persona" + CHAT, server.contacts.findById(ANA).orElseThrow().telegramUsername());
      assertTrue(
          server.audited("Usuario").getLast().startsWith("ana UPDATE"),
          server.audited("Usuario")::toString);

      telegram.write(CHAT, "/desvincular@" + BotApiServer.NAME);
      assertTrue(telegram.message().text().contains("ya no está vinculado"));
      assertFalse(server.contacts.findById(ANA).orElseThrow().takesTelegram());
    }
  }

  @Test
  void a_code_links_once_and_not_after_its_time() {
    try (MessagingServer server = MessagingServer.start(folder, null, telegram)) {
      String first = code(server, ANA);
      telegram.write(CHAT, "/start " + first);
      telegram.message();
      telegram.write(CHAT + 2, "/start " + first);
      assertEquals("Ese código no vale. Genere otro en Vatio.", telegram.message().text());

      String second = code(server, ANA);
      server.clock.advance(Duration.ofMinutes(16));
      telegram.write(CHAT + 2, "/start " + second);
      assertEquals("Ese código ha caducado. Genere otro en Vatio.", telegram.message().text());
      assertEquals(Long.toString(CHAT), server.contacts.findById(ANA).orElseThrow().telegramChat());
    }
  }

  @Test
  void a_chat_belongs_to_whoever_linked_it_last() {
    try (MessagingServer server = MessagingServer.start(folder, null, telegram)) {
      telegram.write(CHAT, "/start " + code(server, ANA));
      telegram.message();
      telegram.write(CHAT, "/start " + code(server, LUIS));
      telegram.message();

      assertFalse(server.contacts.findById(ANA).orElseThrow().takesTelegram());
      assertTrue(server.contacts.findById(LUIS).orElseThrow().takesTelegram());
    }
  }

  @Test
  void tells_strangers_how_to_link_in_their_language_and_groups_nothing() {
    try (MessagingServer server = MessagingServer.start(folder, null, telegram)) {
      telegram.write(CHAT, "group", "/potencia");
      telegram.write(CHAT, "/potencia");
      telegram.write(ENGLISH_CHAT, "/power");
      telegram.write(CHAT, "/start AAAAAAAA");

      assertTrue(telegram.message().text().startsWith("No conozco este chat."));
      assertTrue(telegram.message().text().startsWith("I do not know this chat."));
      assertEquals("Ese código no vale. Genere otro en Vatio.", telegram.message().text());
      assertTrue(server.contacts.findByTelegramChat(Long.toString(CHAT)).isEmpty());
    }
  }

  @Test
  void says_the_power_of_what_an_account_sees_and_no_more() {
    try (MessagingServer server = MessagingServer.start(folder, null, telegram)) {
      server.core.devices.ensure(List.of(MainMeter.template()));
      server.core.devices.ensure(
          List.of(new DeviceTemplate("E1", "Enchufe <i>\u202Ecocina</i>", "enchufe", "", true)));
      measured(server, "energy/consumption", "2,345");
      measured(server, "iot/sensors/E1/data", "{\"sensors\":{\"potencia_w\":1200.4}}");
      link(server, LUIS, CHAT);
      link(server, EVA, ENGLISH_CHAT);

      telegram.write(CHAT, "/potencia");
      assertTrue(
          telegram.message().text().startsWith("⚡ Medidor principal: <b>2,35 kW</b> (hace 0 s)"));
      telegram.write(ENGLISH_CHAT, "/power");
      assertEquals("None of your devices has measured power yet.", telegram.message().text());
    }
  }

  @Test
  void lists_alerts_and_lets_those_who_may_acknowledge_them() {
    try (MessagingServer server = MessagingServer.start(folder, null, telegram)) {
      link(server, ANA, CHAT);
      link(server, LUIS, CHAT + 2);
      link(server, EVA, CHAT + 4);
      server.post("/api/alert", "admin", "{\"message\":\"<script>1</script>\",\"channels\":[]}");
      Waiting.until("both alerts", () -> telegram.calls.size() == 2);
      telegram.calls.clear();

      telegram.write(CHAT + 4, "/alertas");
      assertEquals("Su cuenta no tiene permiso para eso.", telegram.message().text());

      telegram.write(CHAT, "/alertas");
      var list = telegram.message();
      assertTrue(list.text().contains("⚠️ &lt;script&gt;1&lt;/script&gt;"), list.text());
      String data =
          list.parameters().at("/reply_markup/inline_keyboard/0/0/callback_data").asText();
      assertEquals("list:1", data);

      telegram.press(CHAT + 2, 7, data);
      assertEquals(
          "Su cuenta no tiene permiso para eso.", telegram.take("answerCallbackQuery").text());

      telegram.press(CHAT, 7, data);
      assertEquals("Alerta confirmada", telegram.take("answerCallbackQuery").text());
      var shown = telegram.take("editMessageText");
      assertTrue(shown.text().contains("✅ Confirmada por ana"), shown.text());
      assertFalse(shown.parameters().has("reply_markup"));

      telegram.press(CHAT, 7, "ack:1");
      assertEquals("Ya estaba confirmada", telegram.take("answerCallbackQuery").text());
      telegram.press(CHAT, 7, "ack:99999999999999999999");
      assertEquals(
          "No le he entendido. /ayuda dice qué puedo hacer.",
          telegram.take("answerCallbackQuery").text());
      assertEquals(1, server.audited("Alerta").size());
    }
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void does_nothing_twice_after_a_restart(Databases kind) {
    String url = kind.newUrl(folder);
    telegram.repeats = true;
    try (MessagingServer server = MessagingServer.start(folder, url, null, telegram)) {
      telegram.write(CHAT, "/start " + code(server, ANA));
      assertTrue(telegram.message().text().startsWith("Hola"));
    }

    try (MessagingServer server = MessagingServer.start(folder, url, null, telegram)) {
      telegram.write(CHAT, "/ayuda");

      assertTrue(telegram.message().text().startsWith("/potencia"));
      assertEquals(List.of(), telegram.calls);
      assertTrue(server.contacts.findById(ANA).orElseThrow().takesTelegram());
    }
  }

  @Test
  void waits_as_long_as_telegram_asks_for() {
    try (MessagingServer server = MessagingServer.start(folder, null, telegram)) {
      link(server, ANA, CHAT);
      telegram.tooMany.set(1);

      telegram.write(CHAT, "/ayuda");

      assertTrue(telegram.message().text().startsWith("/potencia"));
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Trouble.class,
      names = {"BAD_GATEWAY", "UNAUTHORIZED"})
  void comes_back_when_telegram_does(Trouble trouble) {
    telegram.trouble = trouble;
    try (MessagingServer server = MessagingServer.start(folder, null, telegram)) {
      Waiting.until("a try", () -> telegram.requests.get() > 0);
      telegram.trouble = Trouble.NONE;
      link(server, ANA, CHAT);

      telegram.write(CHAT, "/ayuda");

      assertTrue(telegram.message().text().startsWith("/potencia"));
    }
  }

  @Test
  void a_telegram_that_hangs_keeps_nobody_waiting() {
    telegram.trouble = Trouble.HANGS;
    long start = System.nanoTime();
    try (MessagingServer server = MessagingServer.start(folder, null, telegram)) {
      server.contacts.linkTelegram(ANA, Long.toString(CHAT), null);
      assertEquals(200, server.post("/api/alert", "admin", "{\"message\":\"hola\"}").status());
      assertEquals(200, server.post("/api/telegram/generate-verification/", "ana", "").status());
    }
    assertTrue(Duration.ofNanos(System.nanoTime() - start).toSeconds() < 10);
  }

  @Test
  void too_many_commands_are_said_once_and_then_ignored() {
    try (MessagingServer server = MessagingServer.start(folder, null, telegram)) {
      link(server, ANA, CHAT);
      for (int i = 0; i < ChatLimits.BURST + 10; i++) {
        telegram.write(CHAT, "/ayuda");
      }
      link(server, LUIS, CHAT + 2);
      telegram.write(CHAT + 2, "/estado");

      Waiting.until(
          "the answer to the other",
          () -> telegram.calls.stream().anyMatch(c -> c.text().startsWith("Dispositivos")));
      assertEquals(ChatLimits.BURST + 2, telegram.calls.size());
      assertEquals(
          1, telegram.calls.stream().filter(c -> c.text().startsWith("Demasiados")).count());
    }
  }

  private static String code(MessagingServer server, long account) {
    return server.contacts.makeCode(account, CodePurpose.TELEGRAM, "");
  }

  private static void link(MessagingServer server, long account, long chat) {
    server.contacts.linkTelegram(account, Long.toString(chat), null);
  }

  private static void measured(MessagingServer server, String topic, String payload) {
    Receipt receipt =
        server
            .core
            .inbox
            .accept(
                RawMessage.of(
                    Origin.MQTT,
                    topic,
                    payload.getBytes(StandardCharsets.UTF_8),
                    server.clock.instant(),
                    new Principal.Broker("prueba")))
            .join();
    assertTrue(receipt instanceof Receipt.Stored, receipt::toString);
  }
}
