package io.vatio.reading;

import io.vatio.platform.db.Database;
import io.vatio.platform.db.StorageException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
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

/// Readings in SQLite.
///
/// New ones are appended to a table without any index (the cheapest durable write: one or two pages
/// a commit, whatever the number of series) and kept in memory, where they are found by series and
/// time. Settling moves the oldest of them into the table that is ordered by series and time.
final class SqliteReadingStore implements ReadingStore {
  /// Hot rows that stay hot even in quiet times: redelivered messages are recognised among them.
  private static final int KEEP_HOT = 20_000;

  /// Hot rows at which settling no longer waits for a quiet moment; bounds memory to about 150 MB.
  private static final int MAX_HOT = 1_500_000;

  /// Rows moved in one transaction: some 30 ms in which nothing else is committed.
  private static final int SLICE = 2_000;

  /// Readings taken at once while a scan goes on.
  private static final int SCAN_PAGE = 8_192;

  private static final long DAY = 86_400_000_000L;

  private static final Duration PAUSE = Duration.ofMillis(5);

  private static final String INSERT =
      """
      INSERT INTO reading_hot (seq, series_id, ts, value, quality, meta, delivery)
      VALUES (?, ?, ?, ?, ?, ?, ?)
      """;

  private static final String EXISTS = "SELECT 1 FROM reading WHERE series_id = ? AND ts = ?";

  private static final String SETTLED_MAX = "SELECT max(ts) FROM reading WHERE series_id = ?";

  private static final String NEWEST =
      """
      SELECT seq, series_id, ts, value, quality, meta
        FROM reading
       WHERE series_id = ? AND ts >= ? AND ts < ?
       ORDER BY ts DESC
       LIMIT ?
      """;

  private static final String PAGE =
      """
      SELECT seq, series_id, ts, value, quality, meta
        FROM reading
       WHERE series_id = ? AND ts >= ? AND ts < ?
       ORDER BY ts
       LIMIT ?
      """;

  private static final String COUNT =
      "SELECT count(*) FROM reading WHERE series_id = ? AND ts >= ? AND ts < ?";

  private static final String FIRST = "SELECT min(ts) FROM reading WHERE series_id = ?";

  private static final String AFTER =
      """
      SELECT seq, series_id, ts, value, quality, meta
        FROM reading_hot
       WHERE seq > ? AND seq <= ?
       ORDER BY seq
       LIMIT ?
      """;

  private static final String MOVE =
      """
      INSERT INTO reading (series_id, ts, seq, value, quality, meta)
      SELECT series_id, ts, seq, value, quality, meta
        FROM reading_hot
       WHERE seq <= ?
       ORDER BY series_id, ts, seq
      ON CONFLICT (series_id, ts) DO UPDATE
         SET seq = excluded.seq,
             value = excluded.value,
             quality = excluded.quality,
             meta = excluded.meta
       WHERE excluded.seq > reading.seq
      """;

  private static final String MARK =
      """
      INSERT INTO reading_mark (name, value) VALUES ('settled_seq', ?)
      ON CONFLICT (name) DO UPDATE SET value = excluded.value
      """;

  private final Database database;
  private final AppendTurn turn = new AppendTurn();
  private final Cursors cursors = new Cursors();
  private final Map<Integer, HotSeries> series = new ConcurrentHashMap<>();
  private final RecentReadings recent = new RecentReadings(65_536);
  private final Deliveries deliveries = new Deliveries(100_000);
  private volatile long lastSeq;
  private volatile long settledSeq;

  /// What is settled and no longer in memory; used by the appending thread only.
  private long forgottenSeq;

  private @Nullable Upkeep upkeep;

  private SqliteReadingStore(Database database) {
    this.database = database;
  }

  static SqliteReadingStore open(Database database) {
    SqliteReadingStore store = new SqliteReadingStore(database);
    database.read(
        handle -> {
          store.load(handle);
          return true;
        });
    return store;
  }

