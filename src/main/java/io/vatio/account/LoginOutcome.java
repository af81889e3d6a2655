package io.vatio.account;

/// What came of a name and a password.
sealed interface LoginOutcome {
  record Granted(Account account) implements LoginOutcome {}

  /// Unknown name, wrong password or inactive account; nobody is told which.
  record Denied() implements LoginOutcome {}

  /// @param seconds to wait, at least 1
  record Throttled(long seconds) implements LoginOutcome {}
}
