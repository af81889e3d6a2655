package io.vatio.platform.http;

import io.vatio.kernel.Text;

/// What HTTP itself refuses, beside the [io.vatio.kernel.Problem]s that every protocol knows.
final class Refused extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final transient Text text;

  Refused(int status, Text text) {
    super(text.key(), null, false, false);
    this.status = status;
    this.text = text;
  }

  int status() {
    return status;
  }

  /// The sentence for the caller.
  Text text() {
    return text;
  }
}
