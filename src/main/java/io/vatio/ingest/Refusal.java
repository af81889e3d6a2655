package io.vatio.ingest;

import io.vatio.kernel.Text;

/// How a decoder leaves a message that it cannot take, from however deep; it never leaves the
/// decoder. Carries no stack trace: bad messages are cheap to make.
final class Refusal extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Rejection rejection;

  private Refusal(Rejection.Reason reason, Text text) {
    super(text.key(), null, false, false);
    this.rejection = new Rejection(reason, text);
  }

  /// Not the format that the address asks for.
  static Refusal malformed(Text text) {
    return new Refusal(Rejection.Reason.MALFORMED, text);
  }

  /// The right format with a value that cannot be.
  static Refusal invalid(Text text) {
    return new Refusal(Rejection.Reason.INVALID_VALUE, text);
  }

  Decoding.Refused decoding() {
    return new Decoding.Refused(rejection);
  }
}
