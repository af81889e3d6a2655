package io.vatio.testing;

import io.vatio.platform.mail.Mail;
import io.vatio.platform.mail.Mailer;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// A mailer that keeps what it is given.
public final class Mailbox implements Mailer {
  private final BlockingQueue<Mail> mails = new LinkedBlockingQueue<>();

  @Override
  public boolean isConfigured() {
    return true;
  }

  @Override
  public void send(Mail mail) {
    mails.add(mail);
  }

  /// The next mail, waited for.
  public Mail next() {
    try {
      Mail mail = mails.poll(10, TimeUnit.SECONDS);
      if (mail == null) {
        throw new AssertionError("no mail came");
      }
      return mail;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  public boolean isEmpty() {
    return mails.isEmpty();
  }
}
