package io.vatio.reading;

import io.vatio.platform.db.Database;
import io.vatio.platform.db.StorageException;
import io.vatio.platform.schedule.Upkeep;
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
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// Readings in PostgreSQL: one table keyed by series and time, in partitions of a month
/// ([PostgresPartitions]); the key itself keeps duplicates out ([PostgresAppend]). Months that are
/// over become compressed chunks ([PostgresSealing]).
///
/// A question looks at the rows first and at the chunks second: what moves in between is then seen
/// twice, never missed, and counts once.
final class PostgresReadingStore implements ReadingStore {
  private static final int RECENT = 65_536;

  /// Readings taken at once while a scan goes on.
  private static final int SCAN_PAGE = 8_192;

  private static final long DELETED_AT_ONCE = 31 * UtcDay.MICROS;
  private static final Duration UPKEEP_EVERY = Duration.ofMinutes(30);

  /// How long sealing lets others go first between two transactions.
  private static final Duration PAUSE = Duration.ofMillis(2);

  private final Database database;
  private final PostgresPartitions partitions = new PostgresPartitions();
  private final PostgresCopy copy = new PostgresCopy();
  private final AppendTurn turn = new AppendTurn();
  private final Cursors cursors = new Cursors();
  private final ChunkTable chunks = new ChunkTable();
  private final ReadingDays days = new ReadingDays();
  private final PostgresTogether together;
  private final PostgresSealing sealing;
  private final RecentReadings recent = new RecentReadings(RECENT);
  private final Deliveries deliveries = new Deliveries(100_000);
  private final Map<Integer, Optional<Reading>> latest = new ConcurrentHashMap<>();

  /// Greatest time given to an untimed reading of each series; used by the appending thread only.
  private final Map<Integer, Long> untimed = new HashMap<>();

  private volatile long lastSeq;
  private volatile boolean stale;
  private @Nullable Upkeep upkeep;

  private PostgresReadingStore(Database database, ChunkShape shape) {
    this.database = database;
    this.sealing =
        new PostgresSealing(
            database, partitions, cursors, turn, chunks, new ChunkFolding(chunks, shape));
    this.together = new PostgresTogether(database, turn, chunks, sealing, days);
  }

  static PostgresReadingStore open(Database database) {
    return open(database, ChunkShape.DEFAULT);
  }

  static PostgresReadingStore open(Database database, ChunkShape shape) {
    PostgresReadingStore store = new PostgresReadingStore(database, shape);
    store.partitions.sort(
        database,
        database.read(handle -> handle.createQuery("SELECT now()").mapTo(Instant.class).one()));
    database.read(
        handle -> {
          store.cursors.load(handle);
          store.load(handle);
          return true;
        });
    return store;
  }

  private void load(Handle handle) {
    List<@Nullable Reading> newest = new ArrayList<>();
    List<Long> fingerprints = new ArrayList<>();
    sealing.load(handle);
    PostgresRows.recently(
        handle,
        RECENT,
        (reading, delivery) -> {
          newest.add(reading);
          if (delivery != null) {
            fingerprints.add(delivery);
          }
        });
    recent.replace(newest.reversed());
    deliveries.add(fingerprints.reversed());
    lastSeq = Math.max(recent.lastSeq(), sealing.sealedSeq());
  }

  @Override
  public void start(Clock clock, ReadingSettings settings) {
    upkeep =
        new Upkeep(
            "reading-seal",
            UPKEEP_EVERY,
            round -> {
              Instant now = clock.instant();
              rollForward(now);
              sealing.seal(now, () -> round.pause(PAUSE));
              while (sealing.merge(now, () -> round.pause(PAUSE))) {
                // Some days at a time.
              }
              return false;
            });
    upkeep.start();
  }

  private void rollForward(Instant now) {
    try {
      partitions.rollForward(database, now, turn::take);
    } finally {
      turn.give();
    }
  }

  /// Seals the months that are over now.
  void seal(Instant now) {
    sealing.seal(now, () -> true);
  }

  /// Merges some finished days now; returns whether there is more to do.
  boolean merge(Instant now) {
    return sealing.merge(now, () -> true);
  }

  @Override
  public void close() {
    if (upkeep != null) {
      upkeep.close();
    }
  }

