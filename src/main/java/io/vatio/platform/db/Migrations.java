package io.vatio.platform.db;

import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Brings the schema to the newest version that this program knows, and refuses a newer one.
///
/// Flyway is only loaded when there is something to do: on a small board that is most of a second
/// saved at every start.
final class Migrations {
  /// The newest script in `db/sqlite` and `db/postgresql`; a test compares it with the folders.
  static final int NEWEST = 6;

  private static final Logger LOG = LoggerFactory.getLogger(Migrations.class);
  private static final String HISTORY = "flyway_schema_history";

  private Migrations() {}

  /// @param target the version to reach
  /// @param before called once when there are data and an older schema
  static void run(DataSource dataSource, String folder, int target, BeforeUpgrade before) {
    int present = version(dataSource);
    if (present > NEWEST) {
      throw new IllegalStateException(
          "The data was written by a newer Vatio (schema %d, this program knows %d). Start that newer version, or restore a backup of schema %d."
              .formatted(present, NEWEST, NEWEST));
    }
    if (present >= target) {
      return;
    }
    if (present > 0) {
      before.run(present);
    }
    LOG.info("schema: from version {} to {}", present, target);
    Flyway.configure()
        .dataSource(dataSource)
        .locations("classpath:db/" + folder)
        .loggers("slf4j")
        .target(Integer.toString(target))
        .load()
        .migrate();
  }

  /// The version of the schema, 0 for an empty database.
  static int version(DataSource dataSource) {
    try (Connection connection = dataSource.getConnection()) {
      if (!hasHistory(connection)) {
        return 0;
      }
      try (var statement = connection.createStatement();
          var rows =
              statement.executeQuery(
                  "SELECT version FROM " + HISTORY + " WHERE success AND version IS NOT NULL")) {
        int newest = 0;
        while (rows.next()) {
          newest = Math.max(newest, Integer.parseInt(rows.getString(1)));
        }
        return newest;
      }
    } catch (SQLException e) {
      throw new StorageException("schema: read version: " + e.getMessage(), e);
    }
  }

  private static boolean hasHistory(Connection connection) throws SQLException {
    try (var rows =
        connection.getMetaData().getTables(null, null, HISTORY, new String[] {"TABLE"})) {
      return rows.next();
    }
  }
}
