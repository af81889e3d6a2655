package io.vatio.reading;

import io.vatio.platform.db.Database;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;

/// All readings. One thread appends; any thread reads, and sees only what is committed. Times are
/// microseconds since 1970 UTC.
///
/// Of a series and a moment there is one reading. When it is corrected it gets a new seq, so that
/// whoever follows the sequence hears of it; the greatest seq is what counts.
public interface ReadingStore extends AutoCloseable {

  /// The store that fits the database, with its memory filled from it. What an older version wrote
  /// in another form is converted first; that can take minutes and says so in the log.
  static ReadingStore open(Database database) {
    return switch (database.dialect()) {
      case SQLITE -> SqliteReadingStore.open(database);
      case POSTGRESQL -> PostgresReadingStore.open(database);
    };
  }

  /// Starts the work beside: sealing, merging. Without it everything still answers.
  void start(Clock clock, ReadingSettings settings);

  /// Inserts those readings that are not there yet, inside the caller's transaction. Nothing is
  /// visible to readers until [#committed], called by the same thread; after a failed commit it
  /// calls [#abandoned] instead. Only one append may be open at a time.
  Appended append(Handle handle, List<NewReading> readings);

  /// Makes an append visible.
  void committed(Appended appended);

  /// Says that the last append was not committed, or not surely: a connection can break between the
  /// commit and its answer.
  void abandoned();

  /// How much of the room for readings that are not sealed yet is taken: 0 to 1, more when it is
  /// exceeded. The store lags behind then, and its memory (or its place on the disk) must not grow
  /// without bound: from a half on senders should be slowed down, from 1 on nothing more should be
  /// appended.
  double fullness();

  /// How many readings are not in their compressed form yet, where that counts against a bound.
  default long unsealed() {
    return 0;
  }

  /// How many damaged pieces were met since the start; their readings are missing from answers.
  default int damagedChunks() {
    return 0;
  }

  /// The reading of a series with the latest time that is not from the future.
  Optional<Reading> latest(int seriesId);

  /// The reading of this series at this very microsecond.
  Optional<Reading> find(int seriesId, long ts);

  /// Whether this very reading, with this seq, was committed, asked inside a writing transaction.
  /// Where a server commits, it waits for an append whose connection broke in the middle.
  boolean isCommitted(Handle handle, int seriesId, long ts, long seq);

  /// The newest reading of a series before a time.
  default Optional<Reading> before(int seriesId, long ts) {
    return newest(seriesId, Long.MIN_VALUE, ts, 1).stream().findFirst();
  }

  /// Readings of a series with from ≤ ts < to, newest first, at most limit of them.
  List<Reading> newest(int seriesId, long from, long to, int limit);

  /// Gives every reading of a series with from ≤ ts < to, oldest first, to the consumer. Streams:
  /// neither memory nor a transaction is held for all of them, so the consumer may take its time.
  /// What is committed meanwhile may be among them or not.
  void scan(int seriesId, long from, long to, Consumer<Reading> consumer);

  /// How many readings a series has with from ≤ ts < to.
  long count(int seriesId, long from, long to);

  /// How many readings these series have together with from ≤ ts < to.
  long count(int[] seriesIds, long from, long to);

  /// The readings of all these series with from ≤ ts < to, in no order; for short stretches of
  /// time, as all of them are held in memory.
  List<Reading> within(int[] seriesIds, long from, long to);

  /// The reading that once had this seq, as it is now.
  Optional<Reading> findBySeq(long seq);

  /// The seqs that readings had before they were ever corrected, for those that were; the others
  /// are given back as they are.
  List<Reading> withFirstSeq(List<Reading> readings);

  /// How many readings there are by day. Blocks when first called.
  ReadingDays days();

  /// The time of the oldest reading of a series.
  OptionalLong firstTs(int seriesId);

  /// What was committed after this seq, oldest first, as far as memory reaches back (about the
  /// last 65 000 readings); for live views, which may miss.
  List<Reading> recentSince(long seq, int limit);

  /// Everything committed after this seq, oldest first, at most limit; survives restarts. Complete
  /// from [#heldSince] on.
  List<Reading> after(long seq, int limit);

  /// The smallest seq from which [#after] is complete. Never moves past a [#cursor]; whoever comes
  /// with a smaller one (a new cursor on old data) has missed some and must look at the series
  /// themselves, from [#firstTs] to [#latest].
  long heldSince();

  /// The seq of the newest committed reading, 0 for none.
  long lastSeq();

  /// A durable place in the sequence, by name; a new one stands at 0. From now on, also after a
  /// restart, nothing that it has not passed leaves [#after].
  ReadingCursor cursor(String name);

  /// Replaces the value of a reading, keeping the old one in the list of corrections. Blocks.
  ///
  /// @return what was done, empty when there is no such reading
  default Optional<Corrected> correct(Correction correction) {
    return correct(correction, (_, _) -> {});
  }

  /// The same.
  ///
  /// @param also what has to be written in the same transaction
  Optional<Corrected> correct(Correction correction, BiConsumer<Handle, Corrected> also);

  /// Takes the newest correction of a reading back: its old value and doubts return, with a new
  /// seq. Blocks.
  ///
  /// @return empty when there is no such correction or its reading is gone
  /// @throws io.vatio.kernel.Problem.Conflict when it was taken back before, or a later one of the
  ///     same reading was not
  Optional<Corrected> undo(long correctionId, String author, Instant at);

  /// A correction by its number, taken back or not.
  Optional<Corrected> correction(long correctionId);

  /// The corrections of readings of a series with from ≤ ts < to, newest first, at most limit.
  List<Corrected> corrections(int seriesId, long from, long to, int limit);

  /// Removes the readings of a series that lie before the UTC day of this time. What a cursor has
  /// not passed may leave [#after] by it. Blocks, in small transactions.
  ///
  /// @return how many were removed
  long deleteBefore(int seriesId, long ts);

  /// Ends the work beside. The database is closed by its owner, afterwards.
  @Override
  void close();
}
