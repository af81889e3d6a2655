package io.vatio.reading;

import io.vatio.platform.db.Database;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.transaction.TransactionIsolationLevel;

/// Questions to the readings of many series together, in PostgreSQL: rows first, chunks second.
final class PostgresTogether {
  private final Database database;
  private final AppendTurn turn;
  private final ChunkTable chunks;
  private final PostgresSealing sealing;
  private final ReadingDays days;
  private final Lock loadingDays = new ReentrantLock();

  PostgresTogether(
      Database database,
      AppendTurn turn,
      ChunkTable chunks,
      PostgresSealing sealing,
      ReadingDays days) {
    this.database = database;
    this.turn = turn;
    this.chunks = chunks;
    this.sealing = sealing;
    this.days = days;
  }

  Optional<Reading> find(Handle handle, int seriesId, long ts) {
    // A row is never older than what is sealed of its time.
    return PostgresRows.find(handle, seriesId, ts)
        .or(
            () ->
                ts > sealing.sealedMax(handle, seriesId)
                    ? Optional.empty()
                    : Optional.ofNullable(chunks.find(handle, seriesId, ts)));
  }

  long count(int[] seriesIds, long from, long to) {
    return database.read(
        handle ->
            handle.inTransaction(
                TransactionIsolationLevel.REPEATABLE_READ,
                same -> {
                  // No partition goes while it is looked at: all statements see the same.
                  same.execute("LOCK TABLE reading IN ACCESS SHARE MODE");
                  long count = 0;
                  for (int id : seriesIds) {
                    count += count(same, id, from, to);
                  }
                  return count;
                }));
  }

  private long count(Handle handle, int seriesId, long from, long to) {
    long sealedMax = sealing.sealedMax(handle, seriesId);
    long count = PostgresRows.countBehind(handle, seriesId, from, to, sealedMax);
    if (from <= sealedMax) {
      count += chunks.count(handle, seriesId, from, to);
      for (long ts : PostgresRows.timesUpTo(handle, seriesId, from, to, sealedMax)) {
        count += chunks.contains(handle, seriesId, ts) ? 0 : 1;
      }
    }
    return count;
  }

  List<Reading> within(int[] seriesIds, long from, long to) {
    return database.read(
        handle -> {
          List<Reading> result = new ArrayList<>();
          List<Reading> sealed = new ArrayList<>();
          for (int id : seriesIds) {
            List<Reading> rows = PostgresRows.oldest(handle, id, from, to, Integer.MAX_VALUE);
            sealed.clear();
            if (from <= sealing.sealedMax(handle, id)) {
              chunks.within(handle, id, from, to, sealed);
            }
            result.addAll(Merge.oldest(rows, sealed));
          }
          return result;
        });
  }

  Optional<Reading> findBySeq(long seq) {
    return database.read(
        handle ->
            Corrections.findPlace(handle, seq)
                .or(() -> PostgresRows.findPlace(handle, seq))
                .or(
                    () ->
                        Optional.ofNullable(chunks.findBySeq(handle, seq))
                            .map(r -> new Corrections.Place(r.seriesId(), r.ts())))
                .flatMap(place -> find(handle, place.seriesId(), place.ts())));
  }

  ReadingDays days() {
    loadingDays.lock();
    try {
      if (!days.isKnown()) {
        days.load(
            database.read(
                handle ->
                    handle.inTransaction(
                        TransactionIsolationLevel.REPEATABLE_READ, this::loadDays)));
      }
      return days;
    } finally {
      loadingDays.unlock();
    }
  }

  private ReadingDays.Loading loadDays(Handle handle) {
    turn.take();
    try {
      days.begin();
      // From here on this transaction sees the same, and no partition goes.
      handle.execute("LOCK TABLE reading IN ACCESS SHARE MODE");
      handle.createQuery("SELECT 1 FROM reading LIMIT 1").mapTo(Integer.class).findOne();
    } finally {
      turn.give();
    }
    ReadingDays.Loading loading = new ReadingDays.Loading();
    chunks.days(handle, loading);
    PostgresRows.days(
        handle,
        (seriesId, day, count, first, last) -> {
          if (first > loading.max(seriesId)) {
            loading.add(seriesId, day, count, first, last);
          } else {
            addOverlapping(handle, loading, seriesId, day);
          }
        });
    for (Corrections.Place place : Corrections.discarded(handle)) {
      find(handle, place.seriesId(), place.ts())
          .filter(Lecturas::isDiscarded)
          .ifPresent(_ -> loading.discard(place.seriesId(), place.ts()));
    }
    return loading;
  }

  /// Adds the rows of a day of which some may be sealed as well.
  private void addOverlapping(Handle handle, ReadingDays.Loading loading, int seriesId, long day) {
    long from = day * UtcDay.MICROS;
    for (long ts :
        PostgresRows.timesUpTo(handle, seriesId, from, from + UtcDay.MICROS, Long.MAX_VALUE)) {
      if (!chunks.contains(handle, seriesId, ts)) {
        loading.add(seriesId, ts);
      }
    }
  }
}
