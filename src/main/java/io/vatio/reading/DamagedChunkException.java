package io.vatio.reading;

/// Compressed readings that are not what was once written: the disk or something else changed them.
final class DamagedChunkException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  DamagedChunkException(String message) {
    super(message);
  }

  DamagedChunkException(String message, Throwable cause) {
    super(message, cause);
  }
}
