package io.vatio.messaging;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.account.CodeCheck;
import io.vatio.account.CodePurpose;
import io.vatio.account.Contact;
import io.vatio.account.Contacts;
import io.vatio.audit.AuditLog;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.db.Database;
import io.vatio.platform.http.Access;
import io.vatio.platform.http.Fields;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.http.Reply;
import io.vatio.platform.http.Request;
import io.vatio.platform.json.Json;
import io.vatio.platform.mail.MailException;
import io.vatio.platform.mail.Mailer;
import io.vatio.platform.text.Messages;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// `/api/email/`: whose address it is, what may be sent there, and sending it.
final class EmailRoutes {
  private static final Duration MAIL_EVERY = Duration.ofMinutes(1);
  private static final int MAX_MESSAGE = 50_000;
  private static final int MAX_TOKEN = 200;

  private final Contacts contacts;
  private final Mailer mailer;
  private final MailTexts texts;
  private final MailRound round;
  private final Answers answers;
  private final ChatLimits limits;
  private final Database database;
  private final AuditLog audit;
  private final String language;
  private final @Nullable String publicUrl;

  EmailRoutes(MessagingModule.Needs needs, MailTexts texts) {
    Messages messages = needs.messages();
    this.contacts = needs.contacts();
    this.mailer = needs.mailer();
    this.texts = texts;
    this.round = new MailRound(needs.mailer(), messages);
    this.answers = new Answers(contacts, messages);
    this.limits = new ChatLimits(MAIL_EVERY, needs.clock());
    this.database = needs.database();
    this.audit = needs.audit();
    this.language = needs.language();
    this.publicUrl = needs.publicUrl();
  }

  void addTo(HttpApi api) {
    String path = "/api/email/";
    api.route(HttpMethod.POST, path + "send-verification", Access.ANYONE, this::sendVerification);
    api.route(HttpMethod.GET, path + "verify", Access.ANYONE, this::verifyByLink);
    api.route(HttpMethod.POST, path + "verify", Access.ANYONE, this::verifyByBody);
    api.route(HttpMethod.POST, path + "preferences", Access.ANYONE, this::preferences);
    api.route(
        HttpMethod.POST,
        path + "send-notification",
        Access.SUPERUSER.refusing(Text.of("account.superusers_only")),
        this::notify);
    api.route(HttpMethod.GET, path + "status", Access.ANYONE, this::status);
  }

  private Reply sendVerification(Request request) {
    Contact self = answers.self(request);
    if (self.email().isEmpty()) {
      return answers.failed(request, 400, Text.of("messaging.no_address"));
    }
    if (self.emailVerified()) {
      return answers.failed(request, 400, Text.of("messaging.verified_before"));
    }
    if (!mailer.isConfigured()) {
      return answers.failed(request, 503, Text.of("messaging.mail_off"));
    }
    if (limits.ask(Long.toString(self.id())) != ChatLimits.Answer.YES) {
      throw Problem.tooMany(
          Text.of("http.throttled", Long.toString(MAIL_EVERY.toSeconds())), MAIL_EVERY);
    }
    String token = contacts.makeCode(self.id(), CodePurpose.EMAIL, self.email());
    try {
      mailer.send(texts.verification(self, link(request, token), token, request.language()));
    } catch (MailException e) {
      contacts.dropCode(self.id(), CodePurpose.EMAIL);
      return answers.failed(request, 503, MailRound.sentence(e.reason()));
    }
    return Reply.ok(
        answers
            .done(request, Text.of("messaging.verification_sent", self.email()))
            .put("email", self.email()));
  }

  private String link(Request request, String token) {
    HttpServerRequest http = request.context().request();
    String base =
        publicUrl == null ? "%s://%s".formatted(http.scheme(), http.authority()) : publicUrl;
    return base + "/api/email/verify/?token=" + token;
  }

  private Reply verifyByLink(Request request) {
    return verify(request, request.query("token").orElse(""));
  }

