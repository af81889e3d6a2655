package io.vatio.messaging;

import io.vatio.account.Contact;
import io.vatio.alert.Alert;

/// A way to reach people. Sending blocks.
interface Channel {
  /// Its word in `channels` of an alert.
  String name();

  /// Whether an alert that asks for no channel takes this one.
  boolean isUsualFor(String severity);

  /// Whether this person can and wants to be reached so.
  boolean reaches(Contact contact);

  /// @throws Failure when it did not go out
  void send(Contact contact, Alert alert);

  /// Why something did not go out.
  final class Failure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final boolean everybody;

    /// @param everybody whether the next one would fare no better
    Failure(String message, boolean everybody) {
      super(message, null, false, false);
      this.everybody = everybody;
    }

    boolean concernsEverybody() {
      return everybody;
    }
  }
}
