package io.vatio.reading;

import io.vatio.platform.db.StorageException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;

/// Who may give out seqs: from an append (or a correction) until its commit is known. So seqs
/// become visible in their order. Always taken inside a transaction, never the other way round.
final class AppendTurn {
  private static final long PATIENCE_S = 30;

  private final ReentrantLock lock = new ReentrantLock(true);

  void take() {
    // Left over from an append that ended without an answer.
    give();
    try {
      if (!lock.tryLock(PATIENCE_S, TimeUnit.SECONDS)) {
        throw new StorageException(
            "readings: an append has been open for " + PATIENCE_S + " s", new TimeoutException());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StorageException("readings: interrupted", e);
    }
  }

  /// Gives the turn back; harmless for a thread that does not have it.
  void give() {
    while (lock.isHeldByCurrentThread()) {
      lock.unlock();
    }
  }
}
