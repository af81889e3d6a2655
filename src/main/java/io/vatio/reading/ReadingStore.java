package io.vatio.reading;

import io.vatio.platform.db.Database;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;

/// All readings. One thread appends; any thread reads, and sees only what is committed.
public interface ReadingStore {

  /// The store that fits the database, with its memory filled from it.
  static ReadingStore open(Database database) {
    return switch (database.dialect()) {
      case SQLITE -> SqliteReadingStore.open(database);
      case POSTGRESQL -> PostgresReadingStore.open(database);
    };
  }

  /// Inserts those readings that are not there yet, inside the caller's transaction. Nothing is
  /// visible to readers until [#committed]; after a failed commit call [#abandoned] instead. Only
  /// one append may be open at a time.
  Appended append(Handle handle, List<NewReading> readings);

  /// Makes an append visible.
  void committed(Appended appended);

  /// Says that the last append was not committed, or not surely: a connection can break between the
  /// commit and its answer.
  void abandoned();

  /// The reading of a series with the latest time that is not from the future.
  Optional<Reading> latest(int seriesId);

  /// Readings of a series with from ≤ ts < to, newest first, at most limit of them.
  List<Reading> newest(int seriesId, long from, long to, int limit);

  /// Gives every reading of a series with from ≤ ts < to, oldest first, to the consumer.
  void scan(int seriesId, long from, long to, Consumer<Reading> consumer);

  /// What was committed after this seq, oldest first, as far as memory reaches back (about the
  /// last 65 000 readings); for live views, which may miss.
  List<Reading> recentSince(long seq, int limit);

  /// The seq of the newest committed reading, 0 for none.
  long lastSeq();

  /// Tidies a small part of the store, for moments when nobody waits.
  ///
  /// @return whether there is more to do
  boolean settle();

  /// Whether tidying can no longer wait for a quiet moment.
  boolean mustSettle();
}
