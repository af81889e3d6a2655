package io.vatio.reading;

import io.vatio.platform.db.StorageException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/// The rows of one append on their way into PostgreSQL.
///
/// Their seqs are taken as one block under an advisory lock that lasts as long as the transaction:
/// what is committed later has greater ones, and whoever holds the lock knows that no other append
/// is open, not even one of a connection that broke. A row that the insert does not give back was
/// there before. Few rows go in as arrays, many by COPY ([PostgresCopy]).
final class PostgresAppend {
  /// Of one application in one database; any number would do.
  static final long LOCK = 0x7661_7469_6f01L;

  /// Below, COPY costs more than it brings: its rows are written twice. Above, both take the same
  /// time, and COPY needs no message of the size of the whole batch.
  static final int COPY_FROM = 5_000;

  private static final String TAKE_LOCK = "SELECT pg_advisory_xact_lock(?)";

  private static final String LOCK_AND_NUMBER =
      TAKE_LOCK + "; SELECT setval('reading_number', last_value + ?) FROM reading_number";

  private static final String COLUMNS = "series_id, ts, seq, value, quality, meta, delivery";

  private static final String FROM_ARRAYS =
      """
      INSERT INTO reading (%1$s)
      SELECT %1$s FROM unnest(?::int[], ?::bigint[], ?::bigint[], ?::float8[], ?::int[], ?::text[], ?::bigint[])
             AS new (%1$s)
      ON CONFLICT DO NOTHING
      RETURNING seq
      """
          .formatted(COLUMNS);

  private static final String FROM_COPY =
      """
      INSERT INTO reading (%1$s)
      SELECT %1$s FROM reading_in
      ON CONFLICT DO NOTHING
      RETURNING seq
      """
          .formatted(COLUMNS);

  private static final int TIMES_AT_ONCE = 100;

  private static final String TIMES =
      "SELECT ts FROM reading WHERE series_id = ? AND ts >= ? ORDER BY ts LIMIT " + TIMES_AT_ONCE;

  private final Connection connection;
  private final PostgresCopy copy;
  private final int copyFrom;
  private final Places places;
  private final List<NewReading> readings;
  private final @Nullable Reading[] stored;
  private final long[] times;

  /// Positions that are to be inserted now.
  private List<Integer> waiting = new ArrayList<>();

  PostgresAppend(
      Connection connection,
      PostgresCopy copy,
      int copyFrom,
      Places places,
      List<NewReading> readings) {
    this.connection = connection;
    this.places = places;
    this.copy = copy;
    this.copyFrom = copyFrom;
    this.readings = readings;
    this.stored = new Reading[readings.size()];
    this.times = new long[readings.size()];
  }

  /// Takes the reading at this position, to be stored at this time.
  void add(int position, long ts) {
    waiting.add(position);
    times[position] = ts;
  }

  /// Inserts what was added.
  ///
  /// @return by position: as it is stored, null where it was there before
  List<@Nullable Reading> run() throws SQLException {
    while (!waiting.isEmpty()) {
      insert();
      moveCollided();
    }
    return Arrays.asList(stored);
  }

  private void insert() throws SQLException {
    int n = waiting.size();
    long first = number(connection, n);
    // In the order of the key: neighbours meet on the same page of the index.
    Integer[] order = waiting.toArray(Integer[]::new);
    Arrays.sort(
        order,
        Comparator.comparingInt((Integer p) -> readings.get(p).seriesId())
            .thenComparingLong(p -> times[p])
            .thenComparingInt(p -> p));
    long[] seqs = new long[readings.size()];
    for (int i = 0; i < n; i++) {
      seqs[waiting.get(i)] = first + i;
    }
    if (n >= copyFrom) {
      byCopy(order, seqs, first);
    } else {
      byArrays(order, seqs, first);
    }
  }

  /// Waits until no other append is open, and keeps others out until this transaction ends.
  static void lock(Connection connection) {
    try (PreparedStatement select = connection.prepareStatement(TAKE_LOCK)) {
      select.setLong(1, LOCK);
      select.execute();
    } catch (SQLException e) {
      throw new StorageException("readings: lock: " + e.getMessage(), e);
    }
  }

  /// Takes the lock of the readings for this transaction, and n seqs.
  ///
  /// @return the first of them
  static long number(Connection connection, int n) {
    try (PreparedStatement select = connection.prepareStatement(LOCK_AND_NUMBER)) {
      select.setLong(1, LOCK);
      select.setLong(2, n);
      select.execute();
      if (!select.getMoreResults()) {
        throw new SQLException("no answer to " + LOCK_AND_NUMBER);
      }
      try (ResultSet row = select.getResultSet()) {
        row.next();
        return row.getLong(1) - n + 1;
      }
    } catch (SQLException e) {
      throw new StorageException("readings: number: " + e.getMessage(), e);
    }
  }

