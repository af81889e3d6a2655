package io.vatio.reading;

import io.vatio.kernel.Micros;
import io.vatio.platform.db.Database;
import io.vatio.platform.db.StorageException;
import io.vatio.platform.schedule.Upkeep;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// Readings in SQLite.
///
/// New ones are appended to [HotTable] and kept in memory ([HotReadings]), where they are found by
/// series and time. [Sealing] moves the oldest of them into [ChunkTable]. A question looks at
/// memory
/// first and at the chunks second: what moves in between is then seen twice, never missed, and
/// counts once.
final class SqliteReadingStore implements ReadingStore {
  /// How long the sealing thread lets others go first between two transactions.
  private static final Duration PAUSE = Duration.ofMillis(2);

  /// Under load the sealing thread is woken once for so many readings.
  private static final int WAKE_EVERY = 50_000;

  private final Database database;
  private final HotLimits limits;
  private final AppendTurn turn = new AppendTurn();
  private final Cursors cursors = new Cursors();
  private final HotReadings hot = new HotReadings();
  private final RecentReadings recent = new RecentReadings(65_536);
  private final Deliveries deliveries = new Deliveries(100_000);
  private final ChunkTable chunks = new ChunkTable();
  private final ReadingDays days = new ReadingDays();
  private final SqliteTogether together;
  private final ChunkFolding folding;
  private final Sealing sealing;
  private @Nullable Upkeep upkeep;

  private SqliteReadingStore(Database database, HotLimits limits, ChunkShape shape) {
    this.database = database;
    this.limits = limits;
    this.folding = new ChunkFolding(chunks, shape);
    this.together = new SqliteTogether(database, turn, hot, chunks, days);
    this.sealing = new Sealing(database, hot, cursors, turn, chunks, folding, limits);
  }

  static SqliteReadingStore open(Database database) {
    return open(database, HotLimits.DEFAULT, ChunkShape.DEFAULT);
  }

  static SqliteReadingStore open(Database database, HotLimits limits, ChunkShape shape) {
    SqliteReadingStore store = new SqliteReadingStore(database, limits, shape);
    new StepOneReadings(database, store.chunks, store.folding).convert();
    database.read(
        handle -> {
          store.load(handle);
          return true;
        });
    return store;
  }

  private void load(Handle handle) {
    cursors.load(handle);
    hot.sealedSeq(HotTable.sealedSeq(handle));
    hot.lastSeq(HotTable.givenSeq(handle));
    List<@Nullable Reading> one = new ArrayList<>();
    HotTable.load(
        handle,
        hot.sealedSeq(),
        (reading, delivery) -> {
          together.hotSeries(handle, reading.seriesId()).add(reading);
          one.clear();
          one.add(reading);
          recent.add(one);
          if (delivery != 0) {
            deliveries.add(List.of(delivery));
          }
          hot.lastSeq(Math.max(hot.lastSeq(), reading.seq()));
        });
  }

  @Override
  public void start(Clock clock, ReadingSettings settings) {
    upkeep =
        new Upkeep(
            "reading-seal",
            settings.sealEvery(),
            round -> {
              while (sealing.seal(() -> round.pause(PAUSE))) {
                // Piece by piece.
              }
              while (sealing.merge(Micros.of(clock.instant()), () -> round.pause(PAUSE))) {
                // Some days at a time.
              }
              return false;
            });
    upkeep.start();
  }

  @Override
  public void close() {
    if (upkeep != null) {
      upkeep.close();
    }
  }

  /// Seals one piece now; returns whether there is more to do.
  boolean seal() {
    return sealing.seal(() -> true);
  }

  /// Merges some finished days now; returns whether there is more to do.
  boolean merge(Instant now) {
    return sealing.merge(Micros.of(now), () -> true);
  }

  @Override
  public Appended append(Handle handle, List<NewReading> readings) {
    turn.take();
    List<@Nullable Reading> rows = new ArrayList<>(readings.size());
    Set<Long> fingerprints = new HashSet<>();
    Map<Integer, Staged> staged = new HashMap<>();
    long seq = hot.lastSeq();
    try (PreparedStatement insert = HotTable.insert(handle.getConnection())) {
      for (NewReading r : readings) {
        if (deliveries.repeats(r, fingerprints)) {
          rows.add(null);
          continue;
        }
        Staged place = staged.get(r.seriesId());
        if (place == null) {
          place = new Staged(together.hotSeries(handle, r.seriesId()));
          staged.put(r.seriesId(), place);
        }
        long ts = r.ts();
        if (r.timed()) {
          if (isPresent(handle, place, r.seriesId(), ts)) {
            rows.add(null);
            continue;
          }
        } else {
          ts = place.untimed(ts);
          while (isPresent(handle, place, r.seriesId(), ts)) {
            ts++;
          }
          place.untimedFrom = r.ts();
          place.untimedNext = ts + 1;
        }
        place.add(ts);
        Reading row = new Reading(++seq, r.seriesId(), ts, r.value(), r.quality(), r.meta());
        boolean fingerprint = !r.timed() && r.delivery() != 0;
        HotTable.bind(insert, row, fingerprint ? r.delivery() : 0);
        rows.add(row);
        if (fingerprint) {
          fingerprints.add(r.delivery());
        }
      }
      insert.executeBatch();
    } catch (SQLException e) {
      throw failure("append " + readings.size() + " readings", e);
    }
    return new Appended(rows, fingerprints);
  }