  private Reply verifyByBody(Request request) {
    JsonNode token = request.object().path("token");
    return verify(request, token.isTextual() ? token.textValue() : "");
  }

  private Reply verify(Request request, String token) {
    Contact self = answers.self(request);
    if (token.isBlank()) {
      return answers.failed(request, 400, Text.of("messaging.token_missing"));
    }
    String cut = token.length() > MAX_TOKEN ? token.substring(0, MAX_TOKEN) : token;
    return switch (contacts.useCode(self.id(), CodePurpose.EMAIL, cut)) {
      // An address that was changed meanwhile was not the one that got the mail.
      case CodeCheck.Right(long id, String address) ->
          contacts.verifyEmail(id, address)
              ? Reply.ok(
                  answers.done(request, Text.of("messaging.verified")).put("email_verified", true))
              : answers.failed(request, 400, Text.of("messaging.token_wrong"));
      case CodeCheck.Wrong() -> answers.failed(request, 400, Text.of("messaging.token_wrong"));
      case CodeCheck.Expired() -> answers.failed(request, 400, Text.of("messaging.token_expired"));
      case CodeCheck.Missing() -> answers.failed(request, 400, Text.of("messaging.token_none"));
    };
  }

  private Reply preferences(Request request) {
    Contact self = answers.self(request);
    ObjectNode body = request.object();
    String name = "email_notifications_enabled";
    Fields fields = new Fields(body);
    if (!body.has(name)) {
      fields.fault(name, Text.of("http.field_required"));
    } else if (!body.path(name).isBoolean()) {
      fields.fault(name, Text.of("http.field_boolean"));
    }
    fields.check();
    boolean wanted = body.path(name).booleanValue();
    contacts.setEmailNotifications(self.id(), wanted);
    boolean reachable = contacts.findById(self.id()).filter(Contact::takesMail).isPresent();
    return Reply.ok(
        answers
            .done(request, Text.of("messaging.preferences_saved"))
            .put(name, wanted)
            .put("can_receive_email_notifications", reachable));
  }

  private Reply notify(Request request) {
    NotificationOrder order = NotificationOrder.read(request.object(), MAX_MESSAGE);
    if (!order.hasRecipients()) {
      return answers.failed(request, 400, Text.of("messaging.no_recipients"));
    }
    if (!mailer.isConfigured()) {
      return answers.failed(request, 503, Text.of("messaging.mail_off"));
    }
    HtmlMessage message = HtmlMessage.of(order.message());
    MailRound.Result result =
        round.send(
            order.recipients(contacts, Contact::takesMail),
            contact ->
                texts.notification(contact, order.subject(), order.kind(), message, language),
            request.language());
    for (long id : order.strangers(contacts)) {
      result.miss(
          Long.toString(id),
          answers.messages().in(request.language(), Text.of("messaging.user_unknown")));
    }
    database.write(
        handle -> {
          order.audit(audit, handle, "email", result.sent(), result.failed());
          return true;
        });
    Text text =
        Text.of(
            "messaging.mails_sent",
            Integer.toString(result.sent()),
            Integer.toString(result.failed()));
    ObjectNode body = answers.done(request, text);
    body.set("results", result.json());
    return Reply.ok(body);
  }

  private Reply status(Request request) {
    Contact self = answers.owner(request);
    ObjectNode body = Json.object();
    body.put("has_email", !self.email().isEmpty());
    body.put("email", self.email());
    body.put("is_verified", self.emailVerified());
    body.put("notifications_enabled", self.emailNotifications());
    body.put("can_receive_notifications", self.takesMail());
    body.put(
        "verification_sent_at",
        contacts.codeSentAt(self.id(), CodePurpose.EMAIL).map(Object::toString).orElse(null));
    body.put("has_pending_verification", contacts.hasPendingCode(self.id(), CodePurpose.EMAIL));
    return Reply.ok(body);
  }
}
