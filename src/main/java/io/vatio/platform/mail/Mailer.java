package io.vatio.platform.mail;

import io.vatio.platform.mail.MailException.Reason;

/// Sends e-mail. Thread safe; sending blocks, half a minute at worst.
public interface Mailer {
  /// One without a server.
  Mailer NONE =
      new Mailer() {
        @Override
        public boolean isConfigured() {
          return false;
        }

        @Override
        public void send(Mail mail) {
          throw new MailException(Reason.NOT_CONFIGURED, "no SMTP server is configured");
        }
      };

  /// Whether the settings name a server to send through.
  boolean isConfigured();

  /// Hands a mail to the server, and returns once it has taken it.
  ///
  /// @throws MailException when it has not
  void send(Mail mail);
}
