package io.vatio.reading;

import io.vatio.kernel.Micros;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.db.StorageException;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

/// The list of corrections, the same in both databases.
final class Corrections {
  private static final String COLUMNS =
      """
      id, series_id, ts, old_value, old_quality, new_value, new_quality, reason, author, at,
      undone_at, undone_by
      """;

  private static final String INSERT =
      """
      INSERT INTO reading_correction
        (series_id, ts, old_value, old_quality, new_value, new_quality, reason, author, at, old_seq)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      RETURNING
      """
          + COLUMNS;

  private static final String UNDO =
      "UPDATE reading_correction SET undone_at = ?, undone_by = ? WHERE id = ? RETURNING "
          + COLUMNS;

  private static final String BY_ID = "SELECT " + COLUMNS + " FROM reading_correction WHERE id = ?";

  private static final String LATER =
      """
      SELECT count(*)
        FROM reading_correction
       WHERE series_id = ? AND ts = ? AND id > ? AND undone_at IS NULL
      """;

  private static final String LIST =
      "SELECT "
          + COLUMNS
          + """
             FROM reading_correction
            WHERE series_id = ? AND ts >= ? AND ts < ?
            ORDER BY id DESC
            LIMIT ?
            """;

  private static final String PLACE =
      "SELECT series_id, ts FROM reading_correction WHERE old_seq = ? LIMIT 1";

  private static final String FIRST_SEQ =
      "SELECT min(old_seq) FROM reading_correction WHERE series_id = ? AND ts = ? AND old_seq > 0";

  /// 256 = taken out of the lists.
  private static final String DISCARDED =
      "SELECT DISTINCT series_id, ts FROM reading_correction WHERE (new_quality & 256) <> 0";

  private Corrections() {}

  /// A reading that had this seq before it was corrected.
  static Optional<Place> findPlace(Handle handle, long seq) {
    return handle
        .createQuery(PLACE)
        .bind(0, seq)
        .map((row, _) -> new Place(row.getInt(1), row.getLong(2)))
        .findOne();
  }

  /// Readings with the seqs that they had first.
  static List<Reading> withFirstSeq(Handle handle, List<Reading> readings) {
    if (handle
        .createQuery("SELECT 1 FROM reading_correction LIMIT 1")
        .mapTo(Integer.class)
        .findOne()
        .isEmpty()) {
      return readings;
    }
    try (PreparedStatement select = handle.getConnection().prepareStatement(FIRST_SEQ)) {
      List<Reading> result = new ArrayList<>(readings.size());
      for (Reading reading : readings) {
        select.setInt(1, reading.seriesId());
        select.setLong(2, reading.ts());
        try (ResultSet row = select.executeQuery()) {
          long first = row.next() ? row.getLong(1) : 0;
          result.add(first == 0 ? reading : reading.withSeq(first));
        }
      }
      return result;
    } catch (SQLException e) {
      throw new StorageException("corrections: " + e.getMessage(), e);
    }
  }

  /// Forgets the numbers of readings that are gone: new ones may come in their places.
  static int forgetSeqs(Handle handle, int seriesId, long before) {
    return handle.execute(
        "UPDATE reading_correction SET old_seq = 0 WHERE series_id = ? AND ts < ?",
        seriesId,
        before);
  }

  /// The readings that people took out at some time; some may be back.
  static List<Place> discarded(Handle handle) {
    return handle
        .createQuery(DISCARDED)
        .map((row, _) -> new Place(row.getInt(1), row.getLong(2)))
        .list();
  }

  /// Notes a correction; its reading still has to change.
  ///
  /// @return what to do to the reading, empty when there is none
  static Optional<Change> correct(Handle handle, Correction correction, Finder readings) {
    return readings
        .find(handle, correction.seriesId(), correction.ts())
        .map(
            before ->
                new Change(
                    before,
                    correction.value(),
                    correction.quality(),
                    insert(handle, correction, before)));
  }

  /// Marks a correction as taken back; its reading still has to change.
  ///
  /// @return what to do to the reading, empty when there is no such correction or no reading
  /// @throws Problem.Conflict when it was taken back before, or a later one is in force
  static Optional<Change> undo(
      Handle handle, long correctionId, String author, Instant at, Finder readings) {
    return findUndoable(handle, correctionId)
        .flatMap(
            corrected ->
                readings
                    .find(handle, corrected.seriesId(), corrected.ts())
                    .map(
                        before ->
                            new Change(
                                before,
                                corrected.oldValue(),
                                corrected.oldQuality(),
                                markUndone(handle, correctionId, author, at))));
  }

  private static Corrected insert(Handle handle, Correction correction, Reading before) {
    return handle
        .createQuery(INSERT)
        .bind(0, correction.seriesId())
        .bind(1, correction.ts())
        .bind(2, before.value())
        .bind(3, before.quality())
        .bind(4, correction.value())
        .bind(5, correction.quality())
        .bind(6, correction.reason())
        .bind(7, correction.author())
        .bind(8, Micros.of(correction.at()))
        .bind(9, before.seq())
        .map(Corrections::row)
        .one();
  }

  /// The correction, if it can be taken back now.
  private static Optional<Corrected> findUndoable(Handle handle, long id) {
    Optional<Corrected> found = find(handle, id);
    found.ifPresent(
        corrected -> {
          if (corrected.undoneAt() != null) {
            throw Problem.conflict(Text.of("reading.correction_undone"));
          }
          long later =
              handle
                  .createQuery(LATER)
                  .bind(0, corrected.seriesId())
                  .bind(1, corrected.ts())
                  .bind(2, id)
                  .mapTo(Long.class)
                  .one();
          if (later > 0) {
            throw Problem.conflict(Text.of("reading.correction_superseded"));
          }
        });
    return found;
  }

  private static Corrected markUndone(Handle handle, long id, String author, Instant at) {
    return handle
        .createQuery(UNDO)
        .bind(0, Micros.of(at))
        .bind(1, author)
        .bind(2, id)
        .map(Corrections::row)
        .one();
  }

  static Optional<Corrected> find(Handle handle, long id) {
    return handle.createQuery(BY_ID).bind(0, id).map(Corrections::row).findOne();
  }

  static List<Corrected> list(Handle handle, int seriesId, long from, long to, int limit) {
    return handle
        .createQuery(LIST)
        .bind(0, seriesId)
        .bind(1, from)
        .bind(2, to)
        .bind(3, limit)
        .map(Corrections::row)
        .list();
  }

  private static Corrected row(ResultSet row, StatementContext context) throws SQLException {
    return new Corrected(
        row.getLong(1),
        row.getInt(2),
        row.getLong(3),
        row.getDouble(4),
        row.getInt(5),
        row.getDouble(6),
        row.getInt(7),
        row.getString(8),
        row.getString(9),
        Micros.toInstant(row.getLong(10)),
        instant(row, 11),
        row.getString(12));
  }

  private static @Nullable Instant instant(ResultSet row, int column) throws SQLException {
    long micros = row.getLong(column);
    return row.wasNull() ? null : Micros.toInstant(micros);
  }

  /// What a reading has to become, and the line about it.
  ///
  /// @param before the reading as it is
  record Change(Reading before, double value, int quality, Corrected corrected) {
    /// The reading as it is to be: the same series and time once more.
    Reading after(long seq) {
      return new Reading(seq, before.seriesId(), before.ts(), value, quality, before.meta());
    }
  }

  /// A series and a time.
  record Place(int seriesId, long ts) {}

  /// Where the readings of a database are found.
  @FunctionalInterface
  interface Finder {
    Optional<Reading> find(Handle handle, int seriesId, long ts);
  }
}
