package io.vatio.backup;

/// A backup or a restore cannot be done; the message says why and what to do, for the person at the
/// terminal. Nothing half done is left under the name of something whole.
public final class BackupException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  BackupException(String message) {
    super(message);
  }

  BackupException(String message, Throwable cause) {
    super(message + ": " + cause.getMessage(), cause);
  }
}
