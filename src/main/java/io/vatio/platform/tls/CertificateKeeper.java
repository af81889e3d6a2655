package io.vatio.platform.tls;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.Date;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The server's certificate while the server runs: notices new files and renews what it made
/// itself.
///
/// Files count by their contents. New ones are used only when they fit together and are valid now;
/// until then the old ones stay in use, and the log says once what is wrong. [#refresh] is for one
/// thread at a time.
public final class CertificateKeeper {
  private static final Logger LOG = LoggerFactory.getLogger(CertificateKeeper.class);
  private static final int MAX_BYTES = 1 << 20;

  private final ServerCertificate files;
  private final @Nullable Set<String> names;
  private final Clock clock;
  private volatile Pem current;
  private Pem seen;

  private CertificateKeeper(
      ServerCertificate files, @Nullable Set<String> names, Clock clock, Pem current) {
    this.files = files;
    this.names = names;
    this.clock = clock;
    this.current = current;
    this.seen = current;
  }

  /// Keeps the certificate in this folder, see [ServerCertificate#ensure].
  ///
  /// @throws IllegalStateException with a sentence when what is there cannot be used
  public static CertificateKeeper own(Path folder, Set<String> names, Clock clock) {
    ServerCertificate files = ServerCertificate.ensure(folder, names, clock);
    return new CertificateKeeper(files, names, clock, load(files, clock));
  }

  /// Keeps a certificate that somebody else makes and renews.
  ///
  /// @param authority what clients are offered to trust, if it exists; otherwise the certificate
  /// @throws IllegalStateException with a sentence when it cannot be used
  public static CertificateKeeper given(Path certificate, Path key, Path authority, Clock clock) {
    ServerCertificate files =
        new ServerCertificate(Files.exists(authority) ? authority : certificate, certificate, key);
    return new CertificateKeeper(files, null, clock, load(files, clock));
  }

  /// Where the files are.
  public ServerCertificate files() {
    return files;
  }

  /// What is in use. From any thread.
  public Pem current() {
    return current;
  }

  /// Looks at the files; blocks.
  ///
  /// @return what is to be used from now on, empty when nothing has changed
  public Optional<Pem> refresh() {
    try {
      Pem now = read(files);
      if (now.equals(seen)) {
        if (!mustRenew()) {
          return Optional.empty();
        }
        // Still the one made here, so nobody's own file is overwritten.
        ServerCertificate.ensure(files.folder(), requireNames(), clock);
        now = read(files);
        if (now.equals(seen)) {
          return Optional.empty();
        }
      }
      seen = now;
      check(files, now, clock);
      current = now;
      LOG.info("tls: new certificate from {}", files.certificate());
      return Optional.of(now);
    } catch (IllegalStateException | UncheckedIOException e) {
      LOG.error("tls: the old certificate stays in use: {}", e.getMessage());
      return Optional.empty();
    } catch (IOException _) {
      // In the middle of being replaced; the next look will see more.
      return Optional.empty();
    }
  }

  private boolean mustRenew() {
    try {
      return names != null
          && seen.equals(current)
          && ServerCertificate.isDue(files, clock.instant());
    } catch (IOException | GeneralSecurityException _) {
      return false;
    }
  }

  private Set<String> requireNames() {
    if (names == null) {
      throw new IllegalStateException("not ours to renew");
    }
    return names;
  }

  private static Pem load(ServerCertificate files, Clock clock) {
    try {
      Pem pem = read(files);
      check(files, pem, clock);
      return pem;
    } catch (IOException e) {
      throw new IllegalStateException("TLS: " + sentence(e), e);
    }
  }

  private static Pem read(ServerCertificate files) throws IOException {
    return new Pem(text(files.certificate()), text(files.key()));
  }

  private static String text(Path file) throws IOException {
    if (Files.size(file) > MAX_BYTES) {
      throw new IOException(file + " is larger than 1 MB");
    }
    return Files.readString(file, StandardCharsets.ISO_8859_1);
  }

  private static String sentence(IOException e) {
    return e instanceof NoSuchFileException missing
        ? "the file " + missing.getFile() + " is missing"
        : String.valueOf(e.getMessage());
  }

  private static void check(ServerCertificate files, Pem pem, Clock clock) {
    try {
      X509Certificate certificate = ServerCertificate.parse(pem.certificate(), files.certificate());
      PrivateKey key = ServerCertificate.parseKey(pem.key(), files.key());
      if (!ServerCertificate.matches(certificate, key)) {
        throw new IllegalStateException(
            "TLS: the key in %s is not the one of the certificate in %s"
                .formatted(files.key(), files.certificate()));
      }
      certificate.checkValidity(Date.from(clock.instant()));
    } catch (CertificateExpiredException _) {
      throw new IllegalStateException(
          "TLS: the certificate in " + files.certificate() + " has expired");
    } catch (CertificateNotYetValidException _) {
      throw new IllegalStateException(
          "TLS: the certificate in " + files.certificate() + " is not valid yet");
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException("TLS: " + e.getMessage(), e);
    }
  }

  /// A certificate with its chain, and its key. Holds a secret: [#toString] leaves it out.
  public record Pem(String certificate, String key) {
    @Override
    public String toString() {
      return "Pem[key=***]";
    }
  }
}
