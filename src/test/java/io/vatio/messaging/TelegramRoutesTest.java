package io.vatio.messaging;

import static io.vatio.messaging.MessagingServer.ADMIN;
import static io.vatio.messaging.MessagingServer.ANA;
import static io.vatio.messaging.MessagingServer.EVA;
import static io.vatio.messaging.MessagingServer.LUIS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.account.CodePurpose;
import io.vatio.kernel.Permission;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Reach;
import io.vatio.testing.BotApiServer;
import io.vatio.testing.Port;
import io.vatio.testing.Waiting;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TelegramRoutesTest {
  @TempDir Path folder;
  private final BotApiServer telegram = new BotApiServer();
  private MessagingServer server;

  @BeforeEach
  void start() {
    server = MessagingServer.start(folder, null, telegram);
  }

  @AfterEach
  void close() {
    server.close();
    telegram.close();
  }

  @Test
  void makes_a_code_that_is_checked_without_being_used_up() {
    Waiting.until(
        "the name of the bot",
        () -> generate("ana").json().path("message").asText().contains(BotApiServer.NAME));
    Port.Answer made = generate("ana");
    String code = made.json().path("verification_code").asText();

    assertTrue(code.matches("[A-Z0-9]{8}"), code);
    assertEquals(
        """
        {"success":true,"verification_code":"%s","expires_in_minutes":15,\
        "message":"Envía este código a @vatio_prueba_bot en Telegram"}"""
            .formatted(code),
        made.body());
    for (int i = 0; i < 2; i++) {
      Port.Answer checked = verify("ana", code.toLowerCase(Locale.ROOT));
      assertEquals(200, checked.status());
      assertEquals(
          "{\"success\":true,\"message\":\"Código verificado. Envíalo al bot de Telegram.\"}",
          checked.body());
    }
    assertRefused(verify("luis", code), "message", "No hay código de verificación generado");
    assertRefused(verify("ana", "XXXXXXXX"), "message", "Código incorrecto");
    server.clock.advance(Duration.ofMinutes(15));
    assertRefused(verify("ana", code), "message", "El código ha expirado");
    assertEquals(
        "{\"code\":[\"Este campo es requerido.\"]}",
        server.post("/api/telegram/verify-code/", "ana", "{}").body());
  }

  @Test
  void links_oneself_with_the_code_and_unlinks() {
    Port.Answer linked = link("ana", ANA, "\"77\"", code(ANA));

    assertEquals(
        """
        {"success":true,"message":"Cuenta de Telegram vinculada exitosamente",\
        "user_id":2,"username":"ana"}""",
        linked.body());
    assertEquals(
        """
        {"is_linked":true,"is_verified":true,"notifications_enabled":true,\
        "can_receive_notifications":true,"telegram_username":"@ana_tg",\
        "has_pending_verification":false}""",
        server.get("/api/telegram/status/", "ana").body());

    String path = "/api/telegram/unlink-account/";
    assertEquals(
        "{\"success\":true,\"message\":\"Cuenta de Telegram desvinculada\"}",
        server.post(path, "ana", "").body());
    Port.Answer again = server.post(path, "ana", "");
    assertEquals(400, again.status());
    assertEquals("{\"error\":\"No hay cuenta de Telegram vinculada\"}", again.body());
    generate("ana");
    assertEquals(
        """
        {"is_linked":false,"is_verified":false,"notifications_enabled":true,\
        "can_receive_notifications":false,"telegram_username":null,\
        "has_pending_verification":true}""",
        server.get("/api/telegram/status/", "ana").body());
    assertEquals(2, server.audited("Usuario").size(), server.audited("Usuario")::toString);
  }

  @Test
  void nobody_links_another_person() {
    String code = code(ANA);

    assertEquals(403, link("luis", ANA, "66", code).status());
    assertRefused(
        link("luis", LUIS, "66", code), "error", "No hay código de verificación generado");
    assertRefused(link("admin", ANA, "66", "00000000"), "error", "Código incorrecto");
    assertEquals(404, link("admin", 99, "66", code).status());
    server.port.tokens.principals.put(
        "key", new Principal.ApiKey(1, "llave", Set.of(Permission.values()), ANA, Reach.ALL));
    assertEquals(403, link("key", ANA, "66", code).status());
    assertEquals(403, server.post("/api/telegram/unlink-account/", "key", "").status());
    assertFalse(server.contacts.findById(ANA).orElseThrow().takesTelegram());

    assertEquals(200, link("admin", ANA, "66", code).status());
    assertRefused(
        link("luis", LUIS, "66", code(LUIS)),
        "error",
        "Este chat de Telegram ya está vinculado a otra cuenta");
  }

  @Test
  void names_every_wrong_field() {
    Port.Answer answer =
        server.post(
            "/api/telegram/link-account/",
            "ana",
            "{\"user_id\":\"x\",\"chat_id\":\"-5 <b>\",\"username\":7}");

    assertEquals(400, answer.status());
    assertEquals(
        """
        {"user_id":["Debe ser un número entero."],\
        "chat_id":["Debe ser el número de un chat privado de Telegram."],\
        "username":["Debe ser una cadena de texto."],\
        "verification_code":["Este campo es requerido."]}""",
        answer.body());
  }

  @Test
  void writes_to_those_who_are_linked_and_want_it() {
    server.contacts.linkTelegram(ADMIN, "1", "jefa");
    server.contacts.linkTelegram(ANA, "2", null);
    server.contacts.linkTelegram(LUIS, "3", null);
    server.contacts.setTelegramNotifications(LUIS, false);

    Port.Answer answer =
        server.post(
            "/api/telegram/send-notification/",
            "admin",
            """
            {"user_ids":[1,2,3,4,99],"message":"Corte <b>mañana</b> & *pasado*\\u202E",
             "notification_type":"warning","send_to_all_verified":false}""");

    assertEquals(200, answer.status(), answer.body());
    assertEquals(
        """
        {"success":true,"message":"Notificación enviada a 2 usuario(s)","sent_to":[\
        {"user_id":1,"username":"admin","chat_id":"1"},\
        {"user_id":2,"username":"ana","chat_id":"2"}]}""",
        answer.body());
    assertEquals("⚠️ Corte &lt;b&gt;mañana&lt;/b&gt; &amp; *pasado*", telegram.message().text());
    assertEquals(1, server.audited("Notificacion").size());
  }

  @Test
  void says_who_was_not_reached() {
    server.contacts.linkTelegram(ANA, "2", null);
    server.contacts.linkTelegram(EVA, "4", null);
    telegram.blocked.add("2");

    Port.Answer answer =
        server.post(
            "/api/telegram/send-notification/",
            "admin",
            "{\"message\":\"hola\",\"send_to_all_verified\":true}");

    assertEquals(
        """
        {"success":true,"message":"Notificación enviada a 1 usuario(s)","sent_to":[\
        {"user_id":4,"username":"eva","chat_id":"4"}],"errors":[\
        {"user":"ana","error":"Telegram no entrega mensajes a este chat"}]}""",
        answer.body());
  }

  @Test
  void only_superusers_write_to_people() {
    String path = "/api/telegram/send-notification/";

    assertEquals(403, server.post(path, "ana", "{\"message\":\"x\"}").status());
    Port.Answer nobody = server.post(path, "admin", "{\"message\":\"x\"}");
    assertEquals(400, nobody.status());
    assertEquals("{\"error\":\"Debe especificar user_ids o send_to_all_verified\"}", nobody.body());
    Port.Answer wrong =
        server.post(
            path,
            "admin",
            "{\"message\":\" \",\"user_ids\":[\"a\"],\"notification_type\":\"rojo\"}");
    assertEquals(
        """
        {"message":["Este campo no puede estar en blanco."],\
        "notification_type":["\\"rojo\\" no es una elección válida."],\
        "user_ids":["Debe ser una lista de 1000 números de usuario como máximo."]}""",
        wrong.body());
  }

  private Port.Answer generate(String who) {
    return server.post("/api/telegram/generate-verification/", who, "");
  }

  private Port.Answer verify(String who, String code) {
    return server.post("/api/telegram/verify-code/", who, "{\"code\":\"" + code + "\"}");
  }

  private Port.Answer link(String who, long user, String chat, String code) {
    return server.post(
        "/api/telegram/link-account/",
        who,
        """
        {"user_id":%d,"chat_id":%s,"username":"@ana_tg","verification_code":"%s"}"""
            .formatted(user, chat, code));
  }

  private String code(long account) {
    return server.contacts.makeCode(account, CodePurpose.TELEGRAM, "");
  }

  private static void assertRefused(Port.Answer answer, String field, String sentence) {
    assertEquals(400, answer.status(), answer.body());
    assertEquals("{\"success\":false,\"%s\":\"%s\"}".formatted(field, sentence), answer.body());
  }
}
