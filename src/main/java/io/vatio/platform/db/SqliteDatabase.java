package io.vatio.platform.db;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;

/// The embedded database: one file in WAL mode, every commit forced to the disk
/// (`synchronous=FULL`), one writer.
///
/// Writes take a fair lock and run on the calling thread. Reads run on a few platform threads,
/// because a native call holds the carrier of a virtual one. Under load one more thread moves pages
/// from the log to the file ([WalKeeper]), so that no commit has to wait for it.
public final class SqliteDatabase implements Database {
  private static final int READERS = 3;
  private static final int BUSY_TIMEOUT_MS = 5_000;

  private final ReentrantLock writeLock = new ReentrantLock(true);

  /// Whoever is in no hurry waits here, so that one of them at a time waits for the writer.
  private final ReentrantLock lobby = new ReentrantLock(true);
  private final Handle writer;
  private final List<Handle> readerHandles = new ArrayList<>();
  private final BlockingQueue<Handle> idleReaders = new ArrayBlockingQueue<>(READERS);
  private final ExecutorService readers;
  private final WalKeeper keeper;
  private final AtomicLong commits = new AtomicLong();

  private SqliteDatabase(Handle writer, List<Handle> readers, Connection checkpoints) {
    this.writer = writer;
    this.keeper = new WalKeeper(checkpoints, writeLock, commits);
    this.readerHandles.addAll(readers);
    this.idleReaders.addAll(readers);
    this.readers =
        Executors.newFixedThreadPool(
            READERS, Thread.ofPlatform().daemon().name("sqlite-read-", 1).factory());
  }

  /// Opens (and creates or upgrades) the database file.
  ///
  /// @throws StorageException when the file cannot be opened or written
  public static SqliteDatabase open(Path file, BeforeUpgrade before) {
    try {
      Path folder = file.toAbsolutePath().getParent();
      if (folder != null) {
        Files.createDirectories(folder);
      }
      Migrations.run(source(file, false), "sqlite", Migrations.NEWEST, before);
      Handle writer = Jdbi.open(connection(file, false));
      List<Handle> readers = new ArrayList<>();
      for (int i = 0; i < READERS; i++) {
        readers.add(Jdbi.open(connection(file, true)));
      }
      SqliteDatabase database = new SqliteDatabase(writer, readers, connection(file, false));
      database.keeper.start();
      return database;
    } catch (SQLException | IOException e) {
      throw new StorageException("open database " + file + ": " + e.getMessage(), e);
    }
  }

  @Override
  public Dialect dialect() {
    return Dialect.SQLITE;
  }

  @Override
  public <T extends @Nullable Object> T read(Work<T> work) {
    try {
      return readers.submit(() -> readHere(work)).get();
    } catch (ExecutionException e) {
      throw Failures.translate("read", e.getCause() == null ? e : e.getCause());
    } catch (RejectedExecutionException e) {
      throw new StorageException("read: the database is closed", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StorageException("read: interrupted", e);
    }
  }

  private <T extends @Nullable Object> T readHere(Work<T> work) throws InterruptedException {
    Handle handle = idleReaders.take();
    try {
      return work.run(handle);
    } finally {
      idleReaders.add(handle);
    }
  }

  @Override
  public <T extends @Nullable Object> T write(Work<T> work) {
    lobby.lock();
    try {
      return writeFirst(work);
    } finally {
      lobby.unlock();
    }
  }

  @Override
  public <T extends @Nullable Object> T writeFirst(Work<T> work) {
    writeLock.lock();
    try {
      writer.begin();
      T result = work.run(writer);
      writer.commit();
      commits.incrementAndGet();
      return result;
    } catch (RuntimeException | Error e) {
      // After an error too: what is left open would be committed with the next work.
      rollback(e);
      throw Failures.translate("write", e);
    } finally {
      writeLock.unlock();
    }
  }

  private void rollback(Throwable cause) {
    try {
      if (writer.isInTransaction()) {
        writer.rollback();
      }
    } catch (RuntimeException e) {
      // SQLite has already rolled back by itself after a full disk; the first error is the one.
      cause.addSuppressed(e);
    }
  }

  @Override
  public void check() {
    // A real write with its fsync: a full or read-only disk shows here, not at the next reading.
    write(
        handle -> {
          int version = handle.createQuery("PRAGMA user_version").mapTo(Integer.class).one();
          return handle.execute("PRAGMA user_version = " + (1 - version));
        });
  }

  @Override
  public void close() {
    keeper.close();
    readers.shutdown();
    writeLock.lock();
    try {
      readerHandles.forEach(Handle::close);
      writer.execute("PRAGMA optimize");
      writer.close();
    } finally {
      writeLock.unlock();
    }
  }

  static SQLiteDataSource source(Path file, boolean readOnly) {
    SQLiteConfig config = new SQLiteConfig();
    config.setJournalMode(SQLiteConfig.JournalMode.WAL);
    config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
    config.setBusyTimeout(BUSY_TIMEOUT_MS);
    config.enforceForeignKeys(true);
    config.setTempStore(SQLiteConfig.TempStore.MEMORY);
    config.setCacheSize(readOnly ? -4_000 : -16_000);
    config.setPragma(SQLiteConfig.Pragma.JOURNAL_SIZE_LIMIT, "67108864");
    SQLiteDataSource source = new SQLiteDataSource(config);
    source.setUrl("jdbc:sqlite:" + file.toAbsolutePath());
    return source;
  }

  private static Connection connection(Path file, boolean readOnly) throws SQLException {
    Connection connection = source(file, readOnly).getConnection();
    try (var statement = connection.createStatement()) {
      if (readOnly) {
        statement.execute("PRAGMA query_only = ON");
      } else {
        // Pages, 16 MB: long enough to keep check points rare, short enough for a memory card.
        statement.execute("PRAGMA wal_autocheckpoint = 4000");
      }
    }
    return connection;
  }
}