  private boolean isPresent(Handle handle, Staged place, int seriesId, long ts) {
    if (ts > place.max) {
      return false;
    }
    if (place.times.contains(ts) || place.hot.contains(ts)) {
      return true;
    }
    return ts <= place.hot.sealedMax() && chunks.contains(handle, seriesId, ts);
  }

  @Override
  public void committed(Appended appended) {
    long before = hot.lastSeq();
    show(appended);
    days.added(appended.rows());
    long newest = hot.lastSeq();
    turn.give();
    if (upkeep != null
        && newest / WAKE_EVERY > before / WAKE_EVERY
        && hot.size() > limits.keep() + limits.piece()) {
      upkeep.wake();
    }
  }

  /// Lets readers see what was committed.
  private void show(Appended appended) {
    long newest = hot.lastSeq();
    for (Reading row : appended.rows()) {
      if (row != null) {
        HotSeries series = hot.find(row.seriesId());
        if (series != null) {
          series.add(row);
        }
        newest = row.seq();
      }
    }
    deliveries.add(appended.deliveries());
    recent.add(appended.rows());
    hot.lastSeq(newest);
  }

  @Override
  public void abandoned() {
    // Nothing was made visible and no seq was taken. A commit that failed here is rolled back for
    // sure as long as this process lives, and at its next start memory is filled from the tables.
    turn.give();
  }

  @Override
  public Optional<Reading> latest(int seriesId) {
    HotSeries known = hot.find(seriesId);
    HotSeries series =
        known == null ? database.read(handle -> together.hotSeries(handle, seriesId)) : known;
    HotSeries.Latest latest = series.latest();
    if (latest.known()) {
      return Optional.ofNullable(latest.reading());
    }
    Optional<Reading> found = newestWithGoodClock(seriesId);
    series.found(found.orElse(null), latest.version());
    return found;
  }

  private Optional<Reading> newestWithGoodClock(int seriesId) {
    long to = Long.MAX_VALUE;
    for (int page = 1; ; page = Math.min(page * 10, 1_000)) {
      List<Reading> readings = newest(seriesId, Long.MIN_VALUE, to, page);
      if (readings.isEmpty()) {
        return Optional.empty();
      }
      for (Reading reading : readings) {
        if ((reading.quality() & Quality.CLOCK.bit()) == 0) {
          return Optional.of(reading);
        }
      }
      to = readings.getLast().ts();
    }
  }

  @Override
  public Optional<Reading> find(int seriesId, long ts) {
    return database.read(handle -> together.find(handle, seriesId, ts));
  }

  @Override
  public boolean isCommitted(Handle handle, int seriesId, long ts, long seq) {
    return together.find(handle, seriesId, ts).filter(found -> found.seq() == seq).isPresent();
  }

  @Override
  public List<Reading> newest(int seriesId, long from, long to, int limit) {
    List<Reading> unsealed = hot.between(seriesId, from, to, limit);
    List<Reading> sealed =
        database.read(handle -> chunks.newest(handle, seriesId, from, to, limit));
    return Merge.newest(unsealed, sealed, limit);
  }

  @Override
  public void scan(int seriesId, long from, long to, Consumer<Reading> consumer) {
    List<Reading> unsealed = hot.between(seriesId, from, to, Integer.MAX_VALUE);
    int given = 0;
    long next = from;
    while (next < to) {
      long start = next;
      ChunkTable.Page page = database.read(handle -> chunks.oldest(handle, seriesId, start, to));
      int end = given;
      while (end < unsealed.size() && unsealed.get(end).ts() < page.next()) {
        end++;
      }
      Merge.oldest(unsealed.subList(given, end), page.readings()).forEach(consumer);
      given = end;
      next = page.next();
    }
  }

  @Override
  public long count(int seriesId, long from, long to) {
    return count(new int[] {seriesId}, from, to);
  }

  @Override
  public long count(int[] seriesIds, long from, long to) {
    return together.count(seriesIds, from, to);
  }

  @Override
  public List<Reading> within(int[] seriesIds, long from, long to) {
    return together.within(seriesIds, from, to);
  }

