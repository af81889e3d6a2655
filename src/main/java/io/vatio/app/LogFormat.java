package io.vatio.app;

import io.vatio.platform.json.Json;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.logging.ConsoleHandler;
import java.util.logging.Formatter;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/// One line per event on standard error: as text for people or as JSON for machines.
final class LogFormat extends Formatter {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSS").withZone(ZoneId.systemDefault());

  private final boolean json;

  private LogFormat(boolean json) {
    this.json = json;
  }

  /// Sets the whole program's logging up: our rooms from info, libraries from warning.
  static void install(boolean json) {
    LogManager.getLogManager().reset();
    Logger root = Logger.getLogger("");
    root.setLevel(Level.WARNING);
    ConsoleHandler handler = new ConsoleHandler();
    handler.setLevel(Level.ALL);
    handler.setFormatter(new LogFormat(json));
    root.addHandler(handler);
    OURS.setLevel(Level.INFO);
    ROUTER.setLevel(Level.OFF);
  }

  /// Kept here, for the JDK holds loggers only weakly.
  private static final Logger OURS = Logger.getLogger("io.vatio");

  /// Prints a stack trace for every caller that hangs up; what matters, HttpApi logs by itself.
  private static final Logger ROUTER = Logger.getLogger("io.vertx.ext.web.RoutingContext");

  @Override
  public String format(LogRecord entry) {
    String logger = entry.getLoggerName() == null ? "" : entry.getLoggerName();
    String room = logger.startsWith("io.vatio.") ? logger.substring("io.vatio.".length()) : logger;
    // Line breaks in data must not forge log lines, nor escapes command the terminal.
    String message = formatMessage(entry).replaceAll("[\\p{Cc}\\u2028\\u2029]+", " ");
    return json ? json(entry, room, message) : text(entry, room, message);
  }

  private static String text(LogRecord entry, String room, String message) {
    return "%s %-5s %s: %s%n%s"
        .formatted(
            TIME.format(entry.getInstant()),
            level(entry),
            room,
            message,
            entry.getThrown() == null ? "" : trace(entry.getThrown()));
  }

  private static String json(LogRecord entry, String room, String message) {
    var line = Json.object();
    line.put("time", entry.getInstant().toString());
    line.put("level", level(entry));
    line.put("room", room);
    line.put("message", message);
    if (entry.getThrown() != null) {
      line.put("trace", trace(entry.getThrown()));
    }
    return Json.text(line) + System.lineSeparator();
  }

  private static String level(LogRecord entry) {
    int value = entry.getLevel().intValue();
    if (value >= Level.SEVERE.intValue()) {
      return "ERROR";
    }
    return value >= Level.WARNING.intValue() ? "WARN" : "INFO";
  }

  private static String trace(Throwable thrown) {
    StringWriter out = new StringWriter();
    thrown.printStackTrace(new PrintWriter(out));
    return out.toString();
  }
}
