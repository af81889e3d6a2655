package io.vatio.reading;

import io.vatio.platform.db.Database;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The only one who changes chunks in SQLite: seals hot readings, merges finished days, deletes.
///
/// Chunks are prepared beside the writer and written in small transactions, so that commits of new
/// readings wait for milliseconds. Each transaction leaves a right state: a reading that is hot and
/// sealed counts once, and only when every chunk of a piece is committed do its hot rows go.
final class Sealing {
  private static final Logger LOG = LoggerFactory.getLogger(Sealing.class);

  /// A day is finished so long after its end: most late data came.
  private static final Duration LATE = Duration.ofHours(3);

  private static final long MOST_WRITE_NS = TimeUnit.MILLISECONDS.toNanos(20);
  private static final int MOST_WRITE_BYTES = 512 << 10;
  private static final int MERGED_AT_ONCE = 64;

  private final Database database;
  private final HotReadings hot;
  private final Cursors cursors;
  private final AppendTurn turn;
  private final ChunkTable table;
  private final ChunkFolding folding;
  private final HotLimits limits;

  /// Whoever changes chunks has it.
  private final Lock changing = new ReentrantLock(true);

  /// Chunks a transaction, so that it stays short on this disk.
  private int writtenAtOnce = 16;

  Sealing(
      Database database,
      HotReadings hot,
      Cursors cursors,
      AppendTurn turn,
      ChunkTable table,
      ChunkFolding folding,
      HotLimits limits) {
    this.database = database;
    this.hot = hot;
    this.cursors = cursors;
    this.turn = turn;
    this.table = table;
    this.folding = folding;
    this.limits = limits;
  }

  /// Seals the oldest piece.
  ///
  /// @param goOn asked between transactions; false ends early, which does no harm
  /// @return whether there is more to do
  boolean seal(BooleanSupplier goOn) {
    changing.lock();
    try {
      HotTable.deleteUpTo(database, hot.sealedSeq());
      long ready = Math.min(hot.lastSeq() - limits.keep(), cursors.slowest());
      sayWhatHolds(ready);
      // So few are not worth rewriting chunks for.
      if (ready - hot.sealedSeq() <= limits.keep() / 10) {
        return false;
      }
      long end = Math.min(ready, hot.sealedSeq() + limits.piece());
      if (!write(end, goOn)) {
        return false;
      }
      database.write(
          handle -> {
            HotTable.saveSealedSeq(handle, end);
            return true;
          });
      hot.sealed(end);
      HotTable.deleteUpTo(database, end);
      return end < ready;
    } finally {
      changing.unlock();
    }
  }

  private void sayWhatHolds(long ready) {
    if (hot.size() > limits.most() / 2 && ready < hot.lastSeq() - limits.keep()) {
      LOG.warn(
          "{} readings are not sealed: they wait for {}",
          hot.size(),
          cursors.slowestName().orElse("nobody"));
    }
  }

  private boolean write(long end, BooleanSupplier goOn) {
    List<ChunkChange> waiting = new ArrayList<>();
    int bytes = 0;
    for (Map.Entry<Integer, HotSeries> entry : hot.bySeries().entrySet()) {
      List<Reading> rows = entry.getValue().upTo(end);
      if (rows.isEmpty()) {
        continue;
      }
      for (ChunkChange change :
          database.read(handle -> folding.fold(handle, entry.getKey(), rows))) {
        waiting.add(change);
        bytes += change.bytes();
        if (waiting.size() >= writtenAtOnce || bytes >= MOST_WRITE_BYTES) {
          write(waiting);
          bytes = 0;
          if (!goOn.getAsBoolean()) {
            return false;
          }
        }
      }
    }
    write(waiting);
    return goOn.getAsBoolean();
  }

  private void write(List<ChunkChange> changes) {
    if (changes.isEmpty()) {
      return;
    }
    long[] took = new long[1];
    database.write(
        handle -> {
          long start = System.nanoTime();
          changes.forEach(change -> table.apply(handle, change));
          took[0] = System.nanoTime() - start;
          return true;
        });
    if (took[0] > MOST_WRITE_NS / 2) {
      writtenAtOnce = Math.max(1, writtenAtOnce / 2);
    } else if (took[0] < MOST_WRITE_NS / 8) {
      writtenAtOnce = Math.min(256, writtenAtOnce + 1 + writtenAtOnce / 4);
    }
    changes.clear();
  }

  /// Gives some finished days their last shape.
  ///
  /// @param now microseconds since 1970
  /// @param goOn as at [#seal]
  /// @return whether there is more to do
  boolean merge(long now, BooleanSupplier goOn) {
    changing.lock();
    try {
      long unfinished = UtcDay.of(now - LATE.toNanos() / 1_000);
      List<ChunkTable.SeriesDay> days =
          database.read(handle -> table.unmerged(handle, unfinished, MERGED_AT_ONCE));
      for (ChunkTable.SeriesDay day : days) {
        merge(day);
        if (!goOn.getAsBoolean()) {
          return false;
        }
      }
      return days.size() == MERGED_AT_ONCE;
    } finally {
      changing.unlock();
    }
  }

  private void merge(ChunkTable.SeriesDay day) {
    List<ChunkHeader> chunks =
        database.read(handle -> table.headers(handle, day.seriesId(), day.day() * UtcDay.MICROS));
    Optional<ChunkChange> change = database.read(handle -> folding.merge(handle, day, chunks));
    database.write(
        handle -> {
          change.ifPresentOrElse(
              c -> table.apply(handle, c), () -> table.markMerged(handle, chunks));
          return true;
        });
  }

  /// Deletes the readings of a series before a time, which is the start of a UTC day.
  ///
  /// @return how many of them were sealed
  long deleteBefore(int seriesId, long ts) {
    changing.lock();
    try {
      deleteHotBefore(seriesId, ts);
      long removed = 0;
      long some;
      do {
        some = database.write(handle -> table.deleteBefore(handle, seriesId, ts));
        removed += some;
      } while (some > 0);
      HotSeries series = hot.find(seriesId);
      if (series != null) {
        series.forgetLatestBefore(ts);
      }
      return removed;
    } finally {
      changing.unlock();
    }
  }

  private void deleteHotBefore(int seriesId, long ts) {
    HotSeries series = hot.find(seriesId);
    if (series == null) {
      return;
    }
    if (!series.between(Long.MIN_VALUE, ts, 1).isEmpty()) {
      try {
        database.write(
            handle -> {
              turn.take();
              return HotTable.deleteBefore(handle, seriesId, ts, hot.lastSeq());
            });
        series.deleteBefore(ts);
      } finally {
        turn.give();
      }
    }
  }
}