  @Override
  public Appended append(Handle handle, List<NewReading> readings) {
    turn.take();
    if (stale) {
      // The last batch may be in the table after all; its messages will be sent again. The lock
      // says that its fate is decided.
      PostgresAppend.lock(handle.getConnection());
      partitions.load(handle);
      copy.forget();
      load(handle);
      latest.clear();
      days.forget();
      stale = false;
    }
    PostgresAppend append =
        new PostgresAppend(
            handle.getConnection(),
            copy,
            PostgresAppend.COPY_FROM,
            (seriesId, from) -> free(handle, seriesId, from),
            readings);
    Set<Long> fingerprints = new HashSet<>();
    for (int i = 0; i < readings.size(); i++) {
      NewReading r = readings.get(i);
      if (deliveries.repeats(r, fingerprints)) {
        continue;
      }
      if (r.timed() && sealing.contains(handle, r.seriesId(), r.ts())) {
        continue;
      }
      if (!r.timed() && r.delivery() != 0) {
        fingerprints.add(r.delivery());
      }
      long ts = r.timed() ? r.ts() : place(handle, r);
      partitions.ensure(handle, ts);
      append.add(i, ts);
    }
    try {
      List<@Nullable Reading> rows = append.run();
      notePlaces(readings, rows);
      return new Appended(rows, fingerprints);
    } catch (SQLException e) {
      throw failure("append " + readings.size() + " readings", e);
    }
  }

  /// Where a reading without a time of its own may stand: behind the last one of its kind.
  private long place(Handle handle, NewReading reading) {
    Long last = untimed.get(reading.seriesId());
    long place = last == null ? reading.ts() : Math.max(reading.ts(), last + 1);
    if (last == null || place <= sealing.sealedMax(handle, reading.seriesId())) {
      try {
        place = free(handle, reading.seriesId(), place);
      } catch (SQLException e) {
        throw failure("place in series " + reading.seriesId(), e);
      }
    }
    untimed.put(reading.seriesId(), place);
    return place;
  }

  private long free(Handle handle, int seriesId, long from) throws SQLException {
    long free = PostgresAppend.free(handle.getConnection(), seriesId, from);
    while (sealing.contains(handle, seriesId, free)) {
      free = PostgresAppend.free(handle.getConnection(), seriesId, free + 1);
    }
    partitions.ensure(handle, free);
    return free;
  }

  private void notePlaces(List<NewReading> readings, List<@Nullable Reading> rows) {
    for (int i = 0; i < rows.size(); i++) {
      Reading row = rows.get(i);
      if (row != null && !readings.get(i).timed()) {
        untimed.merge(row.seriesId(), row.ts(), Math::max);
      }
    }
  }

  @Override
  public void committed(Appended appended) {
    days.added(appended.rows());
    show(appended);
  }

  private void show(Appended appended) {
    List<@Nullable Reading> inOrder = new ArrayList<>();
    for (Reading row : appended.rows()) {
      if (row != null) {
        inOrder.add(row);
      }
    }
    // What had to move on to a free time got its number later.
    inOrder.sort((a, b) -> Long.compare(seq(a), seq(b)));
    recent.add(inOrder);
    deliveries.add(appended.deliveries());
    synchronized (latest) {
      inOrder.forEach(this::noteLatest);
      lastSeq = Math.max(lastSeq, recent.lastSeq());
    }
    turn.give();
  }

  private void noteLatest(@Nullable Reading row) {
    if (row == null) {
      return;
    }
    boolean believed = (row.quality() & Quality.CLOCK.bit()) == 0;
    latest.computeIfPresent(
        row.seriesId(),
        (_, known) -> {
          if (believed) {
            return known.isPresent() && known.get().ts() > row.ts() ? known : Optional.of(row);
          }
          return known.isPresent() && known.get().ts() == row.ts() ? null : known;
        });
  }

  private static long seq(@Nullable Reading reading) {
    return reading == null ? 0 : reading.seq();
  }

  @Override
  public void abandoned() {
    stale = true;
    turn.give();
  }

  @Override
  public Optional<Reading> latest(int seriesId) {
    Optional<Reading> known = latest.get(seriesId);
    if (known != null) {
      return known;
    }
    long before = lastSeq;
    Optional<Reading> found = newestWithGoodClock(seriesId);
    synchronized (latest) {
      // What was committed meanwhile may be newer.
      if (lastSeq == before) {
        latest.putIfAbsent(seriesId, found);
      }
    }
    return found;
  }

