package io.vatio.bench;

/// A row could not be measured, with the reason in one sentence; the other rows go on.
final class BenchFailure extends RuntimeException {
  private static final long serialVersionUID = 1;

  BenchFailure(String reason) {
    super(reason);
  }

  BenchFailure(String reason, Throwable cause) {
    super(reason, cause);
  }
}
