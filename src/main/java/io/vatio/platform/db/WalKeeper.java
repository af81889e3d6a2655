package io.vatio.platform.db;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Moves pages from SQLite's write-ahead log to the database file while commits go on.
///
/// Left alone, SQLite does this inside every commit that finds the log long: under load that
/// commit,
/// and everybody who waits for it, takes a hundred milliseconds longer. This thread does the large
/// part beside the writer, and the small rest while it holds the writer's lock; the log then starts
/// again from its beginning. In quiet times it does nothing and SQLite's own way is good enough.
final class WalKeeper implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WalKeeper.class);
  private static final long LOOK_EVERY_NS = 400_000_000L;

  /// Commits since the last look that count as load.
  private static final int LOAD = 40;

  private final Connection connection;
  private final Lock writeLock;
  private final AtomicLong commits;
  private final Lock lock = new ReentrantLock();
  private final Condition closing = lock.newCondition();
  private final Thread thread;
  private boolean closed;

  /// @param connection for this thread alone
  /// @param writeLock held by whoever writes
  /// @param commits how many there were so far
  WalKeeper(Connection connection, Lock writeLock, AtomicLong commits) {
    this.connection = connection;
    this.writeLock = writeLock;
    this.commits = commits;
    this.thread = Thread.ofPlatform().daemon().name("sqlite-checkpoint").unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  private void run() {
    long seen = commits.get();
    while (!waitForClose()) {
      long now = commits.get();
      if (now - seen >= LOAD) {
        moveToFile();
      }
      seen = now;
    }
  }

  private void moveToFile() {
    try (var statement = connection.createStatement()) {
      statement.execute("PRAGMA wal_checkpoint(PASSIVE)");
      writeLock.lock();
      try {
        statement.execute("PRAGMA wal_checkpoint(PASSIVE)");
      } finally {
        writeLock.unlock();
      }
    } catch (SQLException e) {
      // The log grows until SQLite's own check point; the writers hear of a full disk themselves.
      LOG.warn("check point was put off: {}", e.getMessage());
    }
  }

  private boolean waitForClose() {
    lock.lock();
    try {
      long left = LOOK_EVERY_NS;
      while (!closed && left > 0) {
        left = closing.awaitNanos(left);
      }
      return closed;
    } catch (InterruptedException _) {
      return true;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      closing.signalAll();
    } finally {
      lock.unlock();
    }
    try {
      thread.join();
      connection.close();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } catch (SQLException e) {
      LOG.warn("close: {}", e.getMessage());
    }
  }
}
