package io.vatio.platform.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The certificate that the server shows, and the authority that signed it.
///
/// @param authority certificate that clients have to trust (PEM); may be given to anybody
/// @param certificate of the server (PEM, with its chain)
/// @param key of the server (PEM, PKCS 8); nobody else may read it
public record ServerCertificate(Path authority, Path certificate, Path key) {
  private static final Logger LOG = LoggerFactory.getLogger(ServerCertificate.class);

  static final Duration AUTHORITY_LIFE = Duration.ofDays(3_650);
  static final Duration SERVER_LIFE = Duration.ofDays(825);
  private static final Duration RENEW_BEFORE = Duration.ofDays(30);

  /// Type of the entries of a certificate's alternative names.
  private static final int DNS = 2;

  private static final int IP = 7;

  /// Makes what is missing in `folder` and renews what ends soon or does not name the server any
  /// more. A server certificate of another authority is somebody's own and stays as it is. Blocks.
  ///
  /// @param names host names and addresses by which clients know this server
  /// @throws UncheckedIOException when the folder cannot be written
  public static ServerCertificate ensure(Path folder, Set<String> names, Clock clock) {
    Path authority = folder.resolve("ca.crt");
    Path certificate = folder.resolve("server.crt");
    Path key = folder.resolve("server.key");
    try {
      Files.createDirectories(folder, folderRights(folder));
      Instant now = clock.instant();
      X509Certificate server = read(certificate);
      X509Certificate signer = read(authority);
      PrivateKey serverKey = readKey(key);
      boolean foreign =
          server != null
              && (signer == null || !signedBy(server, signer))
              && matches(server, serverKey);
      if (foreign) {
        LOG.info("tls: {} was not made here and is used as it is", certificate);
        return new ServerCertificate(
            Files.exists(authority) ? authority : certificate, certificate, key);
      }
      boolean serverGood =
          server != null
              && signer != null
              && matches(server, serverKey)
              && lasts(server, now)
              && namesOf(server).containsAll(names);
      if (serverGood) {
        return new ServerCertificate(authority, certificate, key);
      }
      CertificateMaker.Pair authorityPair = authority(folder, now);
      CertificateMaker.Pair made = new CertificateMaker(now).server(authorityPair, names);
      write(key, pem("PRIVATE KEY", made.key().getEncoded()), true);
      write(
          certificate,
          pem("CERTIFICATE", made.certificate().getEncoded())
              + pem("CERTIFICATE", authorityPair.certificate().getEncoded()),
          false);
      LOG.info("tls: new server certificate for {}", String.join(", ", names));
      return new ServerCertificate(authority, certificate, key);
    } catch (IOException e) {
      throw new UncheckedIOException("tls: " + e.getMessage(), e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("tls: make certificate", e);
    }
  }

  /// The authority in this folder, made when it is missing, broken or about to end.
  static CertificateMaker.Pair authority(Path folder, Instant now)
      throws IOException, GeneralSecurityException {
    Path file = folder.resolve("ca.crt");
    Path keyFile = folder.resolve("ca.key");
    Files.createDirectories(folder, folderRights(folder));
    X509Certificate signer = read(file);
    PrivateKey key = readKey(keyFile);
    if (signer != null && key != null && matches(signer, key) && lasts(signer, now)) {
      return new CertificateMaker.Pair(signer, key);
    }
    if (signer != null) {
      LOG.warn("tls: {} is replaced; devices need the new one", file);
    }
    CertificateMaker.Pair made = new CertificateMaker(now).authority();
    write(keyFile, pem("PRIVATE KEY", made.key().getEncoded()), true);
    write(file, pem("CERTIFICATE", made.certificate().getEncoded()), false);
    return made;
  }

  /// Whether a certificate that was made here ends soon.
  static boolean isDue(ServerCertificate files, Instant now)
      throws IOException, GeneralSecurityException {
    X509Certificate server = read(files.certificate());
    X509Certificate signer = read(files.authority());
    return server != null
        && signer != null
        && Files.exists(files.authority().resolveSibling("ca.key"))
        && signedBy(server, signer)
        && !lasts(server, now);
  }

  Path folder() {
    Path parent = certificate.toAbsolutePath().getParent();
    return parent == null ? certificate.toAbsolutePath() : parent;
  }

  private static boolean lasts(X509Certificate certificate, Instant now) {
    return certificate.getNotAfter().toInstant().isAfter(now.plus(RENEW_BEFORE));
  }

  private static boolean signedBy(X509Certificate certificate, X509Certificate authority) {
    try {
      certificate.verify(authority.getPublicKey());
      return true;
    } catch (GeneralSecurityException _) {
      return false;
    }
  }

  /// Whether a key is the certificate's: after a crash between two files it may not be.
  static boolean matches(X509Certificate certificate, @Nullable PrivateKey key)
      throws GeneralSecurityException {
    if (key == null || !key.getAlgorithm().equals(certificate.getPublicKey().getAlgorithm())) {
      return false;
    }
    byte[] sample = certificate.getEncoded();
    Signature signature =
        Signature.getInstance(
            key.getAlgorithm().equals("EC") ? "SHA256withECDSA" : "SHA256withRSA");
    signature.initSign(key);
    signature.update(sample);
    byte[] signed = signature.sign();
    signature.initVerify(certificate.getPublicKey());
    signature.update(sample);
    return signature.verify(signed);
  }

  /// The names in a certificate, addresses in Java's own notation.
  static Set<String> namesOf(X509Certificate certificate) throws GeneralSecurityException {
    Set<String> names = new HashSet<>();
    var entries = certificate.getSubjectAlternativeNames();
    if (entries != null) {
      for (List<?> entry : entries) {
        int type = (Integer) entry.get(0);
        if (type == DNS || type == IP) {
          names.add(ServerNames.normal(String.valueOf(entry.get(1))));
        }
      }
    }
    return names;
  }

  private static @Nullable X509Certificate read(Path file) throws IOException {
    if (!Files.exists(file)) {
      return null;
    }
    return parse(Files.readString(file, StandardCharsets.ISO_8859_1), file);
  }

  /// @param file named in the sentence when it is none
  static X509Certificate parse(String pem, Path file) throws IOException {
    try {
      return (X509Certificate)
          CertificateFactory.getInstance("X.509")
              .generateCertificate(
                  new ByteArrayInputStream(pem.getBytes(StandardCharsets.ISO_8859_1)));
    } catch (GeneralSecurityException e) {
      throw new IOException(file + " is not a certificate in PEM form", e);
    }
  }

  private static @Nullable PrivateKey readKey(Path file) throws IOException {
    if (!Files.exists(file)) {
      return null;
    }
    return parseKey(Files.readString(file, StandardCharsets.ISO_8859_1), file);
  }

  /// @param file named in the sentence when it is none
  static PrivateKey parseKey(String text, Path file) throws IOException {
    String body = text.replaceAll("-----[A-Z ]+-----", "").replaceAll("\\s", "");
    try {
      PKCS8EncodedKeySpec spec = new PKCS8EncodedKeySpec(Base64.getDecoder().decode(body));
      for (String algorithm : List.of("EC", "RSA")) {
        try {
          return KeyFactory.getInstance(algorithm).generatePrivate(spec);
        } catch (InvalidKeySpecException _) {
          // The other one, then.
        }
      }
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new IOException(file + " is not a private key in PEM form (PKCS 8)", e);
    }
    throw new IOException(file + " is not a private key in PEM form (PKCS 8, EC or RSA)");
  }

  static String pem(String type, byte[] der) {
    return "-----BEGIN "
        + type
        + "-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
        + "\n-----END "
        + type
        + "-----\n";
  }

  /// All or nothing: a new file takes the old one's place once it is on the disk.
  private static void write(Path file, String text, boolean secret) throws IOException {
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    Files.deleteIfExists(fresh);
    boolean posix = isPosix(file);
    if (posix) {
      Files.createFile(
          fresh,
          PosixFilePermissions.asFileAttribute(
              PosixFilePermissions.fromString(secret ? "rw-------" : "rw-r--r--")));
    } else {
      Files.createFile(fresh);
    }
    Files.write(fresh, text.getBytes(StandardCharsets.US_ASCII));
    try (FileChannel channel = FileChannel.open(fresh, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private static FileAttribute<?>[] folderRights(Path folder) {
    return isPosix(folder)
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))
        }
        : new FileAttribute<?>[0];
  }

  private static boolean isPosix(Path path) {
    return path.getFileSystem().supportedFileAttributeViews().contains("posix");
  }
}
