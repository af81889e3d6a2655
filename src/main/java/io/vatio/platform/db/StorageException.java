package io.vatio.platform.db;

/// The database could not do its part: full or read-only disk, connection lost, closed. The work
/// was not (or not surely) committed; trying again later is safe for idempotent work.
public final class StorageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public StorageException(String message, Throwable cause) {
    super(message, cause);
  }
}
