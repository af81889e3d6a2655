package io.vatio.testing;

import io.vatio.platform.tls.CertificateKeeper;
import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import jakarta.mail.internet.MimeMessage;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Clock;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/// A small real SMTP server on a free port of the loopback: EHLO, STARTTLS or TLS from the first
/// byte, AUTH, one mail after another. Keeps what it was given, and fails in the way that a test
/// asks for.
public final class SmtpServer implements AutoCloseable {
  public static final String USER = "vatio";
  public static final String PASSWORD = "clave:de correo/1";

  private final ServerSocket listener;
  private final SSLContext tls;
  private final boolean implicit;
  private final boolean startTls;
  private final boolean login;
  private final Path authority;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();

  public final List<Received> mails = new CopyOnWriteArrayList<>();

  /// Everything that clients said before any encryption.
  public final List<String> plainLines = new CopyOnWriteArrayList<>();

  public volatile Trouble trouble = Trouble.NONE;

  /// What goes wrong.
  public enum Trouble {
    NONE,
    /// Takes connections and says nothing.
    SILENT,
    /// 421 instead of a greeting.
    NOT_NOW,
    /// 550 for every recipient.
    UNKNOWN_RECIPIENT,
    /// 554 after the mail.
    SPAM,
    /// Hangs up in the middle of the mail.
    BREAKS_OFF
  }

