package io.vatio.account;

import io.vatio.kernel.Text;
import io.vatio.platform.db.StorageException;
import io.vatio.platform.mail.Mail;
import io.vatio.platform.mail.MailException;
import io.vatio.platform.mail.Mailer;
import io.vatio.platform.text.Messages;
import java.time.Clock;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Mails the codes that buy a new password, on a thread of its own, so that nobody learns from the
/// time an answer takes whose addresses are known. At most [#WAITING] wait, more are forgotten; one
/// address gets a few in an hour, however often somebody asks.
final class PasswordMail implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PasswordMail.class);
  private static final int WAITING = 100;

  private final Accounts accounts;
  private final Contacts contacts;
  private final Mailer mailer;
  private final Messages messages;
  private final @Nullable String publicUrl;
  private final Allowance allowance;
  private final ThreadPoolExecutor thread =
      new ThreadPoolExecutor(
          1,
          1,
          30,
          TimeUnit.SECONDS,
          new ArrayBlockingQueue<>(WAITING),
          Thread.ofPlatform().daemon().name("password-mail").factory());

  /// @param publicUrl base of the link in the mail; null for a mail with the code alone, for the
  ///     address that a stranger's request was sent to is what the stranger says
  PasswordMail(
      Accounts accounts,
      Contacts contacts,
      Mailer mailer,
      Messages messages,
      @Nullable String publicUrl,
      Clock clock) {
    this.accounts = accounts;
    this.contacts = contacts;
    this.mailer = mailer;
    this.messages = messages;
    this.publicUrl = publicUrl;
    this.allowance = new Allowance(clock, 3, Duration.ofMinutes(20));
    thread.allowCoreThreadTimeOut(true);
  }

  /// Sends a code to the account with this address, if there is one. Returns at once.
  void send(String email, String language) {
    try {
      thread.execute(() -> sendHere(email, language));
    } catch (RejectedExecutionException _) {
      LOG.warn("too many mails for new passwords wait; one is not sent");
    }
  }

  private void sendHere(String email, String language) {
    Optional<Account> account = accounts.findByEmail(email).filter(Account::active);
    if (account.isEmpty() || !allowance.take(email.toLowerCase(Locale.ROOT))) {
      return;
    }
    if (!mailer.isConfigured()) {
      LOG.warn("somebody asked for a new password, but no mail server is configured");
      return;
    }
    try {
      Account owner = account.get();
      String code = contacts.makeCode(owner.id(), CodePurpose.PASSWORD, owner.email());
      mailer.send(mail(owner, code, language));
    } catch (MailException e) {
      LOG.warn("a mail for a new password did not go out: {}", e.getMessage());
    } catch (StorageException e) {
      LOG.warn("no code for a new password: {}", e.getMessage());
    }
  }

  private Mail mail(Account account, String code, String language) {
    String name = account.firstName().isEmpty() ? account.username() : account.firstName();
    Text how =
        publicUrl == null
            ? Text.of("account.reset_mail_code", code)
            : Text.of("account.reset_mail_link", publicUrl + "/#restablecer=" + code);
    return new Mail(
        account.email(),
        messages.in(language, Text.of("account.reset_subject")),
        messages.in(language, Text.of("account.reset_mail", name, messages.in(language, how))),
        null);
  }

  /// What waits is not sent.
  @Override
  public void close() {
    thread.shutdownNow();
  }
}
