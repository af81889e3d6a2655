package io.vatio.platform.mail;

import io.vatio.platform.mail.MailException.Reason;
import io.vatio.platform.tls.Trust;
import jakarta.mail.Address;
import jakarta.mail.AuthenticationFailedException;
import jakarta.mail.Message;
import jakarta.mail.MessagingException;
import jakarta.mail.SendFailedException;
import jakarta.mail.Session;
import jakarta.mail.Transport;
import jakarta.mail.internet.AddressException;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeBodyPart;
import jakarta.mail.internet.MimeMessage;
import jakarta.mail.internet.MimeMultipart;
import java.io.IOException;
import java.io.UnsupportedEncodingException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.util.Date;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocketFactory;
import org.eclipse.angus.mail.smtp.SMTPSendFailedException;
import org.eclipse.angus.mail.smtp.SMTPTransport;
import org.eclipse.angus.mail.util.MailConnectException;
import org.eclipse.angus.mail.util.SocketConnectException;

/// Sends each mail over a connection of its own to one SMTP server, at most [#AT_ONCE] at a time.
///
/// What stands in a mail is data: line breaks and other control characters in a subject become
/// blanks, and an address with anything but an address in it is refused, so nobody adds headers or
/// recipients.
public final class SmtpMailer implements Mailer {
  static final int AT_ONCE = 4;

  private static final int CONNECT_TIMEOUT_MS = 10_000;
  private static final int ANSWER_TIMEOUT_MS = 15_000;
  private static final int MAX_SUBJECT = 200;
  private static final int MAX_ADDRESS = 254;
  private static final int MAX_REASON = 200;
  private static final String UTF_8 = StandardCharsets.UTF_8.name();

  private final SmtpUrl server;
  private final InternetAddress from;
  private final Session session;
  private final Clock clock;
  private final Semaphore permits = new Semaphore(AT_ONCE);

  private SmtpMailer(SmtpUrl server, InternetAddress from, Session session, Clock clock) {
    this.server = server;
    this.from = from;
    this.session = session;
    this.clock = clock;
  }

  /// Reads the certificates to trust; connects to nobody yet.
  ///
  /// @throws IllegalStateException with a sentence for the operator
  public static SmtpMailer open(MailSettings settings, Clock clock) {
    InternetAddress from = address(settings.from());
    Properties properties = properties(settings.server(), domain(from));
    if (settings.authority() != null) {
      properties.put("mail.smtp.ssl.socketFactory", sockets(settings.authority()));
    }
    return new SmtpMailer(settings.server(), from, Session.getInstance(properties), clock);
  }

  private static Properties properties(SmtpUrl server, String domain) {
    Properties properties = new Properties();
    properties.put("mail.transport.protocol", "smtp");
    properties.put("mail.smtp.connectiontimeout", Integer.toString(CONNECT_TIMEOUT_MS));
    properties.put("mail.smtp.timeout", Integer.toString(ANSWER_TIMEOUT_MS));
    properties.put("mail.smtp.writetimeout", Integer.toString(ANSWER_TIMEOUT_MS));
    properties.put("mail.smtp.localhost", domain);
    properties.put("mail.smtp.ssl.enable", Boolean.toString(server.secure()));
    properties.put("mail.smtp.ssl.checkserveridentity", "true");
    properties.put("mail.smtp.ssl.protocols", "TLSv1.2 TLSv1.3");
    properties.put("mail.smtp.starttls.enable", Boolean.toString(!server.secure()));
    boolean encrypt = server.user() != null && !server.secure() && !server.plainAllowed();
    properties.put("mail.smtp.starttls.required", Boolean.toString(encrypt));
    properties.put("mail.smtp.auth", Boolean.toString(server.user() != null));
    return properties;
  }

