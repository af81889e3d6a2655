package io.vatio.reading;

import io.vatio.platform.db.StorageException;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// Questions to the unsealed readings in PostgreSQL, the partitions of `reading`.
final class PostgresRows {
  private static final String COLUMNS = "seq, series_id, ts, value, quality, meta";

  private static final String NEWEST =
      "SELECT "
          + COLUMNS
          + " FROM reading WHERE series_id = ? AND ts >= ? AND ts < ? ORDER BY ts DESC LIMIT ?";

  private static final String OLDEST =
      "SELECT "
          + COLUMNS
          + " FROM reading WHERE series_id = ? AND ts >= ? AND ts < ? ORDER BY ts LIMIT ?";

  private static final String AFTER =
      "SELECT " + COLUMNS + " FROM reading WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?";

  /// 32 = the clock is not to be believed.
  static final String LATEST =
      "SELECT "
          + COLUMNS
          + " FROM reading WHERE series_id = ? AND quality & 32 = 0 ORDER BY ts DESC LIMIT 1";

  private static final String COUNT =
      "SELECT count(*) FROM reading WHERE series_id = ? AND ts >= ? AND ts < ? AND ts > ?";

  private static final String TIMES =
      "SELECT ts FROM reading WHERE series_id = ? AND ts >= ? AND ts < ? AND ts <= ?";

  private static final String PUT =
      """
      INSERT INTO reading (series_id, ts, seq, value, quality, meta)
      VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (series_id, ts)
      DO UPDATE SET seq = excluded.seq, value = excluded.value, quality = excluded.quality
      """;

  private static final String RECENTLY =
      "SELECT " + COLUMNS + ", delivery FROM reading ORDER BY seq DESC LIMIT ?";

  private static final String DAYS =
      """
      SELECT series_id, floor(ts::numeric / 86400000000)::bigint AS day, count(*), min(ts), max(ts)
        FROM reading
       GROUP BY series_id, day
       ORDER BY series_id, day
      """;

  private PostgresRows() {}

  /// Which reading has this seq.
  static Optional<Corrections.Place> findPlace(Handle handle, long seq) {
    return handle
        .createQuery("SELECT series_id, ts FROM reading WHERE seq = ?")
        .bind(0, seq)
        .map((row, _) -> new Corrections.Place(row.getInt(1), row.getLong(2)))
        .findOne();
  }

  /// Gives the rows by series and day, in order, to the consumer.
  static void days(Handle handle, DayConsumer consumer) {
    record Day(int seriesId, long day, long count, long first, long last) {}
    // All of them first: the consumer asks more on the same connection.
    handle
        .createQuery(DAYS)
        .map(
            (row, _) ->
                new Day(
                    row.getInt(1), row.getLong(2), row.getLong(3), row.getLong(4), row.getLong(5)))
        .list()
        .forEach(d -> consumer.accept(d.seriesId, d.day, d.count, d.first, d.last));
  }

  /// The newest with from ≤ ts < to, newest first.
  static List<Reading> newest(Handle handle, int seriesId, long from, long to, int limit) {
    return range(handle, NEWEST, seriesId, from, to, limit);
  }

  /// The first with from ≤ ts < to, oldest first.
  static List<Reading> oldest(Handle handle, int seriesId, long from, long to, int limit) {
    return range(handle, OLDEST, seriesId, from, to, limit);
  }

  private static List<Reading> range(
      Handle handle, String sql, int seriesId, long from, long to, int limit) {
    return select(
        handle,
        sql,
        s -> {
          s.setInt(1, seriesId);
          s.setLong(2, from);
          s.setLong(3, to);
          s.setInt(4, limit);
        });
  }

  static Optional<Reading> find(Handle handle, int seriesId, long ts) {
    return oldest(handle, seriesId, ts, ts + 1, 1).stream().findFirst();
  }

  /// The newest whose clock is to be believed.
  static Optional<Reading> latest(Handle handle, int seriesId) {
    return select(handle, LATEST, s -> s.setInt(1, seriesId)).stream().findFirst();
  }

  static OptionalLong firstTs(Handle handle, int seriesId) {
    return oldest(handle, seriesId, Long.MIN_VALUE, Long.MAX_VALUE, 1).stream()
        .mapToLong(Reading::ts)
        .findFirst();
  }

  static List<Reading> after(Handle handle, long seq, long last, int limit) {
    return select(
        handle,
        AFTER,
        s -> {
          s.setLong(1, seq);
          s.setLong(2, last);
          s.setInt(3, limit);
        });
  }

  /// How many with from ≤ ts < to lie behind a time.
  static long countBehind(Handle handle, int seriesId, long from, long to, long behind) {
    return numbers(handle, COUNT, seriesId, from, to, behind).getFirst();
  }

  /// The times with from ≤ ts < to up to one.
  static List<Long> timesUpTo(Handle handle, int seriesId, long from, long to, long last) {
    return numbers(handle, TIMES, seriesId, from, to, last);
  }

  private static List<Long> numbers(
      Handle handle, String sql, int seriesId, long from, long to, long bound) {
    return handle
        .createQuery(sql)
        .bind(0, seriesId)
        .bind(1, from)
        .bind(2, to)
        .bind(3, bound)
        .mapTo(Long.class)
        .list();
  }

  /// Stores a reading in place of the one with its time, if there is one.
  static void put(Handle handle, Reading reading) {
    handle.execute(
        PUT,
        reading.seriesId(),
        reading.ts(),
        reading.seq(),
        reading.value(),
        reading.quality(),
        reading.meta());
  }

  static int deleteBefore(Handle handle, int seriesId, long ts) {
    return handle.execute("DELETE FROM reading WHERE series_id = ? AND ts < ?", seriesId, ts);
  }

  /// The newest by seq, newest first.
  static void recently(Handle handle, int limit, Consumer consumer) {
    try (PreparedStatement select = handle.getConnection().prepareStatement(RECENTLY)) {
      select.setInt(1, limit);
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          Reading reading = reading(rows);
          long delivery = rows.getLong(7);
          consumer.accept(reading, rows.wasNull() ? null : (Long) delivery);
        }
      }
    } catch (SQLException e) {
      throw failure(e);
    }
  }

  static List<Reading> select(Handle handle, String sql, Binder binder) {
    try (PreparedStatement select = handle.getConnection().prepareStatement(sql)) {
      binder.bind(select);
      try (ResultSet rows = select.executeQuery()) {
        List<Reading> result = new ArrayList<>();
        while (rows.next()) {
          result.add(reading(rows));
        }
        return result;
      }
    } catch (SQLException e) {
      throw failure(e);
    }
  }

  /// The columns that [#select] expects, of any one partition.
  static String columns() {
    return COLUMNS;
  }

  private static Reading reading(ResultSet row) throws SQLException {
    return new Reading(
        row.getLong(1),
        row.getInt(2),
        row.getLong(3),
        row.getDouble(4),
        row.getInt(5),
        row.getString(6));
  }

  private static StorageException failure(SQLException e) {
    return new StorageException("readings: " + e.getMessage(), e);
  }

  interface Binder {
    void bind(PreparedStatement statement) throws SQLException;
  }

  interface DayConsumer {
    void accept(int seriesId, long day, long count, long first, long last);
  }

  interface Consumer {
    void accept(Reading reading, @Nullable Long delivery);
  }
}
