package io.vatio.messaging;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.alert.Alert;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Reach;
import io.vatio.kernel.Text;
import io.vatio.platform.json.Json;
import io.vatio.platform.text.Messages;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Alerts as the bot shows them: Telegram's HTML, and buttons to acknowledge with.
///
/// @param language `es` or `en`
/// @param zone of the times shown
record AlertTexts(Messages messages, String language, ZoneId zone) {
  /// Of 4096 that Telegram takes; what is escaped gets longer.
  private static final int MAX_MESSAGE = 600;

  private static final int MAX_SOURCE = 60;
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("dd/MM HH:mm");

  /// Alerts are for the people of the installation, not for those with whom a device is shared.
  static boolean mayRead(Principal.User who) {
    return who.reach() != Reach.SHARED;
  }

  /// The sign of a severity or of a kind of notification.
  static String icon(String severity) {
    return switch (severity) {
      case "info" -> "ℹ️";
      case "success" -> "✅";
      case "error" -> "❌";
      default -> "⚠️";
    };
  }

  /// One alert by itself.
  String one(Alert alert) {
    StringBuilder text = new StringBuilder(icon(alert.severity())).append(' ');
    text.append(PlainText.html(PlainText.lines(alert.message(), MAX_MESSAGE)));
    text.append("\n<i>")
        .append(PlainText.html(PlainText.line(alert.source(), MAX_SOURCE)))
        .append(" · ")
        .append(TIME.withZone(zone).format(alert.at()))
        .append("</i>");
    Alert.Acknowledgement seen = alert.acknowledged();
    if (seen != null) {
      String by = PlainText.html(PlainText.line(seen.by(), MAX_SOURCE));
      text.append("\n✅ ").append(messages.in(language, Text.of("bot.acknowledged_by", by)));
    }
    return text.toString();
  }

  /// Several, newest first.
  String list(List<Alert> alerts) {
    return alerts.isEmpty()
        ? messages.in(language, Text.of("bot.no_alerts"))
        : alerts.stream().map(this::one).collect(Collectors.joining("\n\n"));
  }

  /// One button under an alert by itself.
  ObjectNode button(Alert alert) {
    ObjectNode keyboard = Json.object();
    row(keyboard.putArray("inline_keyboard"), alert, new Press(false, alert.id()));
    return keyboard;
  }

  /// One button for each of a list that nobody has acknowledged; null for none.
  @Nullable ObjectNode buttons(List<Alert> alerts) {
    ObjectNode keyboard = Json.object();
    ArrayNode rows = keyboard.putArray("inline_keyboard");
    alerts.stream()
        .filter(alert -> alert.acknowledged() == null)
        .forEach(alert -> row(rows, alert, new Press(true, alert.id())));
    return rows.isEmpty() ? null : keyboard;
  }

  private void row(ArrayNode rows, Alert alert, Press press) {
    String label = "✅ " + messages.in(language, Text.of("bot.acknowledge"));
    if (press.inList()) {
      label += ": " + PlainText.line(alert.message(), 30);
    }
    rows.addArray().addObject().put("text", label).put("callback_data", press.toString());
  }

  /// What a button says when it is pressed.
  ///
  /// @param inList whether it stood under a list
  record Press(boolean inList, long alertId) {
    /// Reads what came back, which may be anything.
    static Optional<Press> read(String data) {
      return data.matches("(ack|list):\\d{1,18}")
          ? Optional.of(
              new Press(
                  data.startsWith("list"), Long.parseLong(data.substring(data.indexOf(':') + 1))))
          : Optional.empty();
    }

    @Override
    public String toString() {
      return (inList ? "list:" : "ack:") + alertId;
    }
  }
}
