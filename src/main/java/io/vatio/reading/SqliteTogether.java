package io.vatio.reading;

import io.vatio.platform.db.Database;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.jdbi.v3.core.Handle;

/// Questions to the readings of many series together, in SQLite: memory first, chunks second.
final class SqliteTogether {
  private final Database database;
  private final AppendTurn turn;
  private final HotReadings hot;
  private final ChunkTable chunks;
  private final ReadingDays days;
  private final Lock loadingDays = new ReentrantLock();

  SqliteTogether(
      Database database, AppendTurn turn, HotReadings hot, ChunkTable chunks, ReadingDays days) {
    this.database = database;
    this.turn = turn;
    this.hot = hot;
    this.chunks = chunks;
    this.days = days;
  }

  /// The unsealed readings of a series.
  HotSeries hotSeries(Handle handle, int seriesId) {
    return hot.get(seriesId, id -> new HotSeries(chunks.lastTs(handle, id).orElse(Long.MIN_VALUE)));
  }

  Optional<Reading> find(Handle handle, int seriesId, long ts) {
    Reading found = hotSeries(handle, seriesId).find(ts);
    return found == null
        ? Optional.ofNullable(chunks.find(handle, seriesId, ts))
        : Optional.of(found);
  }

  long count(int[] seriesIds, long from, long to) {
    List<List<Reading>> unsealed = new ArrayList<>(seriesIds.length);
    for (int id : seriesIds) {
      unsealed.add(hot.between(id, from, to, Integer.MAX_VALUE));
    }
    // One transaction, so that all statements see the same chunks.
    return database.read(
        handle ->
            handle.inTransaction(
                same -> {
                  long count = 0;
                  for (int i = 0; i < seriesIds.length; i++) {
                    count += count(same, seriesIds[i], from, to, unsealed.get(i));
                  }
                  return count;
                }));
  }

  private long count(Handle handle, int seriesId, long from, long to, List<Reading> unsealed) {
    if (from > hotSeries(handle, seriesId).sealedMax()) {
      return unsealed.size();
    }
    long count = chunks.count(handle, seriesId, from, to);
    long sealedMax =
        unsealed.isEmpty() ? 0 : chunks.lastTs(handle, seriesId).orElse(Long.MIN_VALUE);
    for (Reading reading : unsealed) {
      if (reading.ts() > sealedMax || !chunks.contains(handle, seriesId, reading.ts())) {
        count++;
      }
    }
    return count;
  }

  List<Reading> within(int[] seriesIds, long from, long to) {
    List<List<Reading>> unsealed = new ArrayList<>(seriesIds.length);
    for (int id : seriesIds) {
      unsealed.add(hot.between(id, from, to, Integer.MAX_VALUE));
    }
    return database.read(
        handle -> {
          List<Reading> result = new ArrayList<>();
          List<Reading> sealed = new ArrayList<>();
          for (int i = 0; i < seriesIds.length; i++) {
            sealed.clear();
            if (from <= hotSeries(handle, seriesIds[i]).sealedMax()) {
              chunks.within(handle, seriesIds[i], from, to, sealed);
            }
            result.addAll(Merge.oldest(unsealed.get(i), sealed));
          }
          return result;
        });
  }

  Optional<Reading> findBySeq(long seq) {
    return database.read(
        handle ->
            Corrections.findPlace(handle, seq)
                .or(() -> HotTable.findPlace(handle, seq))
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
        days.load(database.read(handle -> handle.inTransaction(this::loadDays)));
      }
      return days;
    } finally {
      loadingDays.unlock();
    }
  }

  private ReadingDays.Loading loadDays(Handle handle) {
    Map<Integer, List<Reading>> unsealed = new HashMap<>();
    turn.take();
    try {
      days.begin();
      // Before the first look at the chunks: what is sealed in between is then seen twice.
      hot.bySeries()
          .forEach(
              (id, series) ->
                  unsealed.put(
                      id, series.between(Long.MIN_VALUE, Long.MAX_VALUE, Integer.MAX_VALUE)));
      HotTable.sealedSeq(handle);
    } finally {
      turn.give();
    }
    ReadingDays.Loading loading = new ReadingDays.Loading();
    chunks.days(handle, loading);
    unsealed.forEach(
        (id, readings) -> {
          long sealedMax = loading.max(id);
          for (Reading reading : readings) {
            if (reading.ts() > sealedMax || !chunks.contains(handle, id, reading.ts())) {
              loading.add(id, reading.ts());
            }
          }
        });
    for (Corrections.Place place : Corrections.discarded(handle)) {
      find(handle, place.seriesId(), place.ts())
          .filter(Lecturas::isDiscarded)
          .ifPresent(_ -> loading.discard(place.seriesId(), place.ts()));
    }
    return loading;
  }
}
