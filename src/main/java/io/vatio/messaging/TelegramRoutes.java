package io.vatio.messaging;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.account.CodeCheck;
import io.vatio.account.CodePurpose;
import io.vatio.account.Contact;
import io.vatio.account.Contacts;
import io.vatio.audit.AuditLog;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.messaging.BotException.Reason;
import io.vatio.platform.db.Database;
import io.vatio.platform.http.Access;
import io.vatio.platform.http.Fields;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.http.Reply;
import io.vatio.platform.http.Request;
import io.vatio.platform.json.Json;
import io.vatio.platform.text.Messages;
import io.vertx.core.http.HttpMethod;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// `/api/telegram/`: linking an account with a chat, and writing to those that are linked.
final class TelegramRoutes {
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final int MAX_MESSAGE = 3_000;
  private static final int MAX_CODE = 50;
  private static final int MAX_USERNAME = 100;

  private final Contacts contacts;
  private final @Nullable BotApi api;
  private final Supplier<String> botName;
  private final Answers answers;
  private final Messages messages;
  private final Database database;
  private final AuditLog audit;

  /// @param api null without a bot
  /// @param botName empty while nobody knows
  TelegramRoutes(MessagingModule.Needs needs, @Nullable BotApi api, Supplier<String> botName) {
    this.contacts = needs.contacts();
    this.api = api;
    this.botName = botName;
    this.messages = needs.messages();
    this.answers = new Answers(contacts, messages);
    this.database = needs.database();
    this.audit = needs.audit();
  }

  void addTo(HttpApi routes) {
    String path = "/api/telegram/";
    routes.route(HttpMethod.POST, path + "generate-verification", Access.ANYONE, this::generate);
    routes.route(HttpMethod.POST, path + "verify-code", Access.ANYONE, this::verify);
    routes.route(HttpMethod.POST, path + "link-account", Access.ANYONE, this::link);
    routes.route(HttpMethod.POST, path + "unlink-account", Access.ANYONE, this::unlink);
    routes.route(
        HttpMethod.POST,
        path + "send-notification",
        Access.SUPERUSER.refusing(Text.of("account.superusers_only")),
        this::notify);
    routes.route(HttpMethod.GET, path + "status", Access.ANYONE, this::status);
  }

  private Reply generate(Request request) {
    Contact self = answers.self(request);
    String bot = botName.get();
    Text text =
        bot.isEmpty() ? Text.of("messaging.send_code") : Text.of("messaging.send_code_to", bot);
    ObjectNode body = Json.object();
    body.put("success", true);
    body.put("verification_code", contacts.makeCode(self.id(), CodePurpose.TELEGRAM, ""));
    body.put("expires_in_minutes", CodePurpose.TELEGRAM.life().toMinutes());
    body.put("message", messages.in(request.language(), text));
    return Reply.ok(body);
  }

  private Reply verify(Request request) {
    Contact self = answers.self(request);
    Fields fields = new Fields(request.object());
    String code = fields.text("code", MAX_CODE);
    fields.check();
    return refusal(contacts.checkCode(self.id(), CodePurpose.TELEGRAM, code))
        .map(text -> answers.failed(request, 400, "message", text))
        .orElseGet(() -> Reply.ok(answers.done(request, Text.of("messaging.code_right"))));
  }

  private static Optional<Text> refusal(CodeCheck check) {
    return switch (check) {
      case CodeCheck.Right _ -> Optional.empty();
      case CodeCheck.Wrong() -> Optional.of(Text.of("messaging.code_wrong"));
      case CodeCheck.Expired() -> Optional.of(Text.of("messaging.code_expired"));
      case CodeCheck.Missing() -> Optional.of(Text.of("messaging.code_none"));
    };
  }

  private Reply link(Request request) {
    ObjectNode body = request.object();
    Fields fields = new Fields(body);
    long userId = userId(body.path("user_id"), fields);
    String chat = chat(body, fields);
    String username = fields.text("username", MAX_USERNAME, "").replaceFirst("^@", "");
    String code = fields.text("verification_code", MAX_CODE);
    fields.check();
    requireOneself(request, userId);
    Optional<Contact> person = contacts.findById(userId).filter(Contact::active);
    if (person.isEmpty()) {
      return error(request, 404, Text.of("messaging.user_unknown"));
    }
    if (contacts.findByTelegramChat(chat).filter(other -> other.id() != userId).isPresent()) {
      return answers.failed(request, 400, Text.of("messaging.chat_taken"));
    }
    Optional<Text> refusal = refusal(contacts.useCode(userId, CodePurpose.TELEGRAM, code));
    if (refusal.isPresent()) {
      return answers.failed(request, 400, refusal.get());
    }
    if (!contacts.linkTelegram(userId, chat, username.isEmpty() ? null : username)) {
      return answers.failed(request, 400, Text.of("messaging.chat_taken"));
    }
    return Reply.ok(
        answers
            .done(request, Text.of("messaging.linked"))
            .put("user_id", userId)
            .put("username", person.get().username()));
  }

