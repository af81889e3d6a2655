package io.vatio.account;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.OptionalLong;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/// Turns the number of an account into a text for addresses that only this server can make or read
/// (AES-256-GCM); each time into another one. Thread safe.
final class IdCipher {
  private static final String ALGORITHM = "AES/GCM/NoPadding";
  private static final int NONCE_BYTES = 12;
  private static final int TAG_BITS = 128;
  private static final int BYTES = NONCE_BYTES + Long.BYTES + TAG_BITS / 8;

  /// [#BYTES] in Base64: a multiple of three, so there is one way only to write them.
  private static final int LENGTH = BYTES / 3 * 4;

  private final SecretKeySpec key;
  private final SecureRandom random = new SecureRandom();

  /// @param key 32 bytes
  IdCipher(byte[] key) {
    this.key = new SecretKeySpec(key, "AES");
  }

  String seal(long id) {
    byte[] nonce = new byte[NONCE_BYTES];
    random.nextBytes(nonce);
    try {
      Cipher cipher = Cipher.getInstance(ALGORITHM);
      cipher.init(Cipher.ENCRYPT_MODE, key, new GCMParameterSpec(TAG_BITS, nonce));
      byte[] sealed = cipher.doFinal(ByteBuffer.allocate(Long.BYTES).putLong(id).array());
      return Base64.getUrlEncoder()
          .withoutPadding()
          .encodeToString(ByteBuffer.allocate(BYTES).put(nonce).put(sealed).array());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has AES-GCM", e);
    }
  }

  /// The number in a text, empty when it was not made here or was changed.
  OptionalLong open(String text) {
    if (text.length() != LENGTH) {
      return OptionalLong.empty();
    }
    try {
      byte[] bytes = Base64.getUrlDecoder().decode(text);
      Cipher cipher = Cipher.getInstance(ALGORITHM);
      cipher.init(Cipher.DECRYPT_MODE, key, new GCMParameterSpec(TAG_BITS, bytes, 0, NONCE_BYTES));
      byte[] id = cipher.doFinal(bytes, NONCE_BYTES, bytes.length - NONCE_BYTES);
      return OptionalLong.of(ByteBuffer.wrap(id).getLong());
    } catch (GeneralSecurityException | IllegalArgumentException _) {
      return OptionalLong.empty();
    }
  }
}
