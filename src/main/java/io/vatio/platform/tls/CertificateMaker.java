package io.vatio.platform.tls;

import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.Set;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.bouncycastle.pkcs.PKCSException;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;

/// Makes keys (EC, P-256) and certificates. The only class that knows Bouncy Castle, so that a
/// start with good certificates does not load it.
final class CertificateMaker {
  private static final Duration CLOCKS_DIFFER = Duration.ofHours(24);
  private static final int SERIAL_BITS = 127;

  private final Instant now;
  private final SecureRandom random = new SecureRandom();

  CertificateMaker(Instant now) {
    this.now = now;
  }

  /// An authority that signs itself and may sign servers, but no further authorities.
  Pair authority() throws GeneralSecurityException, IOException {
    KeyPair keys = keys();
    // A name of its own each time: clients tell an old authority from its successor.
    X500Name name = new X500Name("CN=Vatio CA " + Long.toHexString(random.nextInt() & 0xffffffffL));
    X509v3CertificateBuilder builder =
        builder(name, name, keys, now.plus(ServerCertificate.AUTHORITY_LIFE));
    builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
    builder.addExtension(
        Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
    builder.addExtension(
        Extension.subjectKeyIdentifier,
        false,
        new JcaX509ExtensionUtils().createSubjectKeyIdentifier(keys.getPublic()));
    return new Pair(sign(builder, keys.getPrivate()), keys.getPrivate());
  }

  Pair server(Pair authority, Set<String> names) throws GeneralSecurityException, IOException {
    KeyPair keys = keys();
    Instant end = now.plus(ServerCertificate.SERVER_LIFE);
    Instant authorityEnd = authority.certificate().getNotAfter().toInstant();
    X509v3CertificateBuilder builder =
        builder(
            X500Name.getInstance(authority.certificate().getSubjectX500Principal().getEncoded()),
            new X500Name("CN=Vatio"),
            keys,
            end.isBefore(authorityEnd) ? end : authorityEnd);
    builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
    builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
    builder.addExtension(
        Extension.extendedKeyUsage, false, new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth));
    JcaX509ExtensionUtils extensions = new JcaX509ExtensionUtils();
    builder.addExtension(
        Extension.subjectKeyIdentifier,
        false,
        extensions.createSubjectKeyIdentifier(keys.getPublic()));
    builder.addExtension(
        Extension.authorityKeyIdentifier,
        false,
        extensions.createAuthorityKeyIdentifier(authority.certificate().getPublicKey()));
    builder.addExtension(
        Extension.subjectAlternativeName,
        false,
        new GeneralNames(
            names.stream()
                .map(
                    name ->
                        new GeneralName(
                            ServerNames.isAddress(name)
                                ? GeneralName.iPAddress
                                : GeneralName.dNSName,
                            name))
                .toArray(GeneralName[]::new)));
    return new Pair(sign(builder, authority.key()), keys.getPrivate());
  }

  /// For a device, with the key of its request; everything else that the request wants is ignored.
  X509Certificate client(Pair authority, PublicKey key, String commonName, Instant end)
      throws GeneralSecurityException, IOException {
    Instant authorityEnd = authority.certificate().getNotAfter().toInstant();
    X509v3CertificateBuilder builder =
        new JcaX509v3CertificateBuilder(
            X500Name.getInstance(authority.certificate().getSubjectX500Principal().getEncoded()),
            new BigInteger(SERIAL_BITS, random).setBit(0),
            Date.from(now.minus(CLOCKS_DIFFER)),
            Date.from(end.isBefore(authorityEnd) ? end : authorityEnd),
            new X500NameBuilder(BCStyle.INSTANCE).addRDN(BCStyle.CN, commonName).build(),
            key);
    builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
    builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
    builder.addExtension(
        Extension.extendedKeyUsage, false, new ExtendedKeyUsage(KeyPurposeId.id_kp_clientAuth));
    builder.addExtension(
        Extension.authorityKeyIdentifier,
        false,
        new JcaX509ExtensionUtils()
            .createAuthorityKeyIdentifier(authority.certificate().getPublicKey()));
    return sign(builder, authority.key());
  }

  /// The key that a request is about, once it has proved to own the private one.
  ///
  /// @throws GeneralSecurityException when it has not, or when it is no request
  static PublicKey keyOf(byte[] request) throws GeneralSecurityException {
    try {
      PKCS10CertificationRequest parsed = new PKCS10CertificationRequest(request);
      PublicKey key = new JcaPKCS10CertificationRequest(parsed).getPublicKey();
      boolean proved = parsed.isSignatureValid(new JcaContentVerifierProviderBuilder().build(key));
      if (!proved) {
        throw new GeneralSecurityException("the request is not signed by its own key");
      }
      return key;
    } catch (IOException | OperatorCreationException | PKCSException | RuntimeException e) {
      throw new GeneralSecurityException("not a certificate request", e);
    }
  }

  private KeyPair keys() throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"), random);
    return generator.generateKeyPair();
  }

  private X509v3CertificateBuilder builder(
      X500Name issuer, X500Name subject, KeyPair keys, Instant end) {
    return new JcaX509v3CertificateBuilder(
        issuer,
        new BigInteger(SERIAL_BITS, random).setBit(0),
        Date.from(now.minus(CLOCKS_DIFFER)),
        Date.from(end),
        subject,
        keys.getPublic());
  }

  private static X509Certificate sign(X509v3CertificateBuilder builder, PrivateKey key)
      throws GeneralSecurityException {
    try {
      return new JcaX509CertificateConverter()
          .getCertificate(builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(key)));
    } catch (OperatorCreationException e) {
      throw new GeneralSecurityException(e);
    }
  }

  record Pair(X509Certificate certificate, PrivateKey key) {}
}
