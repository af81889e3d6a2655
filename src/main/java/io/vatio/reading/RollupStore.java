package io.vatio.reading;

import io.vatio.platform.db.Database;
import io.vatio.platform.db.StorageException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// The tables of roll-ups. On PostgreSQL rows go in as arrays, one statement a batch: row by row
/// most of the time would be the network's.
final class RollupStore {
  private static final String COLUMNS =
      "series_id, from_ts, to_ts, count, flagged, sum, min, max, first, first_ts, last, last_ts,"
          + " weighted, covered";

  private static final String SET =
      """
       ON CONFLICT (series_id, from_ts) DO UPDATE
          SET to_ts = excluded.to_ts, count = excluded.count, flagged = excluded.flagged,
              sum = excluded.sum, min = excluded.min, max = excluded.max,
              first = excluded.first, first_ts = excluded.first_ts,
              last = excluded.last, last_ts = excluded.last_ts,
              weighted = excluded.weighted, covered = excluded.covered""";

  private static final String RANGE = " WHERE series_id = ? AND from_ts >= ? AND from_ts < ?";

  private static final String SAVE_MARK =
      """
      INSERT INTO reading_mark (name, value) VALUES (?, ?)
      ON CONFLICT (name) DO UPDATE SET value = excluded.value
      """;

  private final Database database;
  private final boolean arrays;

  RollupStore(Database database) {
    this.database = database;
    this.arrays = database.dialect() == Database.Dialect.POSTGRESQL;
  }

  Database database() {
    return database;
  }

  /// The hours that were still to be added up, by series.
  Map<Integer, List<Long>> dirty() {
    Map<Integer, List<Long>> dirty = new HashMap<>();
    database.read(
        handle -> {
          handle
              .createQuery("SELECT series_id, from_ts FROM rollup_dirty")
              .map((row, _) -> Map.entry(row.getInt(1), row.getLong(2)))
              .forEach(
                  e -> dirty.computeIfAbsent(e.getKey(), _ -> new ArrayList<>()).add(e.getValue()));
          return true;
        });
    return dirty;
  }

  void insertDirty(Handle handle, List<Place> places) {
    places(
        handle,
        arrays
            ? """
              INSERT INTO rollup_dirty (series_id, from_ts)
              SELECT series_id, from_ts FROM unnest(?, ?) AS new (series_id, from_ts)
              ON CONFLICT DO NOTHING
              """
            : "INSERT INTO rollup_dirty (series_id, from_ts) VALUES (?, ?) ON CONFLICT DO NOTHING",
        places);
  }

  void deleteDirty(Handle handle, List<Place> places) {
    places(
        handle,
        arrays
            ? """
              DELETE FROM rollup_dirty d
               USING unnest(?, ?) AS done (series_id, from_ts)
               WHERE d.series_id = done.series_id AND d.from_ts = done.from_ts
              """
            : "DELETE FROM rollup_dirty WHERE series_id = ? AND from_ts = ?",
        places);
  }

  void deleteDirty(Handle handle, int seriesId) {
    handle.execute("DELETE FROM rollup_dirty WHERE series_id = ?", seriesId);
  }

  private void places(Handle handle, String sql, List<Place> places) {
    if (places.isEmpty()) {
      return;
    }
    try (PreparedStatement statement = handle.getConnection().prepareStatement(sql)) {
      if (arrays) {
        Connection connection = handle.getConnection();
        statement.setArray(
            1,
            connection.createArrayOf(
                "bigint", places.stream().map(p -> (long) p.seriesId()).toArray()));
        statement.setArray(
            2, connection.createArrayOf("bigint", places.stream().map(Place::from).toArray()));
        statement.execute();
      } else {
        for (Place place : places) {
          statement.setInt(1, place.seriesId());
          statement.setLong(2, place.from());
          statement.addBatch();
        }
        statement.executeBatch();
      }
    } catch (SQLException e) {
      throw failure("dirty hours", e);
    }
  }

  void saveHours(Handle handle, List<RollupRow> rows) {
    // Minutes that were kept once stay, where nothing new is known of them.
    save(handle, "rollup_hour", rows, true);
  }

  void saveDays(Handle handle, List<RollupRow> rows) {
    save(handle, "rollup_day", rows, false);
  }