  /// A bot beside ours acts as a superuser; everybody else speaks for oneself.
  private void requireOneself(Request request, long userId) {
    boolean superuser = request.principal() instanceof Principal.User user && user.superuser();
    if (!superuser && answers.self(request).id() != userId) {
      throw Problem.forbidden(Text.of("http.forbidden"));
    }
  }

  private static long userId(JsonNode node, Fields fields) {
    if (node.isMissingNode()) {
      fields.fault("user_id", Text.of("http.field_required"));
    } else if (!node.isIntegralNumber() || !node.canConvertToLong()) {
      fields.fault("user_id", Text.of("messaging.whole_number"));
    }
    return node.asLong();
  }

  /// The number of a private chat; the document writes it as a text, Telegram as a number.
  private static String chat(ObjectNode body, Fields fields) {
    JsonNode node = body.path("chat_id");
    String chat = node.isIntegralNumber() ? node.asText() : fields.text("chat_id", MAX_CODE);
    if (fields.isFine("chat_id") && !chat.matches("[1-9]\\d{0,18}")) {
      fields.fault("chat_id", Text.of("messaging.chat_id"));
    }
    return chat;
  }

  private Reply unlink(Request request) {
    Contact self = answers.self(request);
    return contacts.unlinkTelegram(self.id())
        ? Reply.ok(answers.done(request, Text.of("messaging.unlinked")))
        : error(request, 400, Text.of("messaging.not_linked"));
  }

  private Reply notify(Request request) {
    NotificationOrder order = NotificationOrder.read(request.object(), MAX_MESSAGE);
    if (!order.hasRecipients()) {
      return error(request, 400, Text.of("messaging.no_recipients"));
    }
    BotApi bot = api;
    if (bot == null) {
      return error(request, 503, Text.of("messaging.telegram_off")).with("Retry-After", "60");
    }
    String html =
        AlertTexts.icon(order.kind())
            + " "
            + PlainText.html(PlainText.lines(order.message(), MAX_MESSAGE));
    ArrayNode sent = Json.array();
    ArrayNode errors = Json.array();
    boolean away = false;
    for (Contact contact : order.recipients(contacts, Contact::takesTelegram)) {
      if (!contact.takesTelegram()) {
        continue;
      }
      Reason failure = away ? Reason.UNREACHABLE : send(bot, contact, html);
      if (failure == null) {
        sent.addObject()
            .put("user_id", contact.id())
            .put("username", contact.username())
            .put("chat_id", contact.telegramChat());
      } else {
        away = failure != Reason.REFUSED;
        Text why = away ? Text.of("messaging.telegram_away") : Text.of("messaging.chat_refused");
        errors
            .addObject()
            .put("user", contact.username())
            .put("error", messages.in(request.language(), why));
      }
    }
    database.write(
        handle -> {
          order.audit(audit, handle, "telegram", sent.size(), errors.size());
          return true;
        });
    Text text = Text.of("messaging.messages_sent", Integer.toString(sent.size()));
    ObjectNode body = answers.done(request, text);
    body.set("sent_to", sent);
    if (!errors.isEmpty()) {
      body.set("errors", errors);
    }
    return Reply.ok(body);
  }

  private static @Nullable Reason send(BotApi bot, Contact contact, String html) {
    try {
      bot.send(Objects.requireNonNull(contact.telegramChat()), html, null, PATIENCE);
      return null;
    } catch (BotException e) {
      return e.reason();
    }
  }

  private Reply status(Request request) {
    Contact self = answers.owner(request);
    boolean linked = self.telegramChat() != null;
    String username = self.telegramUsername();
    ObjectNode body = Json.object();
    body.put("is_linked", linked);
    body.put("is_verified", linked);
    body.put("notifications_enabled", self.telegramNotifications());
    body.put("can_receive_notifications", self.takesTelegram());
    body.put("telegram_username", username == null ? null : "@" + username);
    body.put("has_pending_verification", contacts.hasPendingCode(self.id(), CodePurpose.TELEGRAM));
    return Reply.ok(body);
  }

  private Reply error(Request request, int status, Text text) {
    return Reply.json(status, Map.of("error", messages.in(request.language(), text)));
  }
}
