package io.vatio.messaging;

import com.fasterxml.jackson.databind.JsonNode;
import io.vatio.messaging.BotException.Reason;
import io.vatio.platform.db.StorageException;
import io.vatio.platform.schedule.Upkeep;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Asks Telegram for what people wrote to the bot, on a thread of its own, and has it answered.
///
/// An API that fails is asked less and less often, which the log says once; everything else goes on
/// meanwhile.
final class TelegramBot implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TelegramBot.class);
  private static final Duration POLL = Duration.ofSeconds(25);
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(5);

  private final BotApi api;
  private final BotOffset offset;
  private final BotCommands commands;
  private final Upkeep upkeep;
  private volatile String name;
  private volatile boolean closing;

  /// Why the last round failed, null when it did not.
  private @Nullable String trouble;

  private Duration pause = FIRST_PAUSE;

  /// @param name of the bot, empty to ask for it
  TelegramBot(BotApi api, BotOffset offset, BotCommands commands, String name) {
    this.api = api;
    this.offset = offset;
    this.commands = commands;
    this.name = name;
    this.upkeep = new Upkeep("telegram", FIRST_PAUSE, this::round);
  }

  void start() {
    upkeep.wake();
    upkeep.start();
  }

  /// What people look for in Telegram, without `@`; empty while nobody knows.
  String name() {
    return name;
  }

  private boolean round(Upkeep thread) {
    try {
      if (name.isEmpty()) {
        name = api.username();
      }
      long last = offset.last();
      for (JsonNode update : api.updates(last == 0 ? 0 : last + 1, POLL)) {
        if (thread.isClosed()) {
          return false;
        }
        take(update);
      }
      worked();
    } catch (BotException e) {
      if (!closing) {
        failed(e);
        thread.pause(e.reason() == Reason.TOO_MANY ? e.retryAfter() : longer());
      }
    }
    return true;
  }

  private void take(JsonNode update) {
    long id = update.path("update_id").asLong();
    if (id <= offset.last()) {
      return;
    }
    offset.save(id);
    try {
      commands.answer(update);
    } catch (BotException | StorageException e) {
      LOG.warn("telegram: no answer to message {}: {}", id, e.getMessage());
    } catch (RuntimeException e) {
      LOG.error("telegram: message {} could not be worked off", id, e);
    }
  }

  private void failed(BotException e) {
    String why = String.valueOf(e.getMessage());
    if (why.equals(trouble)) {
      LOG.debug("telegram: still {}", why);
    } else {
      LOG.warn("telegram: {}; trying again", why);
    }
    trouble = why;
  }

  private void worked() {
    pause = FIRST_PAUSE;
    if (trouble != null) {
      LOG.info("telegram: the bot works again");
      trouble = null;
    }
  }

  private Duration longer() {
    Duration now = pause;
    Duration twice = now.multipliedBy(2);
    pause = twice.compareTo(LONGEST_PAUSE) < 0 ? twice : LONGEST_PAUSE;
    return now;
  }

  /// Breaks off the question that is under way.
  @Override
  public void close() {
    closing = true;
    api.close();
    upkeep.close();
  }
}
