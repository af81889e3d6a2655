package io.vatio.platform.db;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/// The server database: PostgreSQL 15 or later behind a small connection pool.
///
/// Durable only where the server is (`fsync` and `synchronous_commit` on); the start refuses one
/// that is not.
public final class PostgresDatabase implements Database {
  private static final int CONNECTIONS = 8;
  private static final long CONNECTION_TIMEOUT_MS = 5_000;

  private final HikariDataSource pool;
  private final Jdbi jdbi;

  private PostgresDatabase(HikariDataSource pool) {
    this.pool = pool;
    this.jdbi = Jdbi.create(pool);
  }

  /// Connects to `postgresql://user:password@host:port/database` and creates or upgrades the
  /// schema.
  ///
  /// @throws StorageException when the server cannot be reached or does not force commits to disk
  public static PostgresDatabase open(String url) {
    HikariConfig config = new HikariConfig();
    PostgresAddress address = PostgresAddress.parse(url);
    config.setJdbcUrl(address.jdbcUrl());
    config.setUsername(address.user());
    config.setPassword(address.password());
    config.setMaximumPoolSize(CONNECTIONS);
    config.setMinimumIdle(1);
    config.setConnectionTimeout(CONNECTION_TIMEOUT_MS);
    config.setPoolName("postgres");
    config.addDataSourceProperty("ApplicationName", "vatio");
    try {
      HikariDataSource pool = new HikariDataSource(config);
      try {
        PostgresDatabase database = new PostgresDatabase(pool);
        database.requireDurable();
        Migrations.run(pool, "postgresql", Migrations.NEWEST);
        return database;
      } catch (RuntimeException e) {
        pool.close();
        throw e;
      }
    } catch (com.zaxxer.hikari.pool.HikariPool.PoolInitializationException e) {
      throw new StorageException(
          "open database %s: %s".formatted(address.name(), e.getMessage()), e);
    }
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
      return jdbi.withHandle(work::run);
    } catch (RuntimeException e) {
      throw Failures.translate("read", e);
    }
  }

  @Override
  public <T extends @Nullable Object> T write(Work<T> work) {
    try {
      return jdbi.inTransaction(work::run);
    } catch (RuntimeException e) {
      throw Failures.translate("write", e);
    }
  }

  @Override
  public void check() {
    write(
        h ->
            h.createQuery("SELECT CASE WHEN pg_is_in_recovery() THEN 0 ELSE 1 END")
                .mapTo(Integer.class)
                .one());
  }

  @Override
  public void close() {
    pool.close();
  }
}