  @Override
  public Optional<Reading> findBySeq(long seq) {
    return seq < 1 || seq > hot.lastSeq() ? Optional.empty() : together.findBySeq(seq);
  }

  @Override
  public List<Reading> withFirstSeq(List<Reading> readings) {
    return database.read(handle -> Corrections.withFirstSeq(handle, readings));
  }

  @Override
  public ReadingDays days() {
    return together.days();
  }

  @Override
  public OptionalLong firstTs(int seriesId) {
    HotSeries series = hot.find(seriesId);
    OptionalLong unsealed = series == null ? OptionalLong.empty() : series.first();
    OptionalLong sealed = database.read(handle -> chunks.firstTs(handle, seriesId));
    return unsealed.isPresent() && (sealed.isEmpty() || unsealed.getAsLong() < sealed.getAsLong())
        ? unsealed
        : sealed;
  }

  @Override
  public List<Reading> after(long seq, int limit) {
    long last = hot.lastSeq();
    return database.read(handle -> HotTable.between(handle, seq, last, limit));
  }

  @Override
  public long heldSince() {
    return hot.sealedSeq();
  }

  @Override
  public ReadingCursor cursor(String name) {
    return cursors.get(database, name);
  }

  @Override
  public Optional<Corrected> correct(Correction correction, BiConsumer<Handle, Corrected> also) {
    return change(
        handle -> {
          Optional<Corrections.Change> change =
              Corrections.correct(handle, correction, together::find);
          change.ifPresent(c -> also.accept(handle, c.corrected()));
          return change;
        });
  }

  @Override
  public Optional<Corrected> undo(long correctionId, String author, Instant at) {
    return change(handle -> Corrections.undo(handle, correctionId, author, at, together::find));
  }

  /// Gives a reading other contents: the same series and time once more, with a new seq.
  private Optional<Corrected> change(Database.Work<Optional<Corrections.Change>> work) {
    List<@Nullable Reading> rows = new ArrayList<>();
    try {
      Optional<Corrections.Change> done =
          database.write(
              handle -> {
                turn.take();
                Optional<Corrections.Change> change = work.run(handle);
                change.ifPresent(c -> rows.add(insertChanged(handle, c)));
                return change;
              });
      if (done.isPresent()) {
        show(new Appended(rows, List.of()));
        rows.forEach(row -> days.changed(Objects.requireNonNull(row)));
      }
      return done.map(Corrections.Change::corrected);
    } finally {
      turn.give();
    }
  }

  private Reading insertChanged(Handle handle, Corrections.Change change) {
    Reading row = change.after(hot.lastSeq() + 1);
    try (PreparedStatement insert = HotTable.insert(handle.getConnection())) {
      HotTable.bind(insert, row, 0);
      insert.executeBatch();
      return row;
    } catch (SQLException e) {
      throw failure("correct series " + row.seriesId(), e);
    }
  }

  @Override
  public Optional<Corrected> correction(long correctionId) {
    return database.read(handle -> Corrections.find(handle, correctionId));
  }

  @Override
  public List<Corrected> corrections(int seriesId, long from, long to, int limit) {
    return database.read(handle -> Corrections.list(handle, seriesId, from, to, limit));
  }

  @Override
  public long deleteBefore(int seriesId, long ts) {
    long day = UtcDay.start(ts);
    long before = count(seriesId, Long.MIN_VALUE, day);
    if (before > 0) {
      try {
        sealing.deleteBefore(seriesId, day);
        database.write(handle -> Corrections.forgetSeqs(handle, seriesId, day));
      } finally {
        days.forget();
      }
    }
    return before;
  }

  @Override
  public List<Reading> recentSince(long seq, int limit) {
    return recent.since(seq, limit);
  }

  @Override
  public long lastSeq() {
    return hot.lastSeq();
  }

  @Override
  public long unsealed() {
    return hot.size();
  }

  @Override
  public int damagedChunks() {
    return chunks.damagedChunks();
  }

  @Override
  public double fullness() {
    return hot.size() / (double) limits.most();
  }

  private static StorageException failure(String what, SQLException e) {
    return new StorageException("readings: " + what + ": " + e.getMessage(), e);
  }

  /// The times that an open append has taken in one series.
  private static final class Staged {
    private final HotSeries hot;
    private final Set<Long> times = new HashSet<>();
    private long max;

    /// From here on to the next one all is taken.
    private long untimedFrom = Long.MIN_VALUE;

    private long untimedNext;

    Staged(HotSeries hot) {
      this.hot = hot;
      this.max = hot.max();
    }

    /// Where to begin to look for a free time: ten thousand that arrived together need not look at
    /// each other.
    long untimed(long ts) {
      return ts == untimedFrom ? untimedNext : ts;
    }

    void add(long ts) {
      times.add(ts);
      max = Math.max(max, ts);
    }
  }
}
