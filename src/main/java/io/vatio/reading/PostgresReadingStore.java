package io.vatio.reading;

import io.vatio.platform.db.Database;
import io.vatio.platform.db.StorageException;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// Readings in PostgreSQL: one table keyed by series and time; the key itself keeps duplicates out.
///
/// Rows go in as arrays, one statement a batch, and come back with the seq that the database gave
/// them; a row that does not come back was there before.
final class PostgresReadingStore implements ReadingStore {
  private static final int RECENT = 65_536;

  private static final String INSERT =
      """
      INSERT INTO reading (series_id, ts, value, quality, meta, delivery)
      SELECT series_id, ts, value, quality, meta, delivery
        FROM unnest(?, ?, ?, ?, ?, ?)
             AS new (series_id, ts, value, quality, meta, delivery)
       ORDER BY series_id, ts
      ON CONFLICT DO NOTHING
      RETURNING series_id, ts, seq
      """;

  private static final String COLUMNS = "seq, series_id, ts, value, quality, meta";

  private static final String NEWEST =
      "SELECT "
          + COLUMNS
          + " FROM reading WHERE series_id = ? AND ts >= ? AND ts < ? ORDER BY ts DESC LIMIT ?";

  private static final String RANGE =
      "SELECT " + COLUMNS + " FROM reading WHERE series_id = ? AND ts >= ? AND ts < ? ORDER BY ts";

  /// 32 = the clock is not to be believed.
  private static final String LATEST =
      "SELECT "
          + COLUMNS
          + " FROM reading WHERE series_id = ? AND quality & 32 = 0 ORDER BY ts DESC LIMIT 1";

  private static final String RECENTLY =
      "SELECT " + COLUMNS + ", delivery FROM reading ORDER BY seq DESC LIMIT " + RECENT;

  private final Database database;
  private final RecentReadings recent = new RecentReadings(RECENT);
  private final Deliveries deliveries = new Deliveries(100_000);
  private final Map<Integer, Optional<Reading>> latest = new ConcurrentHashMap<>();

  /// Greatest time given to an untimed reading of each series; used by the appending thread only.
  private final Map<Integer, Long> untimed = new HashMap<>();

  private volatile long lastSeq;
  private volatile boolean stale;

  private PostgresReadingStore(Database database) {
    this.database = database;
  }

  static PostgresReadingStore open(Database database) {
    PostgresReadingStore store = new PostgresReadingStore(database);
    database.read(
        handle -> {
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
  public Appended append(Handle handle, List<NewReading> readings) {
    if (stale) {
      // The last batch may be in the table after all; its messages will be sent again.
      load(handle);
      latest.clear();
      stale = false;
    }
    Batch batch = new Batch(readings);
    Set<Long> fingerprints = new HashSet<>();
    for (int i = 0; i < readings.size(); i++) {
      NewReading r = readings.get(i);
      if (deliveries.repeats(r, fingerprints)) {
        continue;
      }
      if (!r.timed() && r.delivery() != 0) {
        fingerprints.add(r.delivery());
      }
      long ts = r.ts();
      if (!r.timed()) {
        ts = Math.max(ts, untimed.getOrDefault(r.seriesId(), Long.MIN_VALUE) + 1);
        untimed.put(r.seriesId(), ts);
      }
      batch.add(i, ts);
    }
    try {
      batch.insert(handle.getConnection());
      // An untimed reading is never a duplicate: what collided moves on until it finds a free
      // place.
      while (batch.moveCollidedUntimed()) {
        batch.insert(handle.getConnection());
      }
    } catch (SQLException e) {
      throw failure("append " + readings.size() + " readings", e);
    }
    return new Appended(batch.rows(), fingerprints);
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
        }
      }
    }
    // The database numbers rows in the order of its own plan.
    inOrder.sort((a, b) -> Long.compare(seq(a), seq(b)));
    recent.add(inOrder);
    deliveries.add(appended.deliveries());
    lastSeq = Math.max(lastSeq, recent.lastSeq());
  }

