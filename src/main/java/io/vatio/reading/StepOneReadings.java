package io.vatio.reading;

import io.vatio.platform.db.Database;
import io.vatio.platform.db.StorageException;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Readings in the form of the first version: one row each, in the table `reading` of SQLite. They
/// become chunks before the store opens, series by series; a piece leaves the old table in the same
/// transaction in which its chunks come into being, so it can stop anywhere and go on later. The
/// table stays, empty.
final class StepOneReadings {
  private static final Logger LOG = LoggerFactory.getLogger(StepOneReadings.class);

  private static final int PIECE = 50_000;
  private static final long SAY_EVERY = 1_000_000;

  private static final String NEXT_SERIES =
      "SELECT series_id FROM reading ORDER BY series_id LIMIT 1";

  private static final String OLDEST =
      """
      SELECT seq, series_id, ts, value, quality, meta
        FROM reading
       WHERE series_id = ?
       ORDER BY ts
       LIMIT ?
      """;

  private final Database database;
  private final ChunkTable table;
  private final ChunkFolding folding;

  StepOneReadings(Database database, ChunkTable table, ChunkFolding folding) {
    this.database = database;
    this.table = table;
    this.folding = folding;
  }

  /// Converts all that is left. Blocks; 50 million take some minutes.
  void convert() {
    OptionalInt series = nextSeries();
    if (series.isEmpty()) {
      return;
    }
    long total =
        database.read(
            handle -> handle.createQuery("SELECT count(*) FROM reading").mapTo(Long.class).one());
    LOG.info("converting {} readings to their compressed form", total);
    long done = 0;
    while (series.isPresent()) {
      long before = done;
      done += convertPiece(series.getAsInt());
      if (done / SAY_EVERY > before / SAY_EVERY) {
        LOG.info("converted {} of {} readings", done, total);
      }
      series = nextSeries();
    }
    LOG.info("converted {} readings", done);
  }

  private OptionalInt nextSeries() {
    return database.read(
        handle ->
            handle.createQuery(NEXT_SERIES).mapTo(Integer.class).stream()
                .mapToInt(Integer::intValue)
                .findFirst());
  }

  private int convertPiece(int seriesId) {
    List<Reading> rows = database.read(handle -> oldest(handle, seriesId));
    List<ChunkChange> changes = database.read(handle -> folding.fold(handle, seriesId, rows));
    return database.write(
        handle -> {
          changes.forEach(change -> table.apply(handle, change));
          return handle.execute(
              "DELETE FROM reading WHERE series_id = ? AND ts <= ?", seriesId, rows.getLast().ts());
        });
  }

  private static List<Reading> oldest(Handle handle, int seriesId) {
    try (PreparedStatement select = handle.getConnection().prepareStatement(OLDEST)) {
      select.setInt(1, seriesId);
      select.setInt(2, PIECE);
      try (ResultSet row = select.executeQuery()) {
        List<Reading> rows = new ArrayList<>();
        while (row.next()) {
          rows.add(
              new Reading(
                  row.getLong(1),
                  row.getInt(2),
                  row.getLong(3),
                  row.getDouble(4),
                  row.getInt(5),
                  row.getString(6)));
        }
        return rows;
      }
    } catch (SQLException e) {
      throw new StorageException("readings: convert series " + seriesId + ": " + e.getMessage(), e);
    }
  }
}
