package io.vatio.platform.db;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/// Where a database is, for work beside or before the server that uses it: a snapshot, a restore.
/// Each call opens a connection of its own.
public sealed interface DatabasePlace {

  /// Which SQL is spoken there.
  Database.Dialect dialect();

  /// Whether a database is there at all; an empty one on a PostgreSQL server counts.
  boolean exists();

  /// For messages; without password.
  String name();

  /// A connection that sees the database as it is at this moment, however long it is used and
  /// whatever is written meanwhile. Read only.
  Connection snapshot() throws SQLException;

  /// A connection that writes; automatic commit is off.
  Connection writer() throws SQLException;

  /// Brings the schema to a version.
  ///
  /// @param version at most [#newestSchema]
  void migrate(int version);

  /// The version of the schema that is there, 0 for none.
  ///
  /// @throws StorageException when the database does not answer
  int schema();

  /// The newest schema that this program knows.
  static int newestSchema() {
    return Migrations.NEWEST;
  }

  /// A file of the embedded database.
  record SqliteFile(Path file) implements DatabasePlace {
    @Override
    public Database.Dialect dialect() {
      return Database.Dialect.SQLITE;
    }

    @Override
    public boolean exists() {
      return Files.exists(file);
    }

    @Override
    public String name() {
      return file.toString();
    }

    @Override
    public Connection snapshot() throws SQLException {
      Connection connection = SqliteDatabase.source(file, true).getConnection();
      try (var statement = connection.createStatement()) {
        statement.execute("PRAGMA query_only = ON");
        connection.setAutoCommit(false);
        // The moment is that of the first look.
        statement.executeQuery("SELECT count(*) FROM sqlite_schema").close();
        return connection;
      } catch (SQLException e) {
        connection.close();
        throw e;
      }
    }

    @Override
    public Connection writer() throws SQLException {
      Connection connection = SqliteDatabase.source(file, false).getConnection();
      connection.setAutoCommit(false);
      return connection;
    }

    @Override
    public void migrate(int version) {
      Migrations.run(SqliteDatabase.source(file, false), "sqlite", version);
    }

    @Override
    public int schema() {
      return exists() ? Migrations.version(SqliteDatabase.source(file, false)) : 0;
    }
  }

  /// A database on a PostgreSQL server.
  record PostgresServer(PostgresAddress address) implements DatabasePlace {
    @Override
    public Database.Dialect dialect() {
      return Database.Dialect.POSTGRESQL;
    }

    @Override
    public boolean exists() {
      return true;
    }

    @Override
    public String name() {
      return address.name();
    }

    @Override
    public Connection snapshot() throws SQLException {
      Connection connection = connect();
      connection.setReadOnly(true);
      connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      connection.setAutoCommit(false);
      try (var statement = connection.createStatement()) {
        statement.executeQuery("SELECT 1").close();
        return connection;
      } catch (SQLException e) {
        connection.close();
        throw e;
      }
    }

    @Override
    public Connection writer() throws SQLException {
      Connection connection = connect();
      connection.setAutoCommit(false);
      return connection;
    }

    private Connection connect() throws SQLException {
      return DriverManager.getConnection(address.jdbcUrl(), address.user(), address.password());
    }

    private DataSource source() {
      PGSimpleDataSource source = new PGSimpleDataSource();
      source.setUrl(address.jdbcUrl());
      source.setUser(address.user());
      source.setPassword(address.password());
      return source;
    }

    @Override
    public void migrate(int version) {
      Migrations.run(source(), "postgresql", version);
    }

    @Override
    public int schema() {
      return Migrations.version(source());
    }
  }
}