  private void save(Handle handle, String table, List<RollupRow> rows, boolean minutes) {
    if (rows.isEmpty()) {
      return;
    }
    String columns = COLUMNS + (minutes ? ", minutes" : "");
    String set = SET + (minutes ? ", minutes = excluded.minutes" : "");
    String values = "?, ".repeat(minutes ? 14 : 13) + "?";
    String sql =
        "INSERT INTO %s (%s) ".formatted(table, columns)
            + (arrays ? "SELECT * FROM unnest(" + values + ")" : "VALUES (" + values + ")")
            + set;
    try (PreparedStatement insert = handle.getConnection().prepareStatement(sql)) {
      if (arrays) {
        bindArrays(handle.getConnection(), insert, rows, minutes);
        insert.execute();
      } else {
        for (RollupRow row : rows) {
          for (int i = 0; i < (minutes ? 15 : 14); i++) {
            bind(insert, i + 1, cell(row, i));
          }
          insert.addBatch();
        }
        insert.executeBatch();
      }
    } catch (SQLException e) {
      throw failure("save " + table, e);
    }
  }

  private static void bind(PreparedStatement insert, int index, @Nullable Object cell)
      throws SQLException {
    switch (cell) {
      case null -> insert.setNull(index, Types.NULL);
      case Long number -> insert.setLong(index, number);
      case Double number -> insert.setDouble(index, number);
      case byte[] bytes -> insert.setBytes(index, bytes);
      default -> throw new IllegalStateException("column " + index);
    }
  }

  private static void bindArrays(
      Connection connection, PreparedStatement insert, List<RollupRow> rows, boolean minutes)
      throws SQLException {
    String[] types = {
      "bigint", "bigint", "bigint", "bigint", "bigint", "float8", "float8", "float8", "float8",
      "bigint", "float8", "bigint", "float8", "bigint", "bytea"
    };
    for (int column = 0; column < (minutes ? 15 : 14); column++) {
      @Nullable Object[] cells = column == 14 ? new byte[rows.size()][] : new Object[rows.size()];
      for (int r = 0; r < cells.length; r++) {
        cells[r] = cell(rows.get(r), column);
      }
      insert.setArray(column + 1, connection.createArrayOf(types[column], cells));
    }
  }

  private static @Nullable Object cell(RollupRow row, int column) {
    Aggregate sums = row.sums();
    return switch (column) {
      case 0 -> (long) row.seriesId();
      case 1 -> row.from();
      case 2 -> row.to();
      case 3 -> sums.count;
      case 4 -> sums.flagged;
      case 5 -> sums.sum;
      case 6 -> sums.min();
      case 7 -> sums.max();
      case 8 -> sums.first();
      case 9 -> sums.count == 0 ? null : (Long) sums.firstTs;
      case 10 -> sums.last();
      case 11 -> sums.count == 0 ? null : (Long) sums.lastTs;
      case 12 -> sums.weighted;
      case 13 -> sums.covered;
      default -> row.minutes();
    };
  }

  List<RollupRow> hours(Handle handle, int seriesId, long from, long to, boolean minutes) {
    return list(
        handle,
        "SELECT " + COLUMNS + (minutes ? ", minutes" : "") + " FROM rollup_hour" + RANGE,
        seriesId,
        from,
        to,
        minutes);
  }

  List<RollupRow> days(Handle handle, int seriesId, long from, long to) {
    return list(
        handle, "SELECT " + COLUMNS + " FROM rollup_day" + RANGE, seriesId, from, to, false);
  }

  /// The rows of one day of all series.
  List<RollupRow> day(Handle handle, long from) {
    try (PreparedStatement select =
        handle
            .getConnection()
            .prepareStatement("SELECT " + COLUMNS + " FROM rollup_day WHERE from_ts = ?")) {
      select.setLong(1, from);
      return rows(select, false);
    } catch (SQLException e) {
      throw failure("day", e);
    }
  }

  /// The hours of some days, each day a stretch of one series.
  List<RollupRow> hoursOf(Handle handle, Collection<Stretch> days) {
    if (!arrays) {
      List<RollupRow> rows = new ArrayList<>();
      days.forEach(d -> rows.addAll(hours(handle, d.seriesId(), d.from(), d.to(), false)));
      return rows;
    }
    String sql =
        "SELECT "
            + COLUMNS.replaceAll("(^|, ?)", "$1h.")
            + " FROM unnest(?, ?, ?) AS d (series_id, from_ts, to_ts)"
            + " JOIN rollup_hour h ON h.series_id = d.series_id"
            + " AND h.from_ts >= d.from_ts AND h.from_ts < d.to_ts";
    Connection connection = handle.getConnection();
    try (PreparedStatement select = connection.prepareStatement(sql)) {
      select.setArray(
          1,
          connection.createArrayOf(
              "bigint", days.stream().map(d -> (long) d.seriesId()).toArray()));
      select.setArray(
          2, connection.createArrayOf("bigint", days.stream().map(Stretch::from).toArray()));
      select.setArray(
          3, connection.createArrayOf("bigint", days.stream().map(Stretch::to).toArray()));
      return rows(select, false);
    } catch (SQLException e) {
      throw failure("hours of days", e);
    }
  }

