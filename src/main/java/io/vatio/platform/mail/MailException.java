package io.vatio.platform.mail;

/// A mail that could not be handed over; the message says why, without secrets.
public final class MailException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public MailException(String message) {
    super(message);
  }

  public MailException(String message, Throwable cause) {
    super(message, cause);
  }
}