  private void load(Handle handle) {
    cursors.load(handle);
    settledSeq =
        handle
            .createQuery("SELECT value FROM reading_mark WHERE name = 'settled_seq'")
            .mapTo(Long.class)
            .findOne()
            .orElse(0L);
    forgottenSeq = settledSeq;
    lastSeq = settledSeq;
    try (PreparedStatement select =
            handle
                .getConnection()
                .prepareStatement(
                    "SELECT seq, series_id, ts, value, quality, meta, delivery FROM reading_hot ORDER BY seq");
        ResultSet rows = select.executeQuery()) {
      List<@Nullable Reading> one = new ArrayList<>();
      while (rows.next()) {
        Reading reading = reading(rows);
        hot(handle, reading.seriesId()).add(reading);
        one.clear();
        one.add(reading);
        recent.add(one);
        long delivery = rows.getLong(7);
        if (!rows.wasNull()) {
          deliveries.add(List.of(delivery));
        }
        lastSeq = reading.seq();
      }
    } catch (SQLException e) {
      throw failure("load unsettled readings", e);
    }
  }

  @Override
  public void start(Clock clock, ReadingSettings settings) {
    upkeep =
        new Upkeep(
            "reading-seal",
            settings.sealEvery(),
            round -> {
              while (settle() && round.pause(PAUSE)) {
                // Slice by slice.
              }
            });
    upkeep.start();
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
    List<@Nullable Reading> rows = new ArrayList<>(readings.size());
    Set<Long> fingerprints = new HashSet<>();
    Map<Integer, Staged> staged = new HashMap<>();
    long seq = lastSeq;
    try (PreparedStatement insert = handle.getConnection().prepareStatement(INSERT)) {
      for (NewReading r : readings) {
        if (deliveries.repeats(r, fingerprints)) {
          rows.add(null);
          continue;
        }
        Staged place = staged.get(r.seriesId());
        if (place == null) {
          place = new Staged(hot(handle, r.seriesId()));
          staged.put(r.seriesId(), place);
        }
        long ts = r.ts();
        if (r.timed()) {
          if (isPresent(handle.getConnection(), place, r.seriesId(), ts)) {
            rows.add(null);
            continue;
          }
        } else {
          while (isPresent(handle.getConnection(), place, r.seriesId(), ts)) {
            ts++;
          }
        }
        place.add(ts);
        Reading row = new Reading(++seq, r.seriesId(), ts, r.value(), r.quality(), r.meta());
        boolean fingerprint = !r.timed() && r.delivery() != 0;
        bind(insert, row, fingerprint ? r.delivery() : 0);
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

  private static void bind(PreparedStatement insert, Reading row, long delivery)
      throws SQLException {
    insert.setLong(1, row.seq());
    insert.setInt(2, row.seriesId());
    insert.setLong(3, row.ts());
    insert.setDouble(4, row.value());
    insert.setInt(5, row.quality());
    if (row.meta() == null) {
      insert.setNull(6, Types.VARCHAR);
    } else {
      insert.setString(6, row.meta());
    }
    if (delivery == 0) {
      insert.setNull(7, Types.BIGINT);
    } else {
      insert.setLong(7, delivery);
    }
    insert.addBatch();
  }

  private static boolean isPresent(Connection connection, Staged place, int seriesId, long ts)
      throws SQLException {
    if (ts > place.max) {
      return false;
    }
    if (place.times.contains(ts) || place.hot.contains(ts)) {
      return true;
    }
    if (ts > place.hot.sealedMax()) {
      return false;
    }
    try (PreparedStatement exists = connection.prepareStatement(EXISTS)) {
      exists.setInt(1, seriesId);
      exists.setLong(2, ts);
      try (ResultSet found = exists.executeQuery()) {
        return found.next();
      }
    }
  }

  @Override
  public void committed(Appended appended) {
    long newest = lastSeq;
    for (Reading row : appended.rows()) {
      if (row != null) {
        HotSeries hot = series.get(row.seriesId());
        if (hot != null) {
          hot.add(row);
        }
        newest = row.seq();
      }
    }
    deliveries.add(appended.deliveries());
    recent.add(appended.rows());
    lastSeq = newest;
    turn.give();
    if (upkeep != null && newest - settledSeq > MAX_HOT / 2) {
      upkeep.wake();
    }
  }

  @Override
  public void abandoned() {
    // Nothing was made visible and no seq was taken. A commit that failed here is rolled back for
    // sure as long as this process lives, and at its next start memory is filled from the tables.
    turn.give();
  }

  @Override
  public Optional<Reading> latest(int seriesId) {
    HotSeries known = series.get(seriesId);
    HotSeries hot = known == null ? database.read(handle -> hot(handle, seriesId)) : known;
    HotSeries.Latest latest = hot.latest();
    if (latest.known()) {
      return Optional.ofNullable(latest.reading());
    }
    Optional<Reading> found = newestWithGoodClock(seriesId);
    hot.found(found.orElse(null), latest.version());
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
    return database.read(handle -> find(handle, seriesId, ts));
  }

  private Optional<Reading> find(Handle handle, int seriesId, long ts) {
    Reading hot = hot(handle, seriesId).find(ts);
    return hot == null ? page(handle, seriesId, ts, ts, 1).stream().findFirst() : Optional.of(hot);
  }

  @Override
  public List<Reading> newest(int seriesId, long from, long to, int limit) {
    // Memory first: what moves to the table in between is then seen twice, never missed.
    List<Reading> hot = hotBetween(seriesId, from, to, limit);
    List<Reading> settled =
        database.read(
            handle -> {
              try (PreparedStatement select = handle.getConnection().prepareStatement(NEWEST)) {
                select.setInt(1, seriesId);
                select.setLong(2, from);
                select.setLong(3, to);
                select.setInt(4, limit);
                return readings(select);
              } catch (SQLException e) {
                throw failure("newest of series " + seriesId, e);
              }
            });
    return Merge.newest(hot, settled, limit);
  }

  @Override
  public void scan(int seriesId, long from, long to, Consumer<Reading> consumer) {
    long next = from;
    while (next < to) {
      long start = next;
      // Memory first: what moves to the table in between is then seen twice, never missed.
      List<Reading> hot = hotBetween(seriesId, start, to, Integer.MAX_VALUE);
      List<Reading> sealed =
          database.read(handle -> page(handle, seriesId, start, to - 1, SCAN_PAGE));
      long end = sealed.size() < SCAN_PAGE ? to : sealed.getLast().ts() + 1;
      Merge.oldest(hot.stream().filter(r -> r.ts() < end).toList(), sealed).forEach(consumer);
      next = end;
    }
  }

  /// Sealed readings with from ≤ ts ≤ last, oldest first.
  private static List<Reading> page(Handle handle, int seriesId, long from, long last, int limit) {
    try (PreparedStatement select = handle.getConnection().prepareStatement(PAGE)) {
      select.setInt(1, seriesId);
      select.setLong(2, from);
      select.setLong(3, last + 1);
      select.setInt(4, limit);
      return readings(select);
    } catch (SQLException e) {
      throw failure("scan series " + seriesId, e);
    }
  }

  @Override
  public long count(int seriesId, long from, long to) {
    List<Reading> hot = hotBetween(seriesId, from, to, Integer.MAX_VALUE);
    return database.read(
        handle -> {
          long count =
              handle
                  .createQuery(COUNT)
                  .bind(0, seriesId)
                  .bind(1, from)
                  .bind(2, to)
                  .mapTo(Long.class)
                  .one();
          for (Reading reading : hot) {
            if (page(handle, seriesId, reading.ts(), reading.ts(), 1).isEmpty()) {
              count++;
            }
          }
          return count;
        });
  }

  @Override
  public OptionalLong firstTs(int seriesId) {
    List<Reading> hot = hotBetween(seriesId, Long.MIN_VALUE, Long.MAX_VALUE, Integer.MAX_VALUE);
    Optional<Long> sealed =
        database.read(
            handle -> handle.createQuery(FIRST).bind(0, seriesId).mapTo(Long.class).findOne());
    if (hot.isEmpty()) {
      return sealed.map(OptionalLong::of).orElseGet(OptionalLong::empty);
    }
    return OptionalLong.of(Math.min(hot.getFirst().ts(), sealed.orElse(Long.MAX_VALUE)));
  }

  @Override
  public List<Reading> after(long seq, int limit) {
    long last = lastSeq;
    return database.read(
        handle -> {
          try (PreparedStatement select = handle.getConnection().prepareStatement(AFTER)) {
            select.setLong(1, seq);
            select.setLong(2, last);
            select.setInt(3, limit);
            return readings(select);
          } catch (SQLException e) {
            throw failure("after " + seq, e);
          }
        });
  }

  @Override
  public long heldSince() {
    return settledSeq;
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
                            before,
                            correction.value(),
                            correction.quality(),
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
                                        before,
                                        corrected.oldValue(),
                                        corrected.oldQuality(),
                                        Corrections.markUndone(
                                            handle, correctionId, author, at)))));
  }

  /// Gives a reading other contents: the same series and time once more, with a new seq.
  private Optional<Corrected> change(Database.Work<Optional<Change>> work) {
    List<@Nullable Reading> rows = new ArrayList<>();
    try {
      Optional<Change> done =
          database.write(
              handle -> {
                turn.take();
                Optional<Change> change = work.run(handle);
                change.ifPresent(c -> rows.add(insertChanged(handle, c)));
                return change;
              });
      if (done.isPresent()) {
        committed(new Appended(rows, List.of()));
      }
      return done.map(Change::corrected);
    } finally {
      turn.give();
    }
  }

  private Reading insertChanged(Handle handle, Change change) {
    Reading before = change.before();
    Reading row =
        new Reading(
            lastSeq + 1,
            before.seriesId(),
            before.ts(),
            change.value(),
            change.quality(),
            before.meta());
    try (PreparedStatement insert = handle.getConnection().prepareStatement(INSERT)) {
      bind(insert, row, 0);
      insert.executeBatch();
      return row;
    } catch (SQLException e) {
      throw failure("correct series " + row.seriesId(), e);
    }
  }

  @Override
  public List<Corrected> corrections(int seriesId, long from, long to, int limit) {
    return database.read(handle -> Corrections.list(handle, seriesId, from, to, limit));
  }

  @Override
  public long deleteBefore(int seriesId, long ts) {
    long day = Math.floorDiv(ts, DAY) * DAY;
    long removed = count(seriesId, Long.MIN_VALUE, day);
    database.write(
        handle -> {
          handle.execute("DELETE FROM reading WHERE series_id = ? AND ts < ?", seriesId, day);
          return handle.execute(
              "DELETE FROM reading_hot WHERE series_id = ? AND ts < ?", seriesId, day);
        });
    HotSeries hot = series.get(seriesId);
    if (hot != null) {
      hot.deleteBefore(day);
    }
    return removed;
  }

  private List<Reading> hotBetween(int seriesId, long from, long to, int limit) {
    HotSeries hot = series.get(seriesId);
    return hot == null ? List.of() : hot.between(from, to, limit);
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
    return lastSeq - settledSeq > MAX_HOT;
  }

  /// Moves a slice; returns whether there is more to do.
  boolean settle() {
    if (Math.min(lastSeq - KEEP_HOT, cursors.slowest() - SLICE) <= settledSeq) {
      return false;
    }
    long upTo = settledSeq + SLICE;
    database.write(
        handle -> {
          handle.execute(MOVE, upTo);
          handle.execute("DELETE FROM reading_hot WHERE seq <= ?", upTo);
          return handle.execute(MARK, upTo);
        });
    settledSeq = upTo;
    forgetSettled();
    return lastSeq - settledSeq > KEEP_HOT;
  }

  /// Memory follows in large steps: each looks at all hot rows, and a row that is in memory and in
  /// the
  /// table counts once.
  private void forgetSettled() {
    if (settledSeq - forgottenSeq >= Math.max(KEEP_HOT / 2, (lastSeq - forgottenSeq) / 4)) {
      forgottenSeq = settledSeq;
      series.values().forEach(hot -> hot.sealed(forgottenSeq));
    }
  }

  private HotSeries hot(Handle handle, int seriesId) {
    HotSeries hot = series.get(seriesId);
    if (hot != null) {
      return hot;
    }
    try (PreparedStatement max = handle.getConnection().prepareStatement(SETTLED_MAX)) {
      HotSeries fresh = new HotSeries(maxTime(max, seriesId));
      HotSeries before = series.putIfAbsent(seriesId, fresh);
      return before == null ? fresh : before;
    } catch (SQLException e) {
      throw failure("newest of series " + seriesId, e);
    }
  }

  private static long maxTime(PreparedStatement select, int seriesId) throws SQLException {
    select.setInt(1, seriesId);
    try (ResultSet row = select.executeQuery()) {
      long max = row.next() ? row.getLong(1) : 0;
      return row.wasNull() ? Long.MIN_VALUE : max;
    }
  }

  private static List<Reading> readings(PreparedStatement select) throws SQLException {
    try (ResultSet rows = select.executeQuery()) {
      List<Reading> result = new ArrayList<>();
      while (rows.next()) {
        result.add(reading(rows));
      }
      return result;
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

  /// @param before the reading as it is
  private record Change(Reading before, double value, int quality, Corrected corrected) {}

  /// The times that an open append has taken in one series.
  private static final class Staged {
    private final HotSeries hot;
    private final Set<Long> times = new HashSet<>();
    private long max;

    Staged(HotSeries hot) {
      this.hot = hot;
      this.max = hot.max();
    }

    void add(long ts) {
      times.add(ts);
      max = Math.max(max, ts);
    }
  }
}
