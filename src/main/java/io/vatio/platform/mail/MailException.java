package io.vatio.platform.mail;

/// A mail that could not be handed over; the message says why, without secrets.
public final class MailException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Reason reason;

  public MailException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  /// What to do about it.
  public Reason reason() {
    return reason;
  }

  /// Why a mail did not go out.
  public enum Reason {
    /// The settings name no server.
    NOT_CONFIGURED(true),
    /// The server cannot be reached, or does not answer in time.
    UNREACHABLE(true),
    /// No encryption that we trust.
    TLS(true),
    /// It does not accept our user and password.
    LOGIN(true),
    /// It does not want this mail, or does not know the recipient.
    REFUSED(false),
    /// Too many mails are on their way.
    BUSY(false);

    private final boolean everyMail;

    Reason(boolean everyMail) {
      this.everyMail = everyMail;
    }

    /// Whether the next mail would fare no better.
    public boolean concernsEveryMail() {
      return everyMail;
    }
  }
}
