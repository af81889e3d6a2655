package io.vatio.reading;

import io.vatio.platform.db.Database;
import io.vatio.platform.db.StorageException;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// Readings in PostgreSQL: one table keyed by series and time, in partitions of a month
/// ([PostgresPartitions]); the key itself keeps duplicates out ([PostgresAppend]).
final class PostgresReadingStore implements ReadingStore {
  private static final int RECENT = 65_536;

  /// Readings taken at once while a scan goes on.
  private static final int SCAN_PAGE = 8_192;

  private static final long DAY = 86_400_000_000L;
  private static final long DELETED_AT_ONCE = 31 * DAY;
  private static final Duration UPKEEP_EVERY = Duration.ofMinutes(30);

  private static final String COLUMNS = "seq, series_id, ts, value, quality, meta";

  private static final String NEWEST =
      "SELECT "
          + COLUMNS
          + " FROM reading WHERE series_id = ? AND ts >= ? AND ts < ? ORDER BY ts DESC LIMIT ?";

  private static final String PAGE =
      "SELECT "
          + COLUMNS
          + " FROM reading WHERE series_id = ? AND ts >= ? AND ts < ? ORDER BY ts LIMIT ?";

  private static final String AFTER =
      "SELECT " + COLUMNS + " FROM reading WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?";

  private static final String CHANGE =
      """
      UPDATE reading
         SET value = ?, quality = ?, seq = ?
       WHERE series_id = ? AND ts = ?
      RETURNING seq, series_id, ts, value, quality, meta
      """;

  /// 32 = the clock is not to be believed.
  static final String LATEST =
      "SELECT "
          + COLUMNS
          + " FROM reading WHERE series_id = ? AND quality & 32 = 0 ORDER BY ts DESC LIMIT 1";

  private static final String RECENTLY =
      "SELECT " + COLUMNS + ", delivery FROM reading ORDER BY seq DESC LIMIT " + RECENT;

  private final Database database;
  private final PostgresPartitions partitions = new PostgresPartitions();
  private final PostgresCopy copy = new PostgresCopy();
  private final AppendTurn turn = new AppendTurn();
  private final Cursors cursors = new Cursors();
  private final RecentReadings recent = new RecentReadings(RECENT);
  private final Deliveries deliveries = new Deliveries(100_000);
  private final Map<Integer, Optional<Reading>> latest = new ConcurrentHashMap<>();

  /// Greatest time given to an untimed reading of each series; used by the appending thread only.
  private final Map<Integer, Long> untimed = new HashMap<>();

  private volatile long lastSeq;
  private volatile boolean stale;
  private @Nullable Upkeep upkeep;

  private PostgresReadingStore(Database database) {
    this.database = database;
  }

  static PostgresReadingStore open(Database database) {
    PostgresReadingStore store = new PostgresReadingStore(database);
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
    try (PreparedStatement select = handle.getConnection().prepareStatement(RECENTLY);
        ResultSet rows = select.executeQuery()) {
      while (rows.next()) {
        newest.add(reading(rows));
        long delivery = rows.getLong(7);
        if (!rows.wasNull()) {
          fingerprints.add(delivery);
        }
      }
    } catch (SQLException e) {
      throw failure("load recent", e);
    }
    recent.replace(newest.reversed());
    deliveries.add(fingerprints.reversed());
    lastSeq = recent.lastSeq();
  }

  @Override
  public void start(Clock clock, ReadingSettings settings) {
    upkeep = new Upkeep("readings-upkeep", UPKEEP_EVERY, _ -> rollForward(clock.instant()));
    upkeep.start();
  }

