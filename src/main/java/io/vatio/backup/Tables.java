package io.vatio.backup;

import io.vatio.platform.db.Database.Dialect;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What tables a database has, asked from its own catalogue so that no new one is forgotten.
final class Tables {
  /// Not the virtual ones and those behind them: a full text is made again from what it is of.
  private static final String SQLITE_TABLES =
      """
      SELECT name FROM pragma_table_list
       WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
         AND name <> 'flyway_schema_history'
       ORDER BY name
      """;

  /// A partition's rows come with its table.
  private static final String POSTGRES_TABLES =
      """
      SELECT c.relname
        FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') AND NOT c.relispartition
         AND c.relname <> 'flyway_schema_history'
       ORDER BY c.relname
      """;

  private static final String POSTGRES_COUNTERS =
      """
      SELECT c.relname, a.attname
        FROM pg_attribute a
        JOIN pg_class c ON c.oid = a.attrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = current_schema() AND a.attidentity <> '' AND NOT c.relispartition
       ORDER BY c.relname, a.attname
      """;

  /// Readings have one row of numbers over two tables; the next one must be free in both.
  private static final String SQLITE_LAST_READING =
      """
      SELECT max(coalesce((SELECT max(seq) FROM reading_hot), 0),
                 coalesce((SELECT max(max_seq) FROM reading_chunk), 0))
      """;

  private final Connection connection;
  private final Dialect dialect;

  Tables(Connection connection, Dialect dialect) {
    this.connection = connection;
    this.dialect = dialect;
  }

  /// All tables, those that others refer to before those others.
  List<Manifest.Table> inOrder() throws SQLException {
    List<String> names =
        texts(
            switch (dialect) {
              case SQLITE -> SQLITE_TABLES;
              case POSTGRESQL -> POSTGRES_TABLES;
            });
    Map<String, Set<String>> needs = new HashMap<>();
    for (String name : names) {
      needs.put(name, referred(name));
    }
    Set<String> order = new LinkedHashSet<>();
    for (String name : names) {
      place(name, needs, order);
    }
    List<Manifest.Table> tables = new ArrayList<>();
    for (String name : order) {
      tables.add(new Manifest.Table(name, columns(name)));
    }
    return tables;
  }

  private static void place(String name, Map<String, Set<String>> needs, Set<String> order) {
    Set<String> first = needs.remove(name);
    if (first != null) {
      first.forEach(other -> place(other, needs, order));
      order.add(name);
    }
  }

  private Set<String> referred(String table) throws SQLException {
    Set<String> names = new LinkedHashSet<>();
    try (ResultSet keys = connection.getMetaData().getImportedKeys(null, null, table)) {
      while (keys.next()) {
        names.add(keys.getString("PKTABLE_NAME"));
      }
    }
    names.remove(table);
    return names;
  }

  List<String> columns(String table) throws SQLException {
    List<String> columns = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet none = statement.executeQuery("SELECT * FROM " + table + " WHERE 1 = 0")) {
      for (int i = 1; i <= none.getMetaData().getColumnCount(); i++) {
        columns.add(none.getMetaData().getColumnName(i));
      }
    }
    return columns;
  }

  boolean isEmpty(String table) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT 1 FROM " + table + " LIMIT 1")) {
      return !row.next();
    }
  }

  /// The last number given out, by `table.column`.
  Map<String, Long> counters() throws SQLException {
    Map<String, Long> counters = new LinkedHashMap<>();
    switch (dialect) {
      case SQLITE -> {
        try (Statement statement = connection.createStatement();
            ResultSet rows = statement.executeQuery("SELECT name, seq FROM sqlite_sequence")) {
          while (rows.next()) {
            counters.put(rows.getString(1) + ".id", rows.getLong(2));
          }
        }
        if (!texts("SELECT name FROM sqlite_schema WHERE name = 'reading_chunk'").isEmpty()) {
          counters.put("reading.seq", Long.valueOf(texts(SQLITE_LAST_READING).getFirst()));
        }
      }
      case POSTGRESQL -> {
        for (String[] place : postgresCounters()) {
          try (Statement statement = connection.createStatement();
              ResultSet row =
                  statement.executeQuery(
                      "SELECT last_value FROM " + texts(sequence(place[0], place[1])).getFirst())) {
            row.next();
            counters.put(place[0] + "." + place[1], row.getLong(1));
          }
        }
      }
    }
    return counters;
  }

  /// Sets the counters at least as high as those given and as the rows that are there.
  void raise(Map<String, Long> counters) throws SQLException {
    switch (dialect) {
      case SQLITE -> {
        try (var update =
                connection.prepareStatement(
                    "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?");
            var insert =
                connection.prepareStatement(
                    """
                    INSERT INTO sqlite_sequence (name, seq)
                    SELECT name, ? FROM sqlite_schema
                     WHERE type = 'table' AND name = ? AND sql LIKE '%AUTOINCREMENT%'
                    """)) {
          for (Map.Entry<String, Long> counter : counters.entrySet()) {
            String table = counter.getKey().substring(0, counter.getKey().indexOf('.'));
            update.setLong(1, counter.getValue());
            update.setString(2, table);
            if (update.executeUpdate() == 0) {
              insert.setLong(1, counter.getValue());
              insert.setString(2, table);
              insert.executeUpdate();
            }
          }
        }
      }
      case POSTGRESQL -> {
        for (String[] place : postgresCounters()) {
          long least = counters.getOrDefault(place[0] + "." + place[1], 1L);
          texts(
              "SELECT setval('%s', greatest(%d, (SELECT coalesce(max(%s), 1) FROM %s)))"
                  .formatted(
                      texts(sequence(place[0], place[1])).getFirst(), least, place[1], place[0]));
        }
      }
    }
  }

  private List<String[]> postgresCounters() throws SQLException {
    List<String[]> places = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(POSTGRES_COUNTERS)) {
      while (rows.next()) {
        places.add(new String[] {rows.getString(1), rows.getString(2)});
      }
    }
    return places;
  }

  private static String sequence(String table, String column) {
    return "SELECT pg_get_serial_sequence('%s', '%s')".formatted(table, column);
  }

  private List<String> texts(String query) throws SQLException {
    List<String> texts = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(query)) {
      while (rows.next()) {
        texts.add(rows.getString(1));
      }
    }
    return texts;
  }
}