  private static long seq(@Nullable Reading reading) {
    return reading == null ? 0 : reading.seq();
  }

  @Override
  public void abandoned() {
    stale = true;
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
  public void scan(int seriesId, long from, long to, Consumer<Reading> consumer) {
    database
        .read(
            handle ->
                select(
                    handle,
                    RANGE,
                    "scan",
                    s -> {
                      s.setInt(1, seriesId);
                      s.setLong(2, from);
                      s.setLong(3, to);
                    }))
        .forEach(consumer);
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
  public boolean settle() {
    return false;
  }

  @Override
  public boolean mustSettle() {
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

  private record Key(int seriesId, long ts) {}

  /// The rows of one append on their way into the table.
  private static final class Batch {
    private final List<NewReading> readings;
    private final @Nullable Reading[] stored;
    private Map<Key, Integer> waiting = new LinkedHashMap<>();

    Batch(List<NewReading> readings) {
      this.readings = readings;
      this.stored = new Reading[readings.size()];
    }

    /// Takes a row; of two timed ones with the same key only the first.
    void add(int position, long ts) {
      int seriesId = readings.get(position).seriesId();
      long free = ts;
      if (!readings.get(position).timed()) {
        while (waiting.containsKey(new Key(seriesId, free))) {
          free++;
        }
      }
      waiting.putIfAbsent(new Key(seriesId, free), position);
    }

    void insert(Connection connection) throws SQLException {
      int n = waiting.size();
      if (n == 0) {
        return;
      }
      Long[] series = new Long[n];
      Long[] ts = new Long[n];
      Double[] values = new Double[n];
      Long[] quality = new Long[n];
      @Nullable String[] meta = new @Nullable String[n];
      @Nullable Long[] delivery = new @Nullable Long[n];
      int i = 0;
      for (Map.Entry<Key, Integer> entry : waiting.entrySet()) {
        NewReading r = readings.get(entry.getValue());
        series[i] = (long) r.seriesId();
        ts[i] = entry.getKey().ts();
        values[i] = r.value();
        quality[i] = (long) r.quality();
        meta[i] = r.meta();
        delivery[i] = r.timed() || r.delivery() == 0 ? null : (Long) r.delivery();
        i++;
      }
      try (PreparedStatement insert = connection.prepareStatement(INSERT)) {
        setArray(connection, insert, 1, "bigint", series);
        setArray(connection, insert, 2, "bigint", ts);
        setArray(connection, insert, 3, "float8", values);
        setArray(connection, insert, 4, "bigint", quality);
        setArray(connection, insert, 5, "text", meta);
        setArray(connection, insert, 6, "bigint", delivery);
        try (ResultSet rows = insert.executeQuery()) {
          while (rows.next()) {
            Key key = new Key(rows.getInt(1), rows.getLong(2));
            Integer position = waiting.remove(key);
            if (position != null) {
              NewReading r = readings.get(position);
              stored[position] =
                  new Reading(
                      rows.getLong(3), key.seriesId(), key.ts(), r.value(), r.quality(), r.meta());
            }
          }
        }
      }
    }

    /// What is still waiting was refused by the key. Timed rows are duplicates; the others get the
    /// next microsecond.
    boolean moveCollidedUntimed() {
      Map<Key, Integer> moved = new LinkedHashMap<>();
      for (Map.Entry<Key, Integer> entry : waiting.entrySet()) {
        if (!readings.get(entry.getValue()).timed()) {
          long ts = entry.getKey().ts() + 1;
          while (moved.containsKey(new Key(entry.getKey().seriesId(), ts))) {
            ts++;
          }
          moved.put(new Key(entry.getKey().seriesId(), ts), entry.getValue());
        }
      }
      waiting = moved;
      return !moved.isEmpty();
    }

    List<@Nullable Reading> rows() {
      return Arrays.asList(stored);
    }

    private static void setArray(
        Connection connection,
        PreparedStatement statement,
        int index,
        String type,
        @Nullable Object[] values)
        throws SQLException {
      Array array = connection.createArrayOf(type, values);
      statement.setArray(index, array);
    }
  }
}
