package io.vatio.account;

/// What came of a code that somebody brought.
public sealed interface CodeCheck {
  /// @param subject what it was made for, such as an address
  record Right(long accountId, String subject) implements CodeCheck {}

  /// Not the one that was sent, or guessed at too often.
  record Wrong() implements CodeCheck {}

  record Expired() implements CodeCheck {}

  /// None was sent, or it was used already.
  record Missing() implements CodeCheck {}
}
