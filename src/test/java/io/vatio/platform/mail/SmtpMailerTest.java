package io.vatio.platform.mail;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.platform.mail.MailException.Reason;
import io.vatio.testing.FixedClock;
import io.vatio.testing.SmtpServer;
import jakarta.mail.internet.MimeMessage;
import jakarta.mail.internet.MimeMultipart;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SmtpMailerTest {
  private static final String FROM = "Estación Vatio <vatio@example.org>";

  @TempDir Path folder;

  @Test
  void hands_over_text_and_html_with_every_sign_intact() throws Exception {
    try (SmtpServer server = SmtpServer.plain(folder)) {
      mailer(server.url(), null)
          .send(
              new Mail(
                  "ana@example.org",
                  "⚠️ Tensión alta en Ñuñoa",
                  "Línea\n.\nfin — 25 °C\n",
                  "<p>Línea 25 °C</p>"));

      SmtpServer.Received received = server.mails.getFirst();
      MimeMessage message = received.message();
      MimeMultipart parts = (MimeMultipart) message.getContent();
      assertEquals("vatio@example.org", received.from());
      assertEquals(List.of("ana@example.org"), received.to());
      assertEquals("⚠️ Tensión alta en Ñuñoa", message.getSubject());
      assertTrue(message.getFrom()[0].toString().contains("vatio@example.org"));
      assertTrue(parts.getContentType().startsWith("multipart/alternative"));
      assertEquals("Línea\r\n.\r\nfin — 25 °C\r\n", parts.getBodyPart(0).getContent().toString());
      assertEquals("<p>Línea 25 °C</p>", parts.getBodyPart(1).getContent().toString().strip());
      assertEquals(1_772_359_200_000L, message.getSentDate().getTime());
      assertTrue(message.getMessageID().endsWith("@example.org>"), message.getMessageID());
    }
  }

  @Test
  void adds_no_headers_and_no_recipients_that_a_name_asks_for() throws Exception {
    try (SmtpServer server = SmtpServer.plain(folder)) {
      mailer(server.url(), null)
          .send(
              new Mail(
                  "ana@example.org",
                  "Hola\r\nBcc: todos@example.org\r\n\r\n<b>x</b>\u2028y\u0000z",
                  "texto",
                  null));

      SmtpServer.Received received = server.mails.getFirst();
      assertEquals("Hola Bcc: todos@example.org <b>x</b> y z", received.message().getSubject());
      assertEquals(List.of("ana@example.org"), received.to());
      assertFalse(received.raw().contains("\r\nBcc"), received.raw());
      assertEquals("texto", received.message().getContent().toString().strip());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ana@example.org\r\nBcc: b@example.org",
        "ana@example.org, b@example.org",
        "Ana <ana@example.org>",
        "ana",
        "",
        "ana@example.org> ORCPT=x",
        "@example.org"
      })
  void refuses_what_is_no_address(String to) {
    try (SmtpServer server = SmtpServer.plain(folder)) {
      assertEquals(Reason.REFUSED, failure(server, to).reason());
      assertTrue(server.plainLines.isEmpty());
    }
  }

  @Test
  void encrypts_before_it_says_its_password() {
    try (SmtpServer server = SmtpServer.startTls(folder)) {
      mailer(server.url(), server.authority()).send(mail());

      assertTrue(server.mails.getFirst().encrypted());
      assertEquals(SmtpServer.USER, server.mails.getFirst().user());
      assertEquals("STARTTLS", server.plainLines.getLast());
    }
  }

  @Test
  void speaks_tls_from_the_first_byte() {
    try (SmtpServer server = SmtpServer.tls(folder)) {
      mailer(server.url(), server.authority()).send(mail());

      assertTrue(server.mails.getFirst().encrypted());
      assertTrue(server.plainLines.isEmpty());
    }
  }

  @Test
  void trusts_nobody_it_was_not_told_to() {
    try (SmtpServer server = SmtpServer.startTls(folder)) {
      MailException failure =
          assertThrows(MailException.class, () -> mailer(server.url(), null).send(mail()));

      assertEquals(Reason.TLS, failure.reason());
      assertTrue(server.mails.isEmpty());
    }
  }

  @Test
  void says_no_password_where_anybody_can_listen() {
    try (SmtpServer server = SmtpServer.plainWithLogin(folder)) {
      SmtpUrl url =
          new SmtpUrl(
              "localhost", server.port(), false, false, SmtpServer.USER, SmtpServer.PASSWORD);
      SmtpMailer mailer =
          SmtpMailer.open(new MailSettings(url, FROM, null), FixedClock.at("2026-03-01T10:00:00Z"));

      MailException failure = assertThrows(MailException.class, () -> mailer.send(mail()));

      assertEquals(Reason.TLS, failure.reason());
      assertTrue(server.plainLines.stream().noneMatch(line -> line.startsWith("AUTH")));
      assertTrue(server.mails.isEmpty());
    }
  }

  @Test
  void a_wrong_password_is_said_without_it() {
    try (SmtpServer server = SmtpServer.plainWithLogin(folder)) {
      String url = server.url().replace("clave", "llave");

      MailException failure =
          assertThrows(MailException.class, () -> mailer(url, null).send(mail()));

      assertEquals(Reason.LOGIN, failure.reason());
      assertFalse(String.valueOf(failure.getMessage()).contains("llave"), failure.getMessage());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "NOT_NOW, UNREACHABLE",
    "UNKNOWN_RECIPIENT, REFUSED",
    "SPAM, REFUSED",
    "BREAKS_OFF, UNREACHABLE"
  })
  void says_why_a_mail_did_not_go(SmtpServer.Trouble trouble, Reason reason) {
    try (SmtpServer server = SmtpServer.plain(folder)) {
      server.trouble = trouble;

      MailException failure = failure(server, "ana@example.org");

      assertEquals(reason, failure.reason(), failure.getMessage());
      assertFalse(String.valueOf(failure.getMessage()).contains("ana@"), failure.getMessage());

      server.trouble = SmtpServer.Trouble.NONE;
      mailer(server.url(), null).send(mail());
      assertEquals(1, server.mails.size());
    }
  }

  @Test
  void says_that_nobody_listens() throws IOException {
    int free;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      free = socket.getLocalPort();
    }

    MailException failure =
        assertThrows(
            MailException.class, () -> mailer("smtp://localhost:" + free, null).send(mail()));

    assertEquals(Reason.UNREACHABLE, failure.reason());
    assertEquals("cannot connect to localhost:" + free, failure.getMessage());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mail.example.org",
        "http://mail.example.org",
        "smtp://user@mail.example.org",
        "smtp://:geheim@mail.example.org",
        "smtp://u:geheim@mail.example.org/x",
        "smtp://u:geheim@mail.example.org?x=1",
        "smtp://u:ge%0Aheim@mail.example.org",
        "smtp://u:geheim@mail.example.org:99999"
      })
  void refuses_an_address_of_a_server_without_repeating_it(String text) {
    var failure = assertThrows(IllegalArgumentException.class, () -> SmtpUrl.parse(text));

    assertEquals(SmtpUrl.HINT, failure.getMessage());
  }

  private MailException failure(SmtpServer server, String to) {
    SmtpMailer mailer = mailer(server.url(), null);
    return assertThrows(
        MailException.class, () -> mailer.send(new Mail(to, "Hola", "texto", null)));
  }

  private static Mail mail() {
    return new Mail("ana@example.org", "Hola", "texto", null);
  }

  private static SmtpMailer mailer(String url, @Nullable Path authority) {
    return SmtpMailer.open(
        new MailSettings(SmtpUrl.parse(url), FROM, authority),
        FixedClock.at("2026-03-01T10:00:00Z"));
  }
}
