package io.vatio.account;

import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The code that whoever started the server reads on its console and types into the first page, so
/// that nobody else can take over an unfinished installation. New at every start. Thread safe.
final class SetupCode {
  /// Without what looks alike: 0 and O, 1 and I and L.
  private static final String LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ";

  private static final int LENGTH = 12;
  private static final int GROUP = 4;

  private final byte[] hash;
  private @Nullable String unread;

  SetupCode(SecureRandom random) {
    String code = Secrets.text(random, LENGTH, LETTERS);
    this.hash = Secrets.sha256(code);
    this.unread = code;
  }

  /// The code in groups; given out once, afterwards only its hash is kept.
  synchronized Optional<String> take() {
    String code = unread;
    unread = null;
    return code == null ? Optional.empty() : Optional.of(grouped(code));
  }

  /// Whether this is the code, however it is grouped and in small letters too.
  boolean matches(String text) {
    String code = text.replaceAll("[\\s-]", "").toUpperCase(Locale.ROOT);
    return MessageDigest.isEqual(hash, Secrets.sha256(code));
  }

  private static String grouped(String code) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < code.length(); i += GROUP) {
      text.append(i == 0 ? "" : "-").append(code, i, i + GROUP);
    }
    return text.toString();
  }
}
