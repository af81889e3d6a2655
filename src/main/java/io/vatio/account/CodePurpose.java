package io.vatio.account;

import java.time.Duration;

/// What a code that is sent to a person is good for. Each account has at most one of a kind; a new
/// one replaces it.
public enum CodePurpose {
  /// Proves that the e-mail address is the person's own; the subject is the address.
  EMAIL("correo", Duration.ofHours(24), 43),
  /// Buys a new password.
  PASSWORD("clave", Duration.ofHours(1), 43),
  /// Links a Telegram account; typed by hand, so it is short.
  TELEGRAM("telegram", Duration.ofMinutes(15), 8);

  private final String word;
  private final Duration life;
  private final int length;

  CodePurpose(String word, Duration life, int length) {
    this.word = word;
    this.life = life;
    this.length = length;
  }

  /// As the database has it.
  String word() {
    return word;
  }

  /// How long it is good.
  public Duration life() {
    return life;
  }

  /// In characters.
  int length() {
    return length;
  }
}
