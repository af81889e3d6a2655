package io.vatio.messaging;

import com.fasterxml.jackson.databind.JsonNode;
import io.vatio.account.CodeCheck;
import io.vatio.account.CodePurpose;
import io.vatio.account.Contact;
import io.vatio.account.Contacts;
import io.vatio.alert.Alert;
import io.vatio.alert.Alerts;
import io.vatio.kernel.Actor;
import io.vatio.kernel.Permission;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Text;
import io.vatio.platform.text.Messages;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// What the bot answers. Commands count only in a private chat, and but for `/start <code>` only
/// from a chat that is linked with an account, within what that account may see. One thread.
final class BotCommands {
  private static final Duration COMMAND_EVERY = Duration.ofSeconds(3);
  private static final Duration STRANGER_EVERY = Duration.ofSeconds(1);
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int MAX_COMMAND = 200;
  private static final int MAX_NAME = 100;
  private static final int ALERTS_SHOWN = 5;

  private final BotApi api;
  private final Contacts contacts;
  private final Alerts alerts;
  private final PowerReport report;
  private final Messages messages;
  private final ChatLimits perChat;

  /// All chats that nobody has linked count as one: whoever guesses at codes may open many.
  private final ChatLimits strangers;

  BotCommands(
      BotApi api,
      Contacts contacts,
      Alerts alerts,
      PowerReport report,
      Messages messages,
      Clock clock) {
    this.api = api;
    this.contacts = contacts;
    this.alerts = alerts;
    this.report = report;
    this.messages = messages;
    this.perChat = new ChatLimits(COMMAND_EVERY, clock);
    this.strangers = new ChatLimits(STRANGER_EVERY, clock);
  }

  /// Answers one update.
  void answer(JsonNode update) {
    JsonNode press = update.path("callback_query");
    JsonNode message = press.isMissingNode() ? update.path("message") : press.path("message");
    JsonNode from = press.isMissingNode() ? message.path("from") : press.path("from");
    JsonNode chat = message.path("chat");
    // In a group anybody would read what is for one person.
    if (!chat.path("type").asText().equals("private") || from.path("is_bot").asBoolean()) {
      return;
    }
    Visitor visitor =
        new Visitor(
            chat.path("id").asText(),
            PlainText.line(from.path("username").asText(), MAX_NAME),
            messages.language(from.path("language_code").asText()));
    Optional<Contact> known = contacts.findByTelegramChat(visitor.chat()).filter(Contact::active);
    ChatLimits.Answer allowed = perChat.ask(visitor.chat());
    if (allowed == ChatLimits.Answer.YES && known.isEmpty()) {
      allowed = strangers.ask("");
    }
    switch (allowed) {
      case YES -> {
        if (press.isMissingNode()) {
          command(visitor, known, message.path("text").asText());
        } else {
          pressed(visitor, known, press);
        }
      }
      case NO -> say(visitor, Text.of("bot.too_many"));
      case STILL_NO -> {}
    }
  }

  private void command(Visitor visitor, Optional<Contact> known, String text) {
    String line = PlainText.line(text, MAX_COMMAND);
    String[] words = line.split(" +", 2);
    // In the long form a command names its bot.
    String command = words[0].toLowerCase(Locale.ROOT).replaceFirst("@.*", "");
    String rest = words.length > 1 ? words[1].strip() : "";
    if (command.equals("/start") && !rest.isEmpty()) {
      link(visitor, rest);
      return;
    }
    Optional<Principal.User> who = known.flatMap(contact -> contacts.principal(contact.id()));
    if (known.isEmpty() || who.isEmpty()) {
      say(visitor, Text.of("bot.unknown"));
      return;
    }
    switch (command) {
      case "/start" -> say(visitor, Text.of("bot.hello_again", name(known.get())));
      case "/potencia", "/power" -> send(visitor, report.power(who.get(), visitor.language()));
      case "/estado", "/status" -> send(visitor, report.status(who.get(), visitor.language()));
      case "/alertas", "/alerts" -> listAlerts(visitor, who.get());
      case "/desvincular", "/unlink" -> unlink(visitor, known.get(), who.get());
      case "/ayuda", "/help" -> say(visitor, Text.of("bot.help"));
      default -> say(visitor, Text.of("bot.what"));
    }
  }

  private void link(Visitor visitor, String code) {
    switch (contacts.useCode(CodePurpose.TELEGRAM, code)) {
      case CodeCheck.Right(long accountId, String _) -> link(visitor, accountId);
      case CodeCheck.Expired() -> say(visitor, Text.of("bot.code_expired"));
      case CodeCheck.Wrong(), CodeCheck.Missing() -> say(visitor, Text.of("bot.code_wrong"));
    }
  }