  private Optional<Reading> newestWithGoodClock(int seriesId) {
    Optional<Reading> row =
        database.read(
            handle ->
                PostgresRows.latest(handle, seriesId)
                    .filter(reading -> reading.ts() > sealing.sealedMax(handle, seriesId)));
    long to = Long.MAX_VALUE;
    for (int page = 1; row.isEmpty(); page = Math.min(page * 10, 1_000)) {
      List<Reading> readings = newest(seriesId, Long.MIN_VALUE, to, page);
      if (readings.isEmpty()) {
        return row;
      }
      row = readings.stream().filter(r -> (r.quality() & Quality.CLOCK.bit()) == 0).findFirst();
      to = readings.getLast().ts();
    }
    return row;
  }

  @Override
  public List<Reading> newest(int seriesId, long from, long to, int limit) {
    return database.read(
        handle -> {
          List<Reading> rows = PostgresRows.newest(handle, seriesId, from, to, limit);
          long oldest = rows.size() < limit ? from : rows.getLast().ts();
          if (oldest > sealing.sealedMax(handle, seriesId)) {
            return rows;
          }
          List<Reading> sealed = chunks.newest(handle, seriesId, oldest, to, limit);
          return Merge.newest(rows.reversed(), sealed, limit);
        });
  }

  @Override
  public Optional<Reading> find(int seriesId, long ts) {
    return database.read(handle -> together.find(handle, seriesId, ts));
  }

  @Override
  public boolean isCommitted(Handle handle, int seriesId, long ts, long seq) {
    PostgresAppend.lock(handle.getConnection());
    return together.find(handle, seriesId, ts).filter(found -> found.seq() == seq).isPresent();
  }

  @Override
  public void scan(int seriesId, long from, long to, Consumer<Reading> consumer) {
    List<Reading> rows = List.of();
    int given = 0;
    long rowsEnd = from;
    long next = from;
    while (next < to) {
      long start = next;
      if (start >= rowsEnd) {
        rows = database.read(handle -> PostgresRows.oldest(handle, seriesId, start, to, SCAN_PAGE));
        given = 0;
        rowsEnd = rows.size() < SCAN_PAGE ? to : rows.getLast().ts() + 1;
      }
      long end = rowsEnd;
      ChunkTable.Page page = database.read(handle -> sealed(handle, seriesId, start, end));
      int until = given;
      while (until < rows.size() && rows.get(until).ts() < page.next()) {
        until++;
      }
      Merge.oldest(rows.subList(given, until), page.readings()).forEach(consumer);
      given = until;
      next = page.next();
    }
  }

  private ChunkTable.Page sealed(Handle handle, int seriesId, long from, long to) {
    return from > sealing.sealedMax(handle, seriesId)
        ? new ChunkTable.Page(List.of(), to)
        : chunks.oldest(handle, seriesId, from, to);
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
    return seq < 1 || seq > lastSeq ? Optional.empty() : together.findBySeq(seq);
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
    return database.read(
        handle -> {
          OptionalLong row = PostgresRows.firstTs(handle, seriesId);
          OptionalLong sealed = chunks.firstTs(handle, seriesId);
          return row.isPresent() && (sealed.isEmpty() || row.getAsLong() < sealed.getAsLong())
              ? row
              : sealed;
        });
  }

  @Override
  public List<Reading> after(long seq, int limit) {
    long last = lastSeq;
    return database.read(handle -> PostgresRows.after(handle, seq, last, limit));
  }

  @Override
  public long heldSince() {
    return sealing.sealedSeq();
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
                change.ifPresent(c -> rows.add(update(handle, c)));
                return change;
              });
      if (done.isPresent()) {
        show(new Appended(rows, List.of()));
        rows.forEach(row -> days.changed(Objects.requireNonNull(row)));
      }
      return done.map(Corrections.Change::corrected);
    } catch (StorageException e) {
      // Perhaps it was committed after all.
      stale = true;
      throw e;
    } finally {
      turn.give();
    }
  }

  private Reading update(Handle handle, Corrections.Change change) {
    Reading after = change.after(PostgresAppend.number(handle.getConnection(), 1));
    partitions.ensure(handle, after.ts());
    PostgresRows.put(handle, after);
    return after;
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
        sealing.deleteBefore(seriesId, day, DELETED_AT_ONCE);
        database.write(handle -> Corrections.forgetSeqs(handle, seriesId, day));
      } finally {
        latest.remove(seriesId);
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
    return lastSeq;
  }

  @Override
  public double fullness() {
    return 0;
  }

  private static StorageException failure(String what, SQLException e) {
    return new StorageException("readings: " + what + ": " + e.getMessage(), e);
  }
}
