package io.vatio.messaging;

import static io.vatio.messaging.MessagingServer.ADMIN;
import static io.vatio.messaging.MessagingServer.ANA;
import static io.vatio.messaging.MessagingServer.EVA;
import static io.vatio.messaging.MessagingServer.LUIS;
import static io.vatio.messaging.MessagingServer.NADIE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.testing.Port;
import io.vatio.testing.SmtpServer;
import io.vatio.testing.SmtpServer.Trouble;
import jakarta.mail.internet.MimeMultipart;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmailRoutesTest {
  @TempDir Path folder;
  private SmtpServer smtp;
  private MessagingServer server;

  @BeforeEach
  void start() {
    smtp = SmtpServer.plain(folder);
    server = MessagingServer.start(folder, smtp, null);
  }

  @AfterEach
  void close() {
    server.close();
    smtp.close();
  }

  @Test
  void sends_a_token_that_proves_the_address_once() throws Exception {
    Port.Answer sent = send("ana");

    assertEquals(
        """
        {"success":true,"message":"Email de verificación enviado a ana@example.org",\
        "email":"ana@example.org"}""",
        sent.body());
    assertEquals(
        """
        {"has_email":true,"email":"ana@example.org","is_verified":false,\
        "notifications_enabled":true,"can_receive_notifications":false,\
        "verification_sent_at":"2026-03-01T10:00:00Z","has_pending_verification":true}""",
        server.get("/api/email/status/", "ana").body());
    String text = part(0);
    String html = part(1);
    assertTrue(text.startsWith("Hola, <b>Ana</b> & Co:"), text);
    assertTrue(html.contains("Hola, &lt;b&gt;Ana&lt;/b&gt; &amp; Co:"), html);
    String token = token(text);
    assertTrue(text.contains("https://vatio.example.org/api/email/verify/?token=" + token));

    assertRefused(
        server.get("/api/email/verify/?token=" + token, "luis"),
        "No hay token de verificación generado");
    assertRefused(server.get("/api/email/verify/?token=falso", "ana"), "Token inválido");
    assertRefused(server.get("/api/email/verify/", "ana"), "Token no proporcionado");
    assertRefused(
        server.post("/api/email/verify/", "ana", "{\"token\":7}"), "Token no proporcionado");
    Port.Answer verified = server.get("/api/email/verify/?token=" + token, "ana");
    assertEquals(
        "{\"success\":true,\"message\":\"Email verificado exitosamente\",\"email_verified\":true}",
        verified.body());
    assertRefused(
        server.post("/api/email/verify/", "ana", "{\"token\":\"" + token + "\"}"),
        "No hay token de verificación generado");
    assertRefused(send("ana"), "El email ya está verificado");
    assertTrue(server.contacts.findById(ANA).orElseThrow().takesMail());
  }

  @Test
  void a_token_ends_after_a_day() throws Exception {
    send("luis");
    String token = token(part(0));
    server.clock.advance(Duration.ofHours(24));

    assertRefused(
        server.post("/api/email/verify/", "luis", "{\"token\":\"" + token + "\"}"),
        "El token ha expirado");
  }

  @Test
  void says_what_keeps_a_mail_from_going() {
    assertRefused(send("nadie"), "El usuario no tiene un email registrado");
    smtp.trouble = Trouble.SPAM;
    Port.Answer refused = send("ana");
    assertEquals(503, refused.status());
    assertEquals(
        """
        {"success":false,\
        "error":"El servidor de correo no acepta este mensaje o esta dirección"}""",
        refused.body());
    assertTrue(
        server
            .get("/api/email/status/", "ana")
            .body()
            .endsWith("\"verification_sent_at\":null,\"has_pending_verification\":false}"));
  }

  @Test
  void nobody_is_flooded_with_mails() {
    for (int i = 0; i < ChatLimits.BURST; i++) {
      assertEquals(200, send("ana").status());
    }
    assertEquals(429, send("ana").status());
    assertEquals(200, send("luis").status());
  }

  @Test
  void remembers_who_wants_no_mail() {
    server.verify(ANA);
    String path = "/api/email/preferences/";

    assertEquals(
        """
        {"success":true,"message":"Preferencias actualizadas",\
        "email_notifications_enabled":false,"can_receive_email_notifications":false}""",
        server.post(path, "ana", "{\"email_notifications_enabled\":false}").body());
    assertEquals(
        """
        {"success":true,"message":"Preferencias actualizadas",\
        "email_notifications_enabled":true,"can_receive_email_notifications":true}""",
        server.post(path, "ana", "{\"email_notifications_enabled\":true}").body());
    assertEquals(
        "{\"email_notifications_enabled\":[\"Debe ser true o false.\"]}",
        server.post(path, "ana", "{\"email_notifications_enabled\":\"no\"}").body());
    assertEquals(
        "{\"email_notifications_enabled\":[\"Este campo es requerido.\"]}",
        server.post(path, "ana", "{}").body());
  }

  @Test
  void tells_people_what_a_superuser_writes_and_nothing_that_runs() throws Exception {
    server.verify(ADMIN, ANA);
    Port.Answer answer =
        server.post(
            "/api/email/send-notification/",
            "admin",
            """
            {"user_ids":[2,4,99],"subject":"Corte\\r\\nBcc: x@example.org",
             "message":"<h3>Mantenimiento</h3><p onclick=\\"x()\\">El sistema <script>alert(1)</script>\
            parará</p>","notification_type":"warning"}""");

    assertEquals(
        """
        {"success":true,"message":"Notificaciones enviadas: 1 exitosos, 2 fallidos",\
        "results":{"sent":1,"failed":2,"errors":[\
        {"user":"eva","error":"El usuario no puede recibir notificaciones por email"},\
        {"user":"99","error":"Usuario no encontrado"}]}}""",
        answer.body());
    assertEquals(1, smtp.mails.size());
    assertEquals("⚠️ Corte Bcc: x@example.org", smtp.mails.getFirst().message().getSubject());
    assertTrue(part(1).contains("<h3>Mantenimiento</h3><p>El sistema parará</p>"), part(1));
    assertTrue(part(0).contains("Mantenimiento\nEl sistema parará"), part(0));
    assertFalse(smtp.mails.getFirst().raw().contains("alert(1)"));
    assertEquals(1, server.audited("Notificacion").size());
  }

  @Test
  void everybody_who_is_verified_gets_the_usual_subject() throws Exception {
    server.verify(ADMIN, ANA, LUIS, EVA);
    server.contacts.setEmailNotifications(LUIS, false);

    Port.Answer answer =
        server.post(
            "/api/email/send-notification/",
            "admin",
            "{\"message\":\"Dos\\nlíneas {{name}} & más\",\"notification_type\":\"error\","
                + "\"send_to_all_verified\":true}");

    assertEquals(
        "{\"sent\":3,\"failed\":0,\"errors\":[]}", answer.json().path("results").toString());
    assertEquals("❌ Error en Vatio", smtp.mails.getFirst().message().getSubject());
    assertTrue(part(1).contains("<p>Dos<br>\nlíneas {{name}} &amp; más</p>"), part(1));
  }

  @Test
  void a_server_that_is_away_is_not_asked_for_everybody() {
    server.verify(ADMIN, ANA, LUIS, EVA);
    smtp.trouble = Trouble.NOT_NOW;

    Port.Answer answer =
        server.post(
            "/api/email/send-notification/",
            "admin",
            "{\"message\":\"hola\",\"send_to_all_verified\":true}");

    assertEquals(200, answer.status());
    assertEquals(4, answer.json().path("results").path("failed").asInt());
    assertEquals(
        "El servidor de correo no responde", answer.json().at("/results/errors/0/error").asText());
  }

  @Test
  void only_superusers_write_to_people() {
    String path = "/api/email/send-notification/";

    assertEquals(403, server.post(path, "ana", "{\"message\":\"x\"}").status());
    assertRefused(
        server.post(path, "admin", "{\"message\":\"x\"}"),
        "Debe especificar user_ids o send_to_all_verified");
    assertEquals(400, server.post(path, "admin", "{\"user_ids\":[1]}").status());
    assertEquals(NADIE, server.contacts.findById(NADIE).orElseThrow().id());
  }

  @Test
  void without_a_mail_server_says_so() {
    server.close();
    server = MessagingServer.start(folder, null, null);

    Port.Answer answer = send("luis");

    assertEquals(503, answer.status());
    assertEquals(
        "{\"success\":false,\"error\":\"El envío de correo no está configurado\"}", answer.body());
  }

  private Port.Answer send(String who) {
    return server.post("/api/email/send-verification/", who, "");
  }

  private String part(int number) throws Exception {
    MimeMultipart parts = (MimeMultipart) smtp.mails.getLast().message().getContent();
    return parts.getBodyPart(number).getContent().toString().replace("\r\n", "\n");
  }

  private static String token(String text) {
    Matcher token = Pattern.compile("\\?token=([A-Za-z0-9_-]{43})\\s").matcher(text);
    assertTrue(token.find(), text);
    return token.group(1);
  }

  private static void assertRefused(Port.Answer answer, String sentence) {
    assertEquals(400, answer.status(), answer.body());
    assertEquals("{\"success\":false,\"error\":\"%s\"}".formatted(sentence), answer.body());
  }
}
