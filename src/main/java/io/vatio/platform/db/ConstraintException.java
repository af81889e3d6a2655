package io.vatio.platform.db;

/// A unique or foreign key refused a row: somebody else was first, or a referenced row is gone.
public final class ConstraintException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ConstraintException(String message, Throwable cause) {
    super(message, cause);
  }
}