  private void byCopy(Integer[] order, long[] seqs, long first) throws SQLException {
    PostgresCopy.Rows rows = copy.open(connection);
    try {
      for (int position : order) {
        NewReading r = readings.get(position);
        rows.add(
            times[position],
            seqs[position],
            r.value(),
            r.seriesId(),
            r.quality(),
            r.timed() ? 0 : r.delivery(),
            r.meta());
      }
      rows.end();
    } catch (SQLException | RuntimeException e) {
      rows.cancel();
      throw e;
    }
    try (PreparedStatement insert = connection.prepareStatement(FROM_COPY)) {
      take(insert, first);
    }
    // The table empties itself at the commit; rows that moved on come once more before that.
    try (Statement truncate = connection.createStatement()) {
      if (waiting.stream().anyMatch(p -> stored[p] == null && !readings.get(p).timed())) {
        truncate.execute("TRUNCATE reading_in");
      }
    }
  }

  private void byArrays(Integer[] order, long[] seqs, long first) throws SQLException {
    int n = order.length;
    int[] series = new int[n];
    long[] ts = new long[n];
    long[] seq = new long[n];
    double[] values = new double[n];
    int[] quality = new int[n];
    @Nullable String[] meta = new @Nullable String[n];
    @Nullable Long[] delivery = new @Nullable Long[n];
    for (int i = 0; i < n; i++) {
      int position = order[i];
      NewReading r = readings.get(position);
      series[i] = r.seriesId();
      ts[i] = times[position];
      seq[i] = seqs[position];
      values[i] = r.value();
      quality[i] = r.quality();
      meta[i] = r.meta();
      delivery[i] = r.timed() || r.delivery() == 0 ? null : (Long) r.delivery();
    }
    try (PreparedStatement insert = connection.prepareStatement(FROM_ARRAYS)) {
      PGConnection postgres = connection.unwrap(PGConnection.class);
      insert.setArray(1, postgres.createArrayOf("int4", series));
      insert.setArray(2, postgres.createArrayOf("int8", ts));
      insert.setArray(3, postgres.createArrayOf("int8", seq));
      insert.setArray(4, postgres.createArrayOf("float8", values));
      insert.setArray(5, postgres.createArrayOf("int4", quality));
      insert.setArray(6, connection.createArrayOf("text", meta));
      insert.setArray(7, connection.createArrayOf("int8", delivery));
      take(insert, first);
    }
  }

  private void take(PreparedStatement insert, long first) throws SQLException {
    try (ResultSet rows = insert.executeQuery()) {
      while (rows.next()) {
        long seq = rows.getLong(1);
        int position = waiting.get((int) (seq - first));
        NewReading r = readings.get(position);
        stored[position] =
            new Reading(seq, r.seriesId(), times[position], r.value(), r.quality(), r.meta());
      }
    }
  }

  /// What was not stored was refused by the key. A timed row is a duplicate; one without a time of
  /// its own never is, and moves on to a free place.
  private void moveCollided() throws SQLException {
    List<Integer> moved = new ArrayList<>();
    Map<Integer, Long> taken = new HashMap<>();
    for (int position : waiting) {
      NewReading r = readings.get(position);
      if (stored[position] == null && !r.timed()) {
        long from = Math.max(times[position], taken.getOrDefault(r.seriesId(), Long.MIN_VALUE));
        times[position] = places.free(r.seriesId(), from + 1);
        taken.put(r.seriesId(), times[position]);
        moved.add(position);
      }
    }
    waiting = moved;
  }

  /// The first microsecond from this one on at which a series has no reading.
  static long free(Connection connection, int seriesId, long from) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(TIMES)) {
      long free = from;
      while (true) {
        select.setInt(1, seriesId);
        select.setLong(2, free);
        int seen = 0;
        try (ResultSet rows = select.executeQuery()) {
          while (rows.next()) {
            seen++;
            if (rows.getLong(1) != free) {
              return free;
            }
            free++;
          }
        }
        if (seen < TIMES_AT_ONCE) {
          return free;
        }
      }
    }
  }

  /// Where readings without a time of their own find room.
  interface Places {
    /// The first microsecond from this one on at which a series has no reading.
    long free(int seriesId, long from) throws SQLException;
  }
}