  /// A mail that was taken.
  ///
  /// @param encrypted whether it came over TLS
  /// @param user who had logged in, empty for nobody
  public record Received(String from, List<String> to, String raw, boolean encrypted, String user) {
    /// The mail as programs read it.
    public MimeMessage message() {
      try {
        return new MimeMessage(
            Session.getInstance(new Properties()),
            new ByteArrayInputStream(raw.getBytes(StandardCharsets.ISO_8859_1)));
      } catch (MessagingException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private SmtpServer(Path folder, boolean implicit, boolean startTls, boolean login) {
    CertificateKeeper keeper =
        CertificateKeeper.own(folder, Set.of("localhost", "127.0.0.1"), Clock.systemUTC());
    this.tls = context(keeper.current());
    this.authority = keeper.files().authority();
    this.implicit = implicit;
    this.startTls = startTls;
    this.login = login;
    try {
      this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    Thread.ofVirtual().name("smtp").start(this::accept);
  }

  /// Without encryption and without log-in.
  public static SmtpServer plain(Path folder) {
    return new SmtpServer(folder, false, false, false);
  }

  /// Offers STARTTLS, and wants a log-in.
  public static SmtpServer startTls(Path folder) {
    return new SmtpServer(folder, false, true, true);
  }

  /// TLS from the first byte, and wants a log-in.
  public static SmtpServer tls(Path folder) {
    return new SmtpServer(folder, true, false, true);
  }

  /// Wants a log-in and has no encryption.
  public static SmtpServer plainWithLogin(Path folder) {
    return new SmtpServer(folder, false, false, true);
  }

  public int port() {
    return listener.getLocalPort();
  }

  /// The value of `VATIO_SMTP_URL`, with the password percent-encoded.
  public String url() {
    String person = login ? USER + ":clave%3Ade%20correo%2F1@" : "";
    return (implicit ? "smtps://" : "smtp://") + person + "localhost:" + port();
  }

  /// Who signed its certificate.
  public Path authority() {
    return authority;
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket socket = listener.accept();
        sockets.add(socket);
        Thread.ofVirtual().start(() -> talk(socket));
      } catch (IOException _) {
        return;
      }
    }
  }

  private void talk(Socket socket) {
    try (socket) {
      Talk talk = new Talk(socket, false);
      if (implicit) {
        talk = new Talk(encrypted(socket), true);
      }
      if (trouble == Trouble.SILENT) {
        closed.await();
        return;
      }
      if (trouble == Trouble.NOT_NOW) {
        talk.say("421 localhost busy");
        return;
      }
      talk.say("220 localhost ESMTP");
      while (talk != null) {
        talk = talk.next();
      }
    } catch (IOException _) {
      // The client has hung up.
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private SSLSocket encrypted(Socket socket) throws IOException {
    SSLSocket secure =
        (SSLSocket)
            tls.getSocketFactory().createSocket(socket, "localhost", socket.getPort(), true);
    secure.setUseClientMode(false);
    secure.startHandshake();
    return secure;
  }

  private final class Talk {
    private final Socket socket;
    private final boolean encrypted;
    private final BufferedReader in;
    private final OutputStream out;
    private String user = "";
    private String from = "";
    private final List<String> to = new CopyOnWriteArrayList<>();

    Talk(Socket socket, boolean encrypted) throws IOException {
      this.socket = socket;
      this.encrypted = encrypted;
      this.in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
      this.out = socket.getOutputStream();
    }

    void say(String line) throws IOException {
      out.write((line + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
      out.flush();
    }

    /// Answers one command; who goes on, null at the end.
    Talk next() throws IOException {
      String line = in.readLine();
      if (line == null) {
        return null;
      }
      if (!encrypted) {
        plainLines.add(line);
      }
      String verb = line.split("[ :]", 2)[0].toUpperCase(Locale.ROOT);
      switch (verb) {
        case "EHLO" -> {
          say("250-localhost");
          if (startTls && !encrypted) {
            say("250-STARTTLS");
          }
          if (login && (encrypted || !startTls)) {
            say("250-AUTH PLAIN LOGIN");
          }
          say("250 8BITMIME");
        }
        case "STARTTLS" -> {
          say("220 go ahead");
          return new Talk(encrypted(socket), true);
        }
        case "AUTH" -> login(line.substring(5));
        case "MAIL" -> {
          from = line.substring(line.indexOf('<') + 1, line.indexOf('>'));
          say(login && user.isEmpty() ? "530 log in first" : "250 ok");
        }
        case "RCPT" -> {
          if (trouble == Trouble.UNKNOWN_RECIPIENT) {
            say("550 no such user: " + line);
          } else {
            to.add(line.substring(line.indexOf('<') + 1, line.indexOf('>')));
            say("250 ok");
          }
        }
        case "DATA" -> {
          if (!take()) {
            return null;
          }
        }
        case "RSET", "NOOP" -> say("250 ok");
        case "QUIT" -> {
          say("221 bye");
          return null;
        }
        default -> say("500 what?");
      }
      return this;
    }

    private void login(String how) throws IOException {
      String[] words = how.split(" ", 2);
      String initial = words.length > 1 ? words[1] : "";
      String given;
      String secret;
      if (words[0].equalsIgnoreCase("PLAIN")) {
        if (initial.isEmpty()) {
          say("334 ");
          initial = in.readLine();
        }
        String[] parts = decoded(initial).split("\0", -1);
        given = parts[1];
        secret = parts[2];
      } else {
        if (initial.isEmpty()) {
          say("334 VXNlcm5hbWU6");
          initial = in.readLine();
        }
        given = decoded(initial);
        say("334 UGFzc3dvcmQ6");
        secret = decoded(in.readLine());
      }
      if (given.equals(USER) && secret.equals(PASSWORD)) {
        user = given;
        say("235 welcome");
      } else {
        say("535 wrong: " + secret);
      }
    }

    private boolean take() throws IOException {
      say("354 go on");
      if (trouble == Trouble.BREAKS_OFF) {
        in.readLine();
        return false;
      }
      StringBuilder raw = new StringBuilder();
      for (String line = in.readLine(); !line.equals("."); line = in.readLine()) {
        raw.append(line.startsWith(".") ? line.substring(1) : line).append("\r\n");
      }
      if (trouble == Trouble.SPAM) {
        say("554 we do not like it");
        return true;
      }
      mails.add(new Received(from, List.copyOf(to), raw.toString(), encrypted, user));
      to.clear();
      say("250 taken");
      return true;
    }
  }

  private static String decoded(String base64) {
    return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
  }

  private static SSLContext context(CertificateKeeper.Pem pem) {
    try {
      List<? extends Certificate> chain =
          List.copyOf(
              CertificateFactory.getInstance("X.509")
                  .generateCertificates(
                      new ByteArrayInputStream(
                          pem.certificate().getBytes(StandardCharsets.US_ASCII))));
      byte[] der =
          Base64.getMimeDecoder().decode(pem.key().replaceAll("-----[A-Z ]+-----", "").strip());
      PrivateKey key = KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(der));
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      store.setKeyEntry("server", key, new char[0], chain.toArray(Certificate[]::new));
      KeyManagerFactory keys =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(store, new char[0]);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), null, null);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    closed.countDown();
    try {
      listener.close();
      for (Socket socket : sockets) {
        socket.close();
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
