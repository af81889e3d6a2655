package io.vatio.reading;

import io.vatio.platform.db.Database;
import io.vatio.platform.db.StorageException;
import java.time.Duration;
import java.time.Instant;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The only one who changes chunks in PostgreSQL: seals months that are over, merges, deletes.
///
/// The rows of a month are written as chunks series by series, in small transactions, and stay
/// where they are: a reading that is in both counts once. When all are sealed, one transaction in
/// which nobody appends seals what came meanwhile and drops the partition. A kill at any moment
/// leaves a right state, and the next round does what is missing. A late reading makes the
/// partition of its month anew, which is sealed again.
final class PostgresSealing {
  private static final Logger LOG = LoggerFactory.getLogger(PostgresSealing.class);

  /// A month is over so long after its end: most late data came.
  private static final Duration LATE = Duration.ofDays(3);

  private static final int ROWS_AT_ONCE = ChunkCodec.MAX_READINGS;
  private static final int BYTES_AT_ONCE = 1 << 20;
  private static final int LATE_AT_ONCE = 5_000;
  private static final int MERGED_AT_ONCE = 64;

  private static final String MARK =
      """
      INSERT INTO reading_mark (name, value) VALUES ('settled_seq', ?)
      ON CONFLICT (name) DO UPDATE SET value = greatest(reading_mark.value, excluded.value)
      """;

  private final Database database;
  private final PostgresPartitions partitions;
  private final Cursors cursors;
  private final AppendTurn turn;
  private final ChunkTable table;
  private final ChunkFolding folding;

  /// The greatest time of any sealed reading, or a later one, by series.
  private final Map<Integer, Long> sealedMax = new ConcurrentHashMap<>();

  /// Whoever changes chunks has it.
  private final Lock changing = new ReentrantLock(true);

  private volatile long sealedSeq;

  PostgresSealing(
      Database database,
      PostgresPartitions partitions,
      Cursors cursors,
      AppendTurn turn,
      ChunkTable table,
      ChunkFolding folding) {
    this.database = database;
    this.partitions = partitions;
    this.cursors = cursors;
    this.turn = turn;
    this.table = table;
    this.folding = folding;
  }

  void load(Handle handle) {
    sealedSeq =
        longOf(
            handle, "SELECT coalesce(max(value), 0) FROM reading_mark WHERE name = 'settled_seq'");
  }

  /// The greatest seq of any reading that left its partition.
  long sealedSeq() {
    return sealedSeq;
  }

  /// No chunk of a series reaches behind this time. To be asked after its rows: what left them is
  /// known here before.
  long sealedMax(Handle handle, int seriesId) {
    return sealedMax.computeIfAbsent(
        seriesId, id -> table.lastTs(handle, id).orElse(Long.MIN_VALUE));
  }

  /// Whether a reading is in the chunks.
  boolean contains(Handle handle, int seriesId, long ts) {
    return ts <= sealedMax(handle, seriesId) && table.contains(handle, seriesId, ts);
  }

  /// Seals the months that are over.
  ///
  /// @param goOn asked between transactions; false ends early, which does no harm
  void seal(Instant now, BooleanSupplier goOn) {
    refresh();
    YearMonth open = YearMonth.from(now.minus(LATE).atZone(ZoneOffset.UTC));
    for (YearMonth month : partitions.months()) {
      if (month.isBefore(open) && goOn.getAsBoolean()) {
        changing.lock();
        try {
          seal(month, goOn);
        } finally {
          changing.unlock();
        }
      }
    }
  }

  /// Looks anew which months there are, when a commit was not answered.
  private void refresh() {
    if (!partitions.isDoubtful()) {
      return;
    }
    try {
      database.write(
          handle -> {
            turn.take();
            partitions.load(handle);
            return true;
          });
    } finally {
      turn.give();
    }
  }

  private void seal(YearMonth month, BooleanSupplier goOn) {
    String rows = PostgresPartitions.table(month);
    long start = database.read(handle -> maxSeq(handle, rows));
    if (start > cursors.slowest()) {
      LOG.info(
          "month {} is not sealed: its readings wait for {}",
          month,
          cursors.slowestName().orElse("nobody"));
      return;
    }
    OptionalInt series = database.read(handle -> seriesBehind(handle, rows, Integer.MIN_VALUE));
    while (series.isPresent()) {
      int seriesId = series.getAsInt();
      if (!sealSeries(rows, seriesId, goOn)) {
        return;
      }
      series = database.read(handle -> seriesBehind(handle, rows, seriesId));
    }
    drop(month, rows, start);
  }

