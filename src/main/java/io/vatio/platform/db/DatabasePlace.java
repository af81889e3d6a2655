package io.vatio.platform.db;

import java.io.IOException;
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

  /// What is there, in a word: the same one twice means that nothing was written between. (The
  /// other way round is not promised.)
  ///
  /// @param connection one of [#snapshot]
  String state(Connection connection) throws SQLException;

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
      Migrations.run(
          SqliteDatabase.source(file, false), "sqlite", version, BeforeUpgrade.nothing());
    }

    @Override
    public int schema() {
      return exists() ? Migrations.version(SqliteDatabase.source(file, false)) : 0;
    }

    /// Every commit goes to the log, and from there to the file.
    @Override
    public String state(Connection connection) throws SQLException {
      try {
        return stamp(file) + " " + stamp(Path.of(file + "-wal"));
      } catch (IOException e) {
        throw new SQLException("look at " + file, e);
      }
    }

    private static String stamp(Path file) throws IOException {
      long size = Files.exists(file) ? Files.size(file) : 0;
      return size == 0 ? "empty" : size + "@" + Files.getLastModifiedTime(file);
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
      Migrations.run(source(), "postgresql", version, BeforeUpgrade.nothing());
    }

    void upgrade(BeforeUpgrade before) {
      Migrations.run(source(), "postgresql", Migrations.NEWEST, before);
    }

    @Override
    public int schema() {
      return Migrations.version(source());
    }

    /// Which transactions have ended: whoever writes, in whatever database of the server, needs one
    /// with a number.
    @Override
    public String state(Connection connection) throws SQLException {
      try (var statement = connection.createStatement();
          var row = statement.executeQuery("SELECT CAST(pg_current_snapshot() AS text)")) {
        row.next();
        return row.getString(1);
      }
    }
  }
}
