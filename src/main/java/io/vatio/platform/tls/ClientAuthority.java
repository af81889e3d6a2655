package io.vatio.platform.tls;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;

/// The server's own authority as the signer of clients. Thread safe; signing blocks.
public final class ClientAuthority {
  static final Duration CLIENT_LIFE = Duration.ofDays(825);

  private static final int EC_BITS = 256;
  private static final int RSA_BITS = 2_048;
  private static final int RSA_BITS_MOST = 8_192;

  private final Path folder;
  private final Clock clock;

  private ClientAuthority(Path folder, Clock clock) {
    this.folder = folder;
    this.clock = clock;
  }

  /// The authority in this folder.
  public static ClientAuthority open(Path folder, Clock clock) {
    return new ClientAuthority(folder, clock);
  }

  /// What the listener has to trust (PEM); made when there is none. Blocks.
  public Path certificate() {
    pair();
    return folder.resolve("ca.crt");
  }

  /// Signs the key of a request for a client of this name.
  ///
  /// @param request PKCS 10 in PEM form
  /// @return empty when it is no request that can be signed: not PEM, not signed by its own key, a
  ///     key that is neither EC (256 bits or more) nor RSA (2048 to 8192)
  public Optional<Signed> sign(String request, String commonName) {
    PublicKey key;
    try {
      String body =
          request
              .replaceAll("-----(BEGIN|END) (NEW )?CERTIFICATE REQUEST-----", "")
              .replaceAll("\\s", "");
      key = CertificateMaker.keyOf(Base64.getDecoder().decode(body));
    } catch (GeneralSecurityException | IllegalArgumentException _) {
      return Optional.empty();
    }
    if (!isStrong(key)) {
      return Optional.empty();
    }
    try {
      CertificateMaker.Pair pair = pair();
      Instant now = clock.instant();
      X509Certificate made =
          new CertificateMaker(now).client(pair, key, commonName, now.plus(CLIENT_LIFE));
      return Optional.of(
          new Signed(
              ServerCertificate.pem("CERTIFICATE", made.getEncoded()),
              ServerCertificate.pem("CERTIFICATE", pair.certificate().getEncoded()),
              fingerprint(made),
              made.getNotAfter().toInstant()));
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("tls: sign a client", e);
    }
  }

  private CertificateMaker.Pair pair() {
    try {
      return ServerCertificate.authority(folder, clock.instant());
    } catch (IOException e) {
      throw new UncheckedIOException("tls: " + e.getMessage(), e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("tls: make an authority", e);
    }
  }

  private static boolean isStrong(PublicKey key) {
    return switch (key) {
      case ECPublicKey ec -> ec.getParams().getCurve().getField().getFieldSize() >= EC_BITS;
      case RSAPublicKey rsa ->
          rsa.getModulus().bitLength() >= RSA_BITS && rsa.getModulus().bitLength() <= RSA_BITS_MOST;
      default -> false;
    };
  }

  /// SHA-256 of a certificate, hexadecimal: its name among all others.
  public static String fingerprint(X509Certificate certificate) {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded()));
    } catch (CertificateEncodingException e) {
      throw new IllegalArgumentException(e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /// The common name of a certificate, empty when it has none or several.
  public static Optional<String> commonName(X509Certificate certificate) {
    try {
      var names =
          new LdapName(certificate.getSubjectX500Principal().getName())
              .getRdns().stream().filter(rdn -> rdn.getType().equalsIgnoreCase("CN")).toList();
      return names.size() == 1
          ? Optional.of(names.getFirst()).map(Rdn::getValue).map(ClientAuthority::text)
          : Optional.empty();
    } catch (InvalidNameException _) {
      return Optional.empty();
    }
  }

  private static String text(Object value) {
    return value instanceof byte[] bytes
        ? new String(bytes, StandardCharsets.UTF_8)
        : String.valueOf(value);
  }

  /// A certificate of a client.
  ///
  /// @param certificate PEM
  /// @param authority PEM of who signed it
  /// @param fingerprint see [#fingerprint]
  public record Signed(
      String certificate, String authority, String fingerprint, Instant expiresAt) {}
}
