package io.vatio.account;

import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// Random texts and their fingerprints.
public final class Secrets {
  private static final String LETTERS =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

  private Secrets() {}

  /// A random text of letters and digits; 32 of them are 190 bits.
  public static String text(SecureRandom random, int length) {
    return text(random, length, LETTERS);
  }

  static String text(SecureRandom random, int length, String letters) {
    StringBuilder text = new StringBuilder(length);
    for (int i = 0; i < length; i++) {
      text.append(letters.charAt(random.nextInt(letters.length())));
    }
    return text.toString();
  }

  /// Keyed fingerprint (HMAC-SHA-256): quick enough for ten thousand devices that come back at
  /// once,
  /// worthless without the key.
  public static byte[] hmac(byte[] key, byte[] message) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return mac.doFinal(message);
    } catch (NoSuchAlgorithmException | InvalidKeyException e) {
      throw new IllegalStateException("every Java has HmacSHA256", e);
    }
  }

  /// A key for one purpose, made of the server's key; one tells nothing about another.
  static byte[] derived(byte[] key, String purpose) {
    return hmac(key, purpose.getBytes(StandardCharsets.UTF_8));
  }

  /// Fingerprint (SHA-256) of a secret that is random itself and needs no salt.
  static byte[] sha256(String secret) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
