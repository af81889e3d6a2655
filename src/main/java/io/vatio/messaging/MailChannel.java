package io.vatio.messaging;

import io.vatio.account.Contact;
import io.vatio.alert.Alert;
import io.vatio.platform.mail.MailException;
import io.vatio.platform.mail.Mailer;

/// Alerts by e-mail: warnings and errors, unless an alert asks for it.
record MailChannel(Mailer mailer, MailTexts texts, String language) implements Channel {
  @Override
  public String name() {
    return "email";
  }

  @Override
  public boolean isUsualFor(String severity) {
    return severity.equals("warning") || severity.equals("error");
  }

  @Override
  public boolean reaches(Contact contact) {
    return contact.takesMail();
  }

  @Override
  public void send(Contact contact, Alert alert) {
    try {
      mailer.send(texts.alert(contact, alert, language));
    } catch (MailException e) {
      throw new Failure(String.valueOf(e.getMessage()), e.reason().concernsEveryMail());
    }
  }
}
