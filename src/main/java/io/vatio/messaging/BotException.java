package io.vatio.messaging;

import java.time.Duration;

/// The Bot API did not do what it was asked to. The message says why, without the token.
final class BotException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Reason reason;
  private final transient Duration retryAfter;

  BotException(Reason reason, String message) {
    this(reason, message, Duration.ZERO);
  }

  BotException(Reason reason, String message, Duration retryAfter) {
    // Expected by design, so it carries no stack trace.
    super(message, null, false, false);
    this.reason = reason;
    this.retryAfter = retryAfter;
  }

  Reason reason() {
    return reason;
  }

  /// How long it wants to be left alone.
  Duration retryAfter() {
    return retryAfter;
  }

  enum Reason {
    /// Cannot be reached, does not answer in time, or answers nonsense.
    UNREACHABLE,
    /// It does not know this token.
    TOKEN,
    /// Somebody else asks for the messages of this bot.
    CONFLICT,
    /// Too many messages.
    TOO_MANY,
    /// Not this message or not this chat; the person may have blocked the bot.
    REFUSED
  }
}
