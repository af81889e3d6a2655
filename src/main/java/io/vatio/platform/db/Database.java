package io.vatio.platform.db;

import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// The database, whichever it is. Calls block; never call from an event loop.
///
/// Thread safe. SQL that both databases understand is written once in the rooms; where they differ,
/// a room asks [#dialect()].
public interface Database extends AutoCloseable {

  /// Which SQL this database speaks.
  Dialect dialect();

  /// Runs reading statements on a pooled connection.
  ///
  /// @throws StorageException when the database cannot answer
  <T extends @Nullable Object> T read(Work<T> work);

  /// Runs one transaction and returns its result after the commit is on the disk. An exception
  /// rolls everything back. On SQLite only one write runs at a time, in order of arrival.
  ///
  /// @throws StorageException when it was not (or not surely) committed
  <T extends @Nullable Object> T write(Work<T> work);

  /// The same, ahead of everybody who waits to write: at most two that came before go first. For
  /// the
  /// inbox alone, whose senders wait for their acknowledgement.
  default <T extends @Nullable Object> T writeFirst(Work<T> work) {
    return write(work);
  }

  /// A cheap round trip that proves that a write would be possible now.
  ///
  /// @throws StorageException when it would not
  void check();

  @Override
  void close();

  /// Statements to run on one connection.
  @FunctionalInterface
  interface Work<T extends @Nullable Object> {
    T run(Handle handle);
  }

  /// The two SQL dialects.
  enum Dialect {
    SQLITE,
    POSTGRESQL
  }
}
