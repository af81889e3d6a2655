package io.vatio.platform.db;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool;
import java.sql.SQLException;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/// The server database: PostgreSQL 15 or later behind two small pools of connections, one for
/// reading and one for writing, so that long questions never keep a commit waiting.
///
/// Durable only where the server is (`fsync` and `synchronous_commit` on); the start refuses one
/// that is not. A server that went away or hangs is noticed: by a write after [#WRITE_PATIENCE_S],
/// by a read after [#READ_PATIENCE_S] without a byte. Parameters of the URL win over these.
public final class PostgresDatabase implements Database {
  /// Seconds without an answer after which a write gives up.
  static final int WRITE_PATIENCE_S = 15;

  /// Seconds without an answer after which a read gives up.
  static final int READ_PATIENCE_S = 60;

  private static final int READERS = 6;
  private static final int WRITERS = 4;
  private static final int CONNECT_TIMEOUT_S = 4;
  private static final long CONNECTION_TIMEOUT_MS = 5_000;
  private static final long VALIDATION_TIMEOUT_MS = 2_000;
  private static final long KEEPALIVE_MS = 60_000;

  /// What a connection that broke leaves open on the server ends there too, and lets go of its
  /// locks.
  private static final String WRITER_SESSION = "SET idle_in_transaction_session_timeout = '30s'";

  private final HikariDataSource readers;
  private final HikariDataSource writers;
  private final Jdbi reading;
  private final Jdbi writing;

  private PostgresDatabase(HikariDataSource readers, HikariDataSource writers) {
    this.readers = readers;
    this.writers = writers;
    this.reading = Jdbi.create(readers);
    this.writing = Jdbi.create(writers);
  }

  /// Connects to `postgresql://user:password@host:port/database` and creates or upgrades the
  /// schema.
  ///
  /// @throws StorageException when the server cannot be reached or does not force commits to disk
  public static PostgresDatabase open(String url, BeforeUpgrade before) {
    PostgresAddress address = PostgresAddress.parse(url);
    try {
      HikariDataSource writers = new HikariDataSource(writers(address));
      try {
        PostgresDatabase database =
            new PostgresDatabase(new HikariDataSource(readers(address)), writers);
        try {
          database.requireDurable();
          // Without a limit of time: an index takes as long as it takes.
          new DatabasePlace.PostgresServer(address).upgrade(before);
          return database;
        } catch (RuntimeException e) {
          database.close();
          throw e;
        }
      } catch (RuntimeException e) {
        writers.close();
        throw e;
      }
    } catch (HikariPool.PoolInitializationException e) {
      throw new StorageException(
          "open database %s: %s".formatted(address.name(), e.getMessage()), e);
    }
  }

  private static HikariConfig readers(PostgresAddress address) {
    HikariConfig config = config(address, "postgres-read", READERS);
    config.addDataSourceProperty("socketTimeout", READ_PATIENCE_S);
    return config;
  }

  private static HikariConfig writers(PostgresAddress address) {
    HikariConfig config = config(address, "postgres-write", WRITERS);
    config.addDataSourceProperty("socketTimeout", WRITE_PATIENCE_S);
    config.setConnectionInitSql(WRITER_SESSION);
    return config;
  }

  private static HikariConfig config(PostgresAddress address, String name, int connections) {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(address.jdbcUrl());
    config.setUsername(address.user());
    config.setPassword(address.password());
    config.setMaximumPoolSize(connections);
    config.setMinimumIdle(1);
    config.setConnectionTimeout(CONNECTION_TIMEOUT_MS);
    config.setValidationTimeout(VALIDATION_TIMEOUT_MS);
    config.setKeepaliveTime(KEEPALIVE_MS);
    config.setPoolName(name);
    config.addDataSourceProperty("ApplicationName", "vatio");
    config.addDataSourceProperty("connectTimeout", CONNECT_TIMEOUT_S);
    config.addDataSourceProperty("tcpKeepAlive", true);
    return config;
  }

  private void requireDurable() {
    for (String setting : new String[] {"fsync", "synchronous_commit"}) {
      String value = read(h -> h.createQuery("SHOW " + setting).mapTo(String.class).one());
      if (value.equals("off")) {
        throw new IllegalStateException(
            "PostgreSQL runs with %s=off: an acknowledged reading could be lost. Switch it on and start again."
                .formatted(setting));
      }
    }
  }

  @Override
  public Dialect dialect() {
    return Dialect.POSTGRESQL;
  }

  @Override
  public <T extends @Nullable Object> T read(Work<T> work) {
    try {
      return reading.withHandle(work::run);
    } catch (RuntimeException e) {
      throw Failures.translate("read", e);
    }
  }

  @Override
  public <T extends @Nullable Object> T write(Work<T> work) {
    try {
      return writing.inTransaction(work::run);
    } catch (RuntimeException e) {
      throw Failures.translate("write", e);
    }
  }

  @Override
  public void check() {
    write(
        handle -> {
          boolean readOnly =
              handle
                  .createQuery("SELECT current_setting('transaction_read_only')")
                  .mapTo(String.class)
                  .one()
                  .equals("on");
          if (readOnly) {
            throw new StorageException(
                "PostgreSQL is read-only, or a standby", new SQLException("read-only"));
          }
          // Goes through the log to the disk, and into no table.
          return handle
              .createQuery("SELECT pg_logical_emit_message(true, 'vatio', 'check')::text")
              .mapTo(String.class)
              .one();
        });
  }

  @Override
  public void close() {
    readers.close();
    writers.close();
  }
}