  private static List<RollupRow> list(
      Handle handle, String sql, int seriesId, long from, long to, boolean minutes) {
    try (PreparedStatement select = handle.getConnection().prepareStatement(sql)) {
      select.setInt(1, seriesId);
      select.setLong(2, from);
      select.setLong(3, to);
      return rows(select, minutes);
    } catch (SQLException e) {
      throw failure("rows of series " + seriesId, e);
    }
  }

  private static List<RollupRow> rows(PreparedStatement select, boolean minutes)
      throws SQLException {
    List<RollupRow> result = new ArrayList<>();
    try (ResultSet row = select.executeQuery()) {
      while (row.next()) {
        Aggregate sums = new Aggregate();
        sums.count = row.getLong(4);
        sums.flagged = row.getLong(5);
        sums.sum = row.getDouble(6);
        if (sums.count > 0) {
          sums.min = row.getDouble(7);
          sums.max = row.getDouble(8);
          sums.first = row.getDouble(9);
          sums.firstTs = row.getLong(10);
          sums.last = row.getDouble(11);
          sums.lastTs = row.getLong(12);
        }
        sums.weighted = row.getDouble(13);
        sums.covered = row.getLong(14);
        result.add(
            new RollupRow(
                row.getInt(1),
                row.getLong(2),
                row.getLong(3),
                sums,
                minutes ? row.getBytes(15) : null));
      }
    }
    return result;
  }

  /// Removes hours and days of a series that begin in [from, to).
  void delete(Handle handle, int seriesId, long from, long to) {
    handle.execute("DELETE FROM rollup_hour" + RANGE, seriesId, from, to);
    handle.execute("DELETE FROM rollup_day" + RANGE, seriesId, from, to);
  }

  void deleteDays(Handle handle, int seriesId, long to) {
    handle.execute("DELETE FROM rollup_day WHERE series_id = ? AND from_ts < ?", seriesId, to);
  }

  void deleteHours(Handle handle, int seriesId, long to) {
    handle.execute("DELETE FROM rollup_hour WHERE series_id = ? AND from_ts < ?", seriesId, to);
  }

  void deleteMinutes(Handle handle, int seriesId, long to) {
    handle.execute(
        "UPDATE rollup_hour SET minutes = NULL"
            + " WHERE series_id = ? AND from_ts < ? AND minutes IS NOT NULL",
        seriesId,
        to);
  }

  /// What stands behind this in the names of marks.
  Set<String> names(String prefix) {
    return database.read(
        handle ->
            handle
                .createQuery("SELECT name FROM reading_mark WHERE name LIKE :prefix")
                .bind("prefix", prefix + "%")
                .mapTo(String.class)
                .stream()
                .map(name -> name.substring(prefix.length()))
                .collect(Collectors.toSet()));
  }

  /// Marks whose name begins so, by the number behind it.
  Map<Integer, Long> marks(String prefix) {
    Map<Integer, Long> marks = new HashMap<>();
    database.read(
        handle -> {
          handle
              .createQuery("SELECT name, value FROM reading_mark WHERE name LIKE :prefix")
              .bind("prefix", prefix + "%")
              .map((row, _) -> Map.entry(row.getString(1), row.getLong(2)))
              .forEach(
                  e ->
                      marks.put(
                          Integer.parseInt(e.getKey().substring(prefix.length())), e.getValue()));
          return true;
        });
    return marks;
  }

  void saveMark(Handle handle, String name, long value) {
    handle.execute(SAVE_MARK, name, value);
  }

  void deleteMark(Handle handle, String name) {
    handle.execute("DELETE FROM reading_mark WHERE name = ?", name);
  }

  private static StorageException failure(String what, SQLException e) {
    return new StorageException("roll-ups: " + what + ": " + e.getMessage(), e);
  }

  /// An hour of a series.
  record Place(int seriesId, long from) {}

  /// A stretch of time of a series.
  record Stretch(int seriesId, long from, long to) {}
}
