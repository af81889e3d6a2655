package io.vatio.messaging;

import io.vatio.account.Contact;
import io.vatio.alert.Alert;
import io.vatio.kernel.Text;
import io.vatio.platform.mail.Mail;
import io.vatio.platform.text.Messages;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// The mails, from templates in both languages. What fills them is escaped. Thread safe.
final class MailTexts {
  private static final int MAX_NAME = 100;
  private static final int MAX_SUBJECT = 150;
  private static final int MAX_MESSAGE = 4_000;

  private final Messages messages;
  private final Map<String, String> templates = new ConcurrentHashMap<>();

  MailTexts(Messages messages) {
    this.messages = messages;
  }

  /// Asks whether an address is somebody's own.
  ///
  /// @param link with the token
  Mail verification(Contact to, String link, String token, String language) {
    Map<String, String> values =
        Map.of("name", name(to), "username", to.username(), "link", link, "token", token);
    return new Mail(
        to.email(),
        messages.in(language, Text.of("mail.verification_subject")),
        filled("verification", "txt", language, values, ""),
        filled("verification", "html", language, values, ""));
  }

  /// What a superuser tells people.
  ///
  /// @param subject empty for the usual one of its kind
  /// @param kind info, warning, error, success
  Mail notification(Contact to, String subject, String kind, HtmlMessage message, String language) {
    String title = subject.isBlank() ? usualSubject(kind, language) : subject;
    return notice(to, title, kind, message, language);
  }

  Mail alert(Contact to, Alert alert, String language) {
    String message = PlainText.lines(alert.message(), MAX_MESSAGE);
    String html =
        "<p>%s</p><p><small>%s</small></p>"
            .formatted(
                PlainText.html(message).replace("\n", "<br>\n"), PlainText.html(alert.source()));
    HtmlMessage body = new HtmlMessage(html, message + "\n\n" + alert.source());
    String subject =
        usualSubject(alert.severity(), language) + ": " + PlainText.line(message, MAX_SUBJECT);
    return notice(to, subject, alert.severity(), body, language);
  }

  private Mail notice(
      Contact to, String subject, String kind, HtmlMessage message, String language) {
    Map<String, String> values =
        Map.of(
            "name", name(to),
            "subject", PlainText.line(subject, MAX_SUBJECT),
            "icon", AlertTexts.icon(kind),
            "color", color(kind));
    return new Mail(
        to.email(),
        AlertTexts.icon(kind) + " " + subject,
        filled("notification", "txt", language, values, message.text()),
        filled("notification", "html", language, values, message.html()));
  }

  private String usualSubject(String kind, String language) {
    return messages.in(
        language,
        switch (kind) {
          case "warning" -> Text.of("mail.subject_warning");
          case "error" -> Text.of("mail.subject_error");
          case "success" -> Text.of("mail.subject_success");
          default -> Text.of("mail.subject_info");
        });
  }

  private static String color(String kind) {
    return switch (kind) {
      case "warning" -> "#b45309";
      case "error" -> "#b91c1c";
      case "success" -> "#15803d";
      default -> "#1d4ed8";
    };
  }

  private static String name(Contact contact) {
    return PlainText.line(contact.name().isBlank() ? contact.username() : contact.name(), MAX_NAME);
  }

  /// @param message goes in as it is, after everything else, so that nothing in it is filled
  private String filled(
      String template, String form, String language, Map<String, String> values, String message) {
    String[] around =
        templates
            .computeIfAbsent("%s_%s.%s".formatted(template, language, form), MailTexts::load)
            .split("\\{\\{message}}", 2);
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < around.length; i++) {
      text.append(i == 0 ? "" : message);
      text.append(replaced(around[i], form.equals("html"), values));
    }
    return text.toString();
  }

  private static String replaced(String part, boolean html, Map<String, String> values) {
    StringBuilder text = new StringBuilder();
    int done = 0;
    for (int at = part.indexOf("{{"); at >= 0; at = part.indexOf("{{", done)) {
      int end = part.indexOf("}}", at);
      String value = values.getOrDefault(part.substring(at + 2, end), "");
      text.append(part, done, at).append(html ? PlainText.html(value) : value);
      done = end + 2;
    }
    return text.append(part.substring(done)).toString();
  }

  private static String load(String name) {
    try (InputStream in = MailTexts.class.getResourceAsStream("/mail/" + name)) {
      if (in == null) {
        throw new IllegalStateException("missing resource /mail/" + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