  private void rollForward(Instant now) {
    turn.take();
    try {
      partitions.rollForward(database, now);
    } finally {
      turn.give();
    }
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
      stale = false;
    }
    PostgresAppend append =
        new PostgresAppend(handle.getConnection(), copy, PostgresAppend.COPY_FROM, readings);
    Set<Long> fingerprints = new HashSet<>();
    for (int i = 0; i < readings.size(); i++) {
      NewReading r = readings.get(i);
      if (deliveries.repeats(r, fingerprints)) {
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
    long place = reading.ts();
    if (last != null) {
      place = Math.max(place, last + 1);
    } else {
      try {
        place = PostgresAppend.free(handle.getConnection(), reading.seriesId(), place);
      } catch (SQLException e) {
        throw failure("place in series " + reading.seriesId(), e);
      }
    }
    untimed.put(reading.seriesId(), place);
    return place;
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
    List<@Nullable Reading> inOrder = new ArrayList<>();
    for (Reading row : appended.rows()) {
      if (row != null) {
        inOrder.add(row);
        if ((row.quality() & Quality.CLOCK.bit()) == 0) {
          latest.computeIfPresent(
              row.seriesId(),
              (_, known) ->
                  known.isPresent() && known.get().ts() > row.ts() ? known : Optional.of(row));
        } else {
          latest.computeIfPresent(
              row.seriesId(),
              (_, known) -> known.isPresent() && known.get().ts() == row.ts() ? null : known);
        }
      }
    }
    // What had to move on to a free time got its number later.
    inOrder.sort((a, b) -> Long.compare(seq(a), seq(b)));
    recent.add(inOrder);
    deliveries.add(appended.deliveries());
    lastSeq = Math.max(lastSeq, recent.lastSeq());
    turn.give();
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
    Optional<Reading> found =
        database.read(
            handle ->
                select(handle, LATEST, "latest", s -> s.setInt(1, seriesId)).stream().findFirst());
    Optional<Reading> before = latest.putIfAbsent(seriesId, found);
    return before == null ? found : before;
  }

  @Override
  public List<Reading> newest(int seriesId, long from, long to, int limit) {
    return database.read(
        handle ->
            select(
                handle,
                NEWEST,
                "newest",
                s -> {
                  s.setInt(1, seriesId);
                  s.setLong(2, from);
                  s.setLong(3, to);
                  s.setInt(4, limit);
                }));
  }

  @Override
  public Optional<Reading> find(int seriesId, long ts) {
    return database.read(handle -> find(handle, seriesId, ts));
  }

  @Override
  public boolean isCommitted(Handle handle, int seriesId, long ts, long seq) {
    PostgresAppend.lock(handle.getConnection());
    return find(handle, seriesId, ts).filter(found -> found.seq() == seq).isPresent();
  }

  private static Optional<Reading> find(Handle handle, int seriesId, long ts) {
    return page(handle, seriesId, ts, ts + 1, 1).stream().findFirst();
  }

  @Override
  public void scan(int seriesId, long from, long to, Consumer<Reading> consumer) {
    long next = from;
    while (next < to) {
      long start = next;
      List<Reading> readings =
          database.read(handle -> page(handle, seriesId, start, to, SCAN_PAGE));
      readings.forEach(consumer);
      next = readings.size() < SCAN_PAGE ? to : readings.getLast().ts() + 1;
    }
  }

  private static List<Reading> page(Handle handle, int seriesId, long from, long to, int limit) {
    return select(
        handle,
        PAGE,
        "scan",
        s -> {
          s.setInt(1, seriesId);
          s.setLong(2, from);
          s.setLong(3, to);
          s.setInt(4, limit);
        });
  }

  @Override
  public long count(int seriesId, long from, long to) {
    return database.read(
        handle ->
            handle
                .createQuery(
                    "SELECT count(*) FROM reading WHERE series_id = ? AND ts >= ? AND ts < ?")
                .bind(0, seriesId)
                .bind(1, from)
                .bind(2, to)
                .mapTo(Long.class)
                .one());
  }

  @Override
  public OptionalLong firstTs(int seriesId) {
    return database
        .read(handle -> page(handle, seriesId, Long.MIN_VALUE, Long.MAX_VALUE, 1))
        .stream()
        .mapToLong(Reading::ts)
        .findFirst();
  }

  @Override
  public List<Reading> after(long seq, int limit) {
    long last = lastSeq;
    return database.read(
        handle ->
            select(
                handle,
                AFTER,
                "after",
                s -> {
                  s.setLong(1, seq);
                  s.setLong(2, last);
                  s.setInt(3, limit);
                }));
  }

  @Override
  public long heldSince() {
    return 0;
  }

  @Override
  public ReadingCursor cursor(String name) {
    return cursors.get(database, name);
  }

  @Override
  public Optional<Corrected> correct(Correction correction) {
    return change(
        handle ->
            find(handle, correction.seriesId(), correction.ts())
                .map(
                    before ->
                        new Change(
                            update(handle, before, correction.value(), correction.quality()),
                            Corrections.insert(handle, correction, before))));
  }

  @Override
  public Optional<Corrected> undo(long correctionId, String author, Instant at) {
    return change(
        handle ->
            Corrections.findUndoable(handle, correctionId)
                .flatMap(
                    corrected ->
                        find(handle, corrected.seriesId(), corrected.ts())
                            .map(
                                before ->
                                    new Change(
                                        update(
                                            handle,
                                            before,
                                            corrected.oldValue(),
                                            corrected.oldQuality()),
                                        Corrections.markUndone(
                                            handle, correctionId, author, at)))));
  }

  private Optional<Corrected> change(Database.Work<Optional<Change>> work) {
    try {
      Optional<Change> done =
          database.write(
              handle -> {
                turn.take();
                return work.run(handle);
              });
      done.ifPresent(change -> committed(new Appended(List.of(change.after()), List.of())));
      return done.map(Change::corrected);
    } catch (StorageException e) {
      // Perhaps it was committed after all.
      stale = true;
      throw e;
    } finally {
      turn.give();
    }
  }

  private static Reading update(Handle handle, Reading before, double value, int quality) {
    long seq = PostgresAppend.number(handle.getConnection(), 1);
    return select(
            handle,
            CHANGE,
            "correct",
            s -> {
              s.setDouble(1, value);
              s.setInt(2, quality);
              s.setLong(3, seq);
              s.setInt(4, before.seriesId());
              s.setLong(5, before.ts());
            })
        .getFirst();
  }

  @Override
  public List<Corrected> corrections(int seriesId, long from, long to, int limit) {
    return database.read(handle -> Corrections.list(handle, seriesId, from, to, limit));
  }

  @Override
  public long deleteBefore(int seriesId, long ts) {
    long day = Math.floorDiv(ts, DAY) * DAY;
    long removed = 0;
    OptionalLong first = firstTs(seriesId);
    while (first.isPresent() && first.getAsLong() < day) {
      // Readings may lie further apart than a month: each step begins at one.
      long to = Math.min(day, Math.addExact(first.getAsLong(), DELETED_AT_ONCE));
      removed +=
          database.write(
              handle ->
                  handle.execute(
                      "DELETE FROM reading WHERE series_id = ? AND ts < ?", seriesId, to));
      first = firstTs(seriesId);
    }
    latest.remove(seriesId);
    return removed;
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
  public boolean isFull() {
    return false;
  }

  private static List<Reading> select(Handle handle, String sql, String what, Binder binder) {
    try (PreparedStatement select = handle.getConnection().prepareStatement(sql)) {
      binder.bind(select);
      try (ResultSet rows = select.executeQuery()) {
        List<Reading> result = new ArrayList<>();
        while (rows.next()) {
          result.add(reading(rows));
        }
        return result;
      }
    } catch (SQLException e) {
      throw failure(what, e);
    }
  }

  private static Reading reading(ResultSet row) throws SQLException {
    return new Reading(
        row.getLong(1),
        row.getInt(2),
        row.getLong(3),
        row.getDouble(4),
        row.getInt(5),
        row.getString(6));
  }

  private static StorageException failure(String what, SQLException e) {
    return new StorageException("readings: " + what + ": " + e.getMessage(), e);
  }

  private interface Binder {
    void bind(PreparedStatement statement) throws SQLException;
  }

  private record Change(Reading after, Corrected corrected) {}
}
