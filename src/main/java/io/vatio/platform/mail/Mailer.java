package io.vatio.platform.mail;

/// Sends e-mail. Thread safe; sending blocks.
public interface Mailer {
  /// Whether the settings name a server to send through.
  boolean isConfigured();

  /// Hands a mail to the server, and returns once it has taken it.
  ///
  /// @throws MailException when it has not
  void send(Mail mail);
}