  private boolean sealSeries(String rows, int seriesId, BooleanSupplier goOn) {
    long next = Long.MIN_VALUE;
    while (true) {
      long from = next;
      List<Reading> page =
          database.read(
              handle ->
                  PostgresRows.select(
                      handle,
                      "SELECT %s FROM %s WHERE series_id = ? AND ts >= ? ORDER BY ts LIMIT %d"
                          .formatted(PostgresRows.columns(), rows, ROWS_AT_ONCE),
                      s -> {
                        s.setInt(1, seriesId);
                        s.setLong(2, from);
                      }));
      if (page.isEmpty()) {
        return true;
      }
      List<ChunkChange> waiting = new ArrayList<>();
      int bytes = 0;
      for (ChunkChange change : database.read(handle -> folding.fold(handle, seriesId, page))) {
        waiting.add(change);
        bytes += change.bytes();
        if (bytes >= BYTES_AT_ONCE) {
          write(waiting);
          bytes = 0;
        }
      }
      // Before the rows go, so that nobody looks for them in vain.
      database.read(handle -> sealedMax(handle, seriesId));
      sealedMax.merge(seriesId, page.getLast().ts(), Math::max);
      write(waiting);
      if (!goOn.getAsBoolean()) {
        return false;
      }
      next = page.getLast().ts() + 1;
    }
  }

  private void write(List<ChunkChange> changes) {
    if (!changes.isEmpty()) {
      database.write(
          handle -> {
            changes.forEach(change -> table.apply(handle, change));
            return true;
          });
      changes.clear();
    }
  }

  /// @param sealed what has at most this seq is in the chunks
  private void drop(YearMonth month, String rows, long sealed) {
    try {
      long last =
          database.write(
              handle -> {
                turn.take();
                partitions.lock(handle);
                long newest = maxSeq(handle, rows);
                if (newest > cursors.slowest() || !sealLate(handle, rows, sealed)) {
                  return -1L;
                }
                handle.execute(MARK, newest);
                partitions.drop(handle, month);
                // Too early does no harm, and an answer that gets lost none either.
                sealedSeq = Math.max(sealedSeq, newest);
                return newest;
              });
      if (last >= 0) {
        partitions.dropped(month);
        LOG.info("month {} is sealed", month);
      }
    } catch (StorageException e) {
      // Perhaps it is gone after all.
      partitions.doubt();
      LOG.info("month {} is sealed, its rows stay for now: {}", month, e.getMessage());
    } finally {
      turn.give();
    }
  }

  /// Seals what came, or was corrected, since; false when that is too much for one transaction.
  private boolean sealLate(Handle handle, String rows, long sealed) {
    List<Reading> late =
        PostgresRows.select(
            handle,
            "SELECT %s FROM %s WHERE seq > ? ORDER BY series_id, ts LIMIT %d"
                .formatted(PostgresRows.columns(), rows, LATE_AT_ONCE + 1),
            s -> s.setLong(1, sealed));
    if (late.size() > LATE_AT_ONCE) {
      return false;
    }
    int from = 0;
    while (from < late.size()) {
      int seriesId = late.get(from).seriesId();
      int to = from;
      while (to < late.size() && late.get(to).seriesId() == seriesId) {
        to++;
      }
      sealedMax(handle, seriesId);
      sealedMax.merge(seriesId, late.get(to - 1).ts(), Math::max);
      for (ChunkChange change : folding.fold(handle, seriesId, late.subList(from, to))) {
        table.apply(handle, change);
      }
      from = to;
    }
    return true;
  }

  private static long maxSeq(Handle handle, String rows) {
    return longOf(handle, "SELECT coalesce(max(seq), 0) FROM " + rows);
  }

  private static OptionalInt seriesBehind(Handle handle, String rows, int seriesId) {
    return handle
        .createQuery(
            "SELECT series_id FROM %s WHERE series_id > ? ORDER BY series_id LIMIT 1"
                .formatted(rows))
        .bind(0, seriesId)
        .mapTo(Integer.class)
        .stream()
        .mapToInt(Integer::intValue)
        .findFirst();
  }

  private static long longOf(Handle handle, String sql) {
    return handle.createQuery(sql).mapTo(Long.class).one();
  }

  /// Gives some finished days their last shape.
  ///
  /// @param goOn as at [#seal]
  /// @return whether there is more to do
  boolean merge(Instant now, BooleanSupplier goOn) {
    changing.lock();
    try {
      long today = Math.floorDiv(now.getEpochSecond(), 86_400L);
      List<ChunkTable.SeriesDay> days =
          database.read(handle -> table.unmerged(handle, today, MERGED_AT_ONCE));
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
    database.write(
        handle -> {
          List<ChunkHeader> chunks =
              table.headers(handle, day.seriesId(), day.day() * UtcDay.MICROS);
          folding
              .merge(handle, day, chunks)
              .ifPresentOrElse(
                  change -> table.apply(handle, change), () -> table.markMerged(handle, chunks));
          return true;
        });
  }

  /// Deletes the readings of a series before a time, which is the start of a UTC day, in small
  /// transactions.
  void deleteBefore(int seriesId, long ts, long stride) {
    changing.lock();
    try {
      while (true) {
        var first = database.read(handle -> PostgresRows.firstTs(handle, seriesId));
        if (first.isEmpty() || first.getAsLong() >= ts) {
          break;
        }
        // Readings may lie further apart than a stride: each step begins at one.
        long to = first.getAsLong() > ts - stride ? ts : first.getAsLong() + stride;
        database.write(handle -> PostgresRows.deleteBefore(handle, seriesId, to));
      }
      while (database.write(handle -> table.deleteBefore(handle, seriesId, ts)) > 0) {
        // Some at a time.
      }
    } finally {
      changing.unlock();
    }
  }
}
