package io.vatio.ingest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import io.vatio.kernel.Micros;
import io.vatio.kernel.Page;
import io.vatio.platform.db.Database;
import io.vatio.platform.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/// The table of imports. Thread safe.
final class ImportStore {
  private static final String COLUMNS =
      "id, name, author, state, options, bytes, bytes_done, lines_done, stored, duplicates,"
          + " rejected, errors, created_at, updated_at";

  private final Database database;
  private final Clock clock;

  ImportStore(Database database, Clock clock) {
    this.database = database;
    this.clock = clock;
  }

  /// What is done with a new number before it counts.
  @FunctionalInterface
  interface Making {
    void make(long id) throws IOException;
  }

  /// Adds an import.
  ///
  /// @param making puts its file in place, so that no import is without one; when that fails there
  ///     is no import either
  long create(String name, String author, ImportOptions options, long bytes, Making making)
      throws IOException {
    long now = now();
    try {
      return database.write(
          handle -> {
            long id = insert(handle, name, author, options, bytes, now);
            try {
              making.make(id);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
            return id;
          });
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private static long insert(
      Handle handle, String name, String author, ImportOptions options, long bytes, long now) {
    return handle
        .createUpdate(
            """
                    INSERT INTO import_job
                      (name, author, state, options, bytes, bytes_done, lines_done, stored, duplicates,
                       rejected, errors, created_at, updated_at)
                    VALUES (:name, :author, :state, :options, :bytes, 0, 0, 0, 0, 0, '[]', :now, :now)
                    """)
        .bind("name", name)
        .bind("author", author)
        .bind("state", ImportJob.State.WAITING.code())
        .bind("options", options.text())
        .bind("bytes", bytes)
        .bind("now", now)
        .executeAndReturnGeneratedKeys("id")
        .mapTo(Long.class)
        .one();
  }

  Optional<ImportJob> find(long id) {
    return database.read(
        handle ->
            handle
                .createQuery("SELECT " + COLUMNS + " FROM import_job WHERE id = :id")
                .bind("id", id)
                .map((row, _) -> job(row))
                .findOne());
  }

  /// Newest first.
  ///
  /// @param author only of this one; empty for all
  Page<ImportJob> list(String author, long offset, int limit) {
    return database.read(
        handle -> {
          String of = " FROM import_job WHERE (:author = '' OR author = :author)";
          long total =
              handle
                  .createQuery("SELECT count(*)" + of)
                  .bind("author", author)
                  .mapTo(Long.class)
                  .one();
          List<ImportJob> page =
              handle
                  .createQuery(
                      "SELECT " + COLUMNS + of + " ORDER BY id DESC LIMIT :limit OFFSET :offset")
                  .bind("author", author)
                  .bind("limit", limit)
                  .bind("offset", offset)
                  .map((row, _) -> job(row))
                  .list();
          return new Page<>(total, page);
        });
  }

  /// Those that are not over, oldest first.
  List<ImportJob> open() {
    return database.read(
        handle ->
            handle
                .createQuery(
                    "SELECT "
                        + COLUMNS
                        + " FROM import_job WHERE state IN ('en_cola', 'en_curso') ORDER BY id")
                .map((row, _) -> job(row))
                .list());
  }

  /// Saves how far an import is; one that was cancelled meanwhile stays so.
  void save(ImportJob job) {
    database.write(
        handle ->
            handle
                .createUpdate(
                    """
                    UPDATE import_job
                       SET state = :state, bytes_done = :done, lines_done = :lines, stored = :stored,
                           duplicates = :duplicates, rejected = :rejected, errors = :errors,
                           updated_at = :now
                     WHERE id = :id AND state <> 'cancelada'
                    """)
                .bind("state", job.state().code())
                .bind("done", job.bytesDone())
                .bind("lines", job.linesDone())
                .bind("stored", job.stored())
                .bind("duplicates", job.duplicates())
                .bind("rejected", job.rejected())
                .bind("errors", Json.text(job.errors()))
                .bind("now", now())
                .bind("id", job.id())
                .execute());
  }

  /// @return whether it was not over
  boolean cancel(long id) {
    return database.write(
            handle ->
                handle
                    .createUpdate(
                        """
                        UPDATE import_job SET state = 'cancelada', updated_at = :now
                         WHERE id = :id AND state IN ('en_cola', 'en_curso')
                        """)
                    .bind("now", now())
                    .bind("id", id)
                    .execute())
        > 0;
  }

  private long now() {
    return Micros.of(clock.instant());
  }

  private static ImportJob job(ResultSet row) throws SQLException {
    Instant created = Micros.toInstant(row.getLong(13));
    return new ImportJob(
        row.getLong(1),
        row.getString(2),
        row.getString(3),
        ImportJob.State.of(row.getString(4)),
        ImportOptions.of(row.getString(5)),
        row.getLong(6),
        row.getLong(7),
        row.getLong(8),
        row.getLong(9),
        row.getLong(10),
        row.getLong(11),
        (ArrayNode) Json.parse(row.getString(12)),
        created,
        Micros.toInstant(row.getLong(14)));
  }
}
