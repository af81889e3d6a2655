package io.vatio.messaging;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.account.Contact;
import io.vatio.kernel.Text;
import io.vatio.platform.json.Json;
import io.vatio.platform.mail.Mail;
import io.vatio.platform.mail.MailException;
import io.vatio.platform.mail.MailException.Reason;
import io.vatio.platform.mail.Mailer;
import io.vatio.platform.text.Messages;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// One mail for each of many people, a few at a time. A server that is away is not asked again for
/// every one of them, and a slow one is waited for [#PATIENCE_S] at most.
final class MailRound {
  private static final int AT_ONCE = 3;
  private static final int PATIENCE_S = 60;

  private final Mailer mailer;
  private final Messages messages;

  MailRound(Mailer mailer, Messages messages) {
    this.mailer = mailer;
    this.messages = messages;
  }

  /// The sentence for why a mail did not go out.
  static Text sentence(Reason reason) {
    return switch (reason) {
      case NOT_CONFIGURED -> Text.of("messaging.mail_off");
      case UNREACHABLE -> Text.of("messaging.mail_unreachable");
      case TLS -> Text.of("messaging.mail_tls");
      case LOGIN -> Text.of("messaging.mail_login");
      case REFUSED -> Text.of("messaging.mail_refused");
      case BUSY -> Text.of("messaging.mail_busy");
    };
  }

  /// Returns when all have their mail or a reason why not. Blocks.
  Result send(List<Contact> people, Function<Contact, Mail> mails, String language) {
    Result result = new Result();
    AtomicReference<@Nullable Reason> hopeless = new AtomicReference<>();
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_S);
    try (ExecutorService threads =
        Executors.newFixedThreadPool(AT_ONCE, Thread.ofVirtual().name("mail-", 1).factory())) {
      for (Contact person : people) {
        threads.execute(
            () -> {
              Reason reason = hopeless.get();
              if (!person.takesMail()) {
                result.miss(person.username(), messages.in(language, Text.of("messaging.no_mail")));
              } else if (reason == null && System.nanoTime() > deadline) {
                result.miss(person.username(), messages.in(language, sentence(Reason.BUSY)));
              } else {
                reason = reason == null ? send(mails.apply(person)) : reason;
                if (reason == null) {
                  result.hit();
                } else {
                  result.miss(person.username(), messages.in(language, sentence(reason)));
                  hopeless.compareAndSet(null, reason.concernsEveryMail() ? reason : null);
                }
              }
            });
      }
    }
    return result;
  }

  private @Nullable Reason send(Mail mail) {
    try {
      mailer.send(mail);
      return null;
    } catch (MailException e) {
      return e.reason();
    }
  }

  /// What came of it. Thread safe.
  static final class Result {
    private final ObjectNode json = Json.object();
    private int sent;
    private int failed;

    private synchronized void hit() {
      sent++;
    }

    /// @param user name or number
    synchronized void miss(String user, String error) {
      failed++;
      json.withArrayProperty("errors").addObject().put("user", user).put("error", error);
    }

    synchronized int sent() {
      return sent;
    }

    synchronized int failed() {
      return failed;
    }

    /// `{"sent", "failed", "errors"}`.
    synchronized ObjectNode json() {
      ObjectNode body = Json.object().put("sent", sent).put("failed", failed);
      body.set("errors", json.withArrayProperty("errors"));
      return body;
    }
  }
}