  private static SSLSocketFactory sockets(Path authority) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, Trust.only(authority).getTrustManagers(), null);
      return context.getSocketFactory();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has TLS", e);
    }
  }

  /// The text of a sender.
  ///
  /// @throws IllegalArgumentException whose message goes on from "must be …"
  public static String sender(String text) {
    address(text);
    return text;
  }

  /// Whether this text is an address and nothing else.
  public static boolean isAddress(String text) {
    try {
      return recipient(text).getAddress().equals(text);
    } catch (MailException _) {
      return false;
    }
  }

  private static InternetAddress address(String text) {
    String hint = "an e-mail address such as Vatio <vatio@example.org>";
    try {
      InternetAddress[] addresses = InternetAddress.parse(text, true);
      if (addresses.length == 1 && isAddress(addresses[0].getAddress())) {
        String name = addresses[0].getPersonal();
        return name == null
            ? addresses[0]
            : new InternetAddress(addresses[0].getAddress(), oneLine(name, MAX_SUBJECT), UTF_8);
      }
    } catch (AddressException | UnsupportedEncodingException _) {
      // Said below.
    }
    throw new IllegalArgumentException(hint);
  }

  private static InternetAddress recipient(String text) {
    try {
      boolean plain =
          text.length() <= MAX_ADDRESS
              && text.indexOf('@') > 0
              && text.chars().allMatch(c -> c > ' ' && c < 0x7f && "<>(),;:\\\"[]".indexOf(c) < 0);
      if (plain) {
        return new InternetAddress(text, true);
      }
    } catch (AddressException _) {
      // Said below.
    }
    throw new MailException(Reason.REFUSED, "this is no e-mail address");
  }

  private static String domain(InternetAddress address) {
    String text = address.getAddress();
    return text.substring(text.indexOf('@') + 1);
  }

  @Override
  public boolean isConfigured() {
    return true;
  }

  @Override
  public void send(Mail mail) {
    InternetAddress to = recipient(mail.to());
    boolean admitted = false;
    try {
      admitted = permits.tryAcquire(ANSWER_TIMEOUT_MS, TimeUnit.MILLISECONDS);
      if (!admitted) {
        throw new MailException(Reason.BUSY, "too many mails are on their way");
      }
      deliver(message(mail, to), to);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new MailException(Reason.BUSY, "interrupted");
    } catch (MessagingException e) {
      throw failure(e);
    } finally {
      if (admitted) {
        permits.release();
      }
    }
  }

  private void deliver(MimeMessage message, InternetAddress to) throws MessagingException {
    Transport transport = new SMTPTransport(session, null);
    try {
      transport.connect(server.host(), server.port(), server.user(), server.password());
      transport.sendMessage(message, new Address[] {to});
    } finally {
      closeQuietly(transport);
    }
  }

  private static void closeQuietly(Transport transport) {
    try {
      transport.close();
    } catch (MessagingException _) {
      // It has the mail, or has said why not; how it says good-bye changes neither.
    }
  }

  private MimeMessage message(Mail mail, InternetAddress to) throws MessagingException {
    MimeMessage message = new NamedMessage(session, UUID.randomUUID() + "@" + domain(from));
    message.setFrom(from);
    message.setRecipient(Message.RecipientType.TO, to);
    message.setSubject(oneLine(mail.subject(), MAX_SUBJECT), UTF_8);
    message.setSentDate(Date.from(clock.instant()));
    // So that no out-of-office notice answers.
    message.setHeader("Auto-Submitted", "auto-generated");
    if (mail.html() == null) {
      message.setText(mail.text(), UTF_8);
    } else {
      MimeBodyPart text = new MimeBodyPart();
      text.setText(mail.text(), UTF_8);
      MimeBodyPart html = new MimeBodyPart();
      html.setText(mail.html(), UTF_8, "html");
      message.setContent(new MimeMultipart("alternative", text, html));
    }
    message.saveChanges();
    return message;
  }

  private static String oneLine(String text, int most) {
    String line = text.replaceAll("[\\p{Cntrl}\\u2028\\u2029]+", " ").strip();
    return line.length() <= most
        ? line
        : line.substring(0, line.offsetByCodePoints(0, line.codePointCount(0, most) - 1)) + "…";
  }

  private MailException failure(MessagingException e) {
    String place = server.place();
    if (e instanceof AuthenticationFailedException) {
      return new MailException(Reason.LOGIN, place + " does not accept our user and password");
    }
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof SSLException) {
        return new MailException(Reason.TLS, "no trusted TLS connection to " + place);
      }
      if (cause instanceof SocketTimeoutException) {
        return new MailException(Reason.UNREACHABLE, place + " does not answer");
      }
    }
    if (e instanceof MailConnectException || e.getCause() instanceof SocketConnectException) {
      return new MailException(Reason.UNREACHABLE, "cannot connect to " + place);
    }
    if (e instanceof SMTPSendFailedException refused && refused.getReturnCode() > 0) {
      // Without its text, that may repeat whatever it was sent.
      return new MailException(
          Reason.REFUSED, "%s refuses the mail (%d)".formatted(place, refused.getReturnCode()));
    }
    if (e instanceof SendFailedException && !(e instanceof SMTPSendFailedException)) {
      return new MailException(Reason.REFUSED, place + " refuses the recipient");
    }
    if (String.valueOf(e.getMessage()).startsWith("STARTTLS is required")) {
      return new MailException(
          Reason.TLS, place + " offers no STARTTLS, and a password is not sent in the clear");
    }
    if (e instanceof SMTPSendFailedException || e.getCause() instanceof IOException) {
      return new MailException(Reason.UNREACHABLE, place + " broke off");
    }
    return new MailException(
        Reason.UNREACHABLE,
        "%s: %s".formatted(place, oneLine(String.valueOf(e.getMessage()), MAX_REASON)));
  }

  /// A message whose name does not tell the user and host that it was made on.
  private static final class NamedMessage extends MimeMessage {
    private final String id;

    NamedMessage(Session session, String id) {
      super(session);
      this.id = id;
    }

    @Override
    protected void updateMessageID() throws MessagingException {
      setHeader("Message-ID", "<" + id + ">");
    }
  }
}