  private void link(Visitor visitor, long accountId) {
    Optional<Principal.User> who = contacts.principal(accountId);
    if (who.isEmpty()) {
      say(visitor, Text.of("bot.code_wrong"));
      return;
    }
    boolean linked =
        actor(who.get())
            .doing(
                () -> {
                  // Telegram itself vouches for the chat: whoever had it before has it no more.
                  contacts
                      .findByTelegramChat(visitor.chat())
                      .filter(other -> other.id() != accountId)
                      .ifPresent(other -> contacts.unlinkTelegram(other.id()));
                  return contacts.linkTelegram(
                      accountId,
                      visitor.chat(),
                      visitor.username().isEmpty() ? null : visitor.username());
                });
    Optional<Contact> contact = contacts.findById(accountId);
    say(
        visitor,
        linked && contact.isPresent()
            ? Text.of("bot.linked", name(contact.get()))
            : Text.of("bot.code_wrong"));
  }

  private void unlink(Visitor visitor, Contact contact, Principal.User who) {
    actor(who).doing(() -> contacts.unlinkTelegram(contact.id()));
    say(visitor, Text.of("bot.unlinked"));
  }

  private void listAlerts(Visitor visitor, Principal.User who) {
    if (!AlertTexts.mayRead(who)) {
      say(visitor, Text.of("bot.not_allowed"));
      return;
    }
    List<Alert> newest = alerts.listNewest(ALERTS_SHOWN);
    AlertTexts texts = texts(visitor);
    api.send(
        visitor.chat(),
        texts.list(newest),
        mayAcknowledge(who) ? texts.buttons(newest) : null,
        PATIENCE);
  }

  private void pressed(Visitor visitor, Optional<Contact> known, JsonNode press) {
    String id = press.path("id").asText();
    Optional<Principal.User> who = known.flatMap(contact -> contacts.principal(contact.id()));
    Optional<AlertTexts.Press> wish = AlertTexts.Press.read(press.path("data").asText());
    Optional<Alert> alert = wish.flatMap(w -> alerts.findById(w.alertId()));
    if (who.isEmpty() || !AlertTexts.mayRead(who.get()) || !mayAcknowledge(who.get())) {
      api.answerCallback(id, in(visitor, Text.of("bot.not_allowed")));
      return;
    }
    if (alert.isEmpty() || wish.isEmpty()) {
      api.answerCallback(id, in(visitor, Text.of("bot.what")));
      return;
    }
    boolean first =
        actor(who.get()).doing(() -> alerts.acknowledge(alert.get().id(), who.get().username()));
    api.answerCallback(
        id, in(visitor, first ? Text.of("bot.acknowledged") : Text.of("bot.acknowledged_before")));
    show(visitor, press.path("message").path("message_id").asLong(), wish.get());
  }

  /// The message whose button was pressed, as things are now.
  private void show(Visitor visitor, long messageId, AlertTexts.Press wish) {
    AlertTexts texts = texts(visitor);
    if (wish.inList()) {
      List<Alert> newest = alerts.listNewest(ALERTS_SHOWN);
      api.edit(visitor.chat(), messageId, texts.list(newest), texts.buttons(newest));
    } else {
      alerts
          .findById(wish.alertId())
          .ifPresent(now -> api.edit(visitor.chat(), messageId, texts.one(now), null));
    }
  }

  private AlertTexts texts(Visitor visitor) {
    return new AlertTexts(messages, visitor.language(), report.zone());
  }

  private static boolean mayAcknowledge(Principal.User who) {
    return who.may(Permission.CREATE_READINGS);
  }

  private static Actor actor(Principal.User who) {
    return new Actor(who, "telegram", "Telegram");
  }

  private static String name(Contact contact) {
    String name = contact.name().isBlank() ? contact.username() : contact.name();
    return PlainText.html(PlainText.line(name, MAX_NAME));
  }

  private String in(Visitor visitor, Text text) {
    return messages.in(visitor.language(), text);
  }

  private void say(Visitor visitor, Text text) {
    send(visitor, in(visitor, text));
  }

  private void send(Visitor visitor, String html) {
    api.send(visitor.chat(), html, null, PATIENCE);
  }

  /// Who writes.
  ///
  /// @param username as Telegram says it, empty for none
  private record Visitor(String chat, String username, String language) {}
}
