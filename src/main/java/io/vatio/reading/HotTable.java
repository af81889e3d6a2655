package io.vatio.reading;

import io.vatio.platform.db.Database;
import io.vatio.platform.db.StorageException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/// The append-only table of unsealed readings in SQLite, in order of their seq and without any
/// index: the cheapest durable write, one or two pages a commit, whatever the number of series.
final class HotTable {
  /// Rows deleted in one transaction: some 5 ms in which nothing else is committed.
  private static final int DELETED_AT_ONCE = 5_000;

  private static final String INSERT =
      """
      INSERT INTO reading_hot (seq, series_id, ts, value, quality, meta, delivery)
      VALUES (?, ?, ?, ?, ?, ?, ?)
      """;

  private static final String BETWEEN =
      """
      SELECT seq, series_id, ts, value, quality, meta, delivery
        FROM reading_hot
       WHERE seq > ? AND seq <= ?
       ORDER BY seq
       LIMIT ?
      """;

  private static final String SAVE_MARK =
      """
      INSERT INTO reading_mark (name, value) VALUES (?, ?)
      ON CONFLICT (name) DO UPDATE SET value = excluded.value
      """;

  /// Everything up to here is sealed.
  private static final String SEALED = "settled_seq";

  /// Seqs up to here were given out, also when no row shows it any more.
  private static final String GIVEN = "last_seq";

  private HotTable() {}

  /// A statement to [#bind] rows to.
  static PreparedStatement insert(Connection connection) throws SQLException {
    return connection.prepareStatement(INSERT);
  }

  /// @param delivery 0 for none
  static void bind(PreparedStatement insert, Reading row, long delivery) throws SQLException {
    insert.setLong(1, row.seq());
    insert.setInt(2, row.seriesId());
    insert.setLong(3, row.ts());
    insert.setDouble(4, row.value());
    insert.setInt(5, row.quality());
    if (row.meta() == null) {
      insert.setNull(6, Types.VARCHAR);
    } else {
      insert.setString(6, row.meta());
    }
    if (delivery == 0) {
      insert.setNull(7, Types.BIGINT);
    } else {
      insert.setLong(7, delivery);
    }
    insert.addBatch();
  }

  static long sealedSeq(Handle handle) {
    return mark(handle, SEALED);
  }

  static void saveSealedSeq(Handle handle, long seq) {
    handle.execute(SAVE_MARK, SEALED, seq);
  }

  /// The greatest seq that was surely given out, apart from those in the table.
  static long givenSeq(Handle handle) {
    return Math.max(mark(handle, SEALED), mark(handle, GIVEN));
  }

  private static long mark(Handle handle, String name) {
    return handle
        .createQuery("SELECT value FROM reading_mark WHERE name = ?")
        .bind(0, name)
        .mapTo(Long.class)
        .findOne()
        .orElse(0L);
  }

  /// Gives every row after this seq to the consumer, in order.
  static void load(Handle handle, long afterSeq, Consumer consumer) {
    try (PreparedStatement select = handle.getConnection().prepareStatement(BETWEEN)) {
      bindBetween(select, afterSeq, Long.MAX_VALUE, Integer.MAX_VALUE);
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          // A fingerprint of 0 is none.
          consumer.accept(reading(rows), rows.getLong(7));
        }
      }
    } catch (SQLException e) {
      throw failure("load unsealed readings", e);
    }
  }

  /// Which reading has or had this seq, as far as it is not sealed.
  static Optional<Corrections.Place> findPlace(Handle handle, long seq) {
    return handle
        .createQuery("SELECT series_id, ts FROM reading_hot WHERE seq = ?")
        .bind(0, seq)
        .map((row, _) -> new Corrections.Place(row.getInt(1), row.getLong(2)))
        .findOne();
  }

  /// Rows with after < seq ≤ to, in order.
  static List<Reading> between(Handle handle, long after, long to, int limit) {
    try (PreparedStatement select = handle.getConnection().prepareStatement(BETWEEN)) {
      bindBetween(select, after, to, limit);
      try (ResultSet rows = select.executeQuery()) {
        List<Reading> result = new ArrayList<>();
        while (rows.next()) {
          result.add(reading(rows));
        }
        return result;
      }
    } catch (SQLException e) {
      throw failure("after " + after, e);
    }
  }

  private static void bindBetween(PreparedStatement select, long after, long to, int limit)
      throws SQLException {
    select.setLong(1, after);
    select.setLong(2, to);
    select.setInt(3, limit);
  }

  /// Deletes what is sealed, in several transactions.
  static void deleteUpTo(Database database, long seq) {
    long first = database.read(handle -> firstSeq(handle, seq + 1));
    while (first <= seq) {
      long last = Math.min(seq, first + DELETED_AT_ONCE - 1);
      database.write(handle -> handle.execute("DELETE FROM reading_hot WHERE seq <= ?", last));
      first = last + 1;
    }
  }

  private static long firstSeq(Handle handle, long orElse) {
    return handle
        .createQuery("SELECT min(seq) FROM reading_hot")
        .mapTo(Long.class)
        .findOne()
        .orElse(orElse);
  }

  /// Deletes the rows of a series before a time, inside the caller's transaction. Looks at every
  /// row.
  static int deleteBefore(Handle handle, int seriesId, long ts, long lastSeq) {
    // No seq is ever given out twice, also when the newest rows go.
    handle.execute(SAVE_MARK, GIVEN, lastSeq);
    return handle.execute("DELETE FROM reading_hot WHERE series_id = ? AND ts < ?", seriesId, ts);
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

  private static StorageException failure(String what, SQLException e) {
    return new StorageException("readings: " + what + ": " + e.getMessage(), e);
  }

  /// Takes a row and its fingerprint, 0 for none.
  interface Consumer {
    void accept(Reading reading, long delivery);
  }
}
