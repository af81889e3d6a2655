package io.vatio.app;

/// The server cannot start; the message says why and what to do, for the person at the terminal.
public final class StartFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  StartFailure(String message) {
    super(message, null, false, false);
  }
}
