package io.vatio.reading;

import io.vatio.platform.db.StorageException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The table of sealed readings, with the same SQL in both databases. The chunks of a series never
/// overlap, and each lies within one UTC day.
///
/// Any thread may ask; of those that change it ([ChunkFolding], [#deleteBefore]) the store lets one
/// at a time work. A damaged chunk is said in the log and left out; its neighbours answer.
final class ChunkTable {
  private static final Logger LOG = LoggerFactory.getLogger(ChunkTable.class);

  /// Chunks read at once.
  private static final int PAGE = 4;

  /// Chunks deleted in one transaction.
  private static final int DELETED_AT_ONCE = 100;

  private static final String NEWEST =
      """
      SELECT id, from_ts, to_ts, count, data
        FROM reading_chunk
       WHERE series_id = ? AND from_ts >= ? AND from_ts < ? AND to_ts >= ?
       ORDER BY from_ts DESC
       LIMIT ?
      """;

  private static final String OLDEST =
      """
      SELECT id, from_ts, to_ts, count, data
        FROM reading_chunk
       WHERE series_id = ? AND from_ts >= ? AND from_ts < ? AND to_ts >= ?
       ORDER BY from_ts
       LIMIT ?
      """;

  private static final String AT =
      """
      SELECT id, from_ts, to_ts, count
        FROM reading_chunk
       WHERE series_id = ? AND from_ts >= ? AND from_ts <= ?
       ORDER BY from_ts DESC
       LIMIT 1
      """;

  private static final String HEADERS =
      """
      SELECT id, from_ts, to_ts, count
        FROM reading_chunk
       WHERE series_id = ? AND from_ts >= ? AND from_ts <= ?
       ORDER BY from_ts
      """;

  private static final String OVERLAPPING =
      """
      SELECT id, from_ts, to_ts, count
        FROM reading_chunk
       WHERE series_id = ? AND from_ts >= ? AND from_ts < ? AND to_ts >= ?
      """;

  private static final String DATA = "SELECT data FROM reading_chunk WHERE id = ?";

  private static final String FIRST =
      "SELECT from_ts FROM reading_chunk WHERE series_id = ? ORDER BY from_ts LIMIT 1";

  private static final String LAST =
      "SELECT to_ts FROM reading_chunk WHERE series_id = ? ORDER BY from_ts DESC LIMIT 1";

  private static final String INSERT =
      """
      INSERT INTO reading_chunk
        (series_id, day, from_ts, to_ts, count, min_seq, max_seq, merged, data)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
      """;

  private static final String DELETE = "DELETE FROM reading_chunk WHERE id = ?";

  private static final String PUT_ASIDE =
      "UPDATE reading_chunk SET series_id = -series_id, from_ts = id, merged = 1 WHERE id = ?";

  private static final String MARK_MERGED = "UPDATE reading_chunk SET merged = 1 WHERE id = ?";

  private static final String UNMERGED =
      """
      SELECT DISTINCT day, series_id
        FROM reading_chunk
       WHERE merged = 0 AND day < ?
       ORDER BY day, series_id
       LIMIT ?
      """;

  private static final String DAYS =
      """
      SELECT series_id, day, sum(count), min(from_ts), max(to_ts)
        FROM reading_chunk
       WHERE series_id > 0
       GROUP BY series_id, day
       ORDER BY series_id, day
      """;

  private static final String WITH_SEQ =
      """
      SELECT series_id, id, from_ts, to_ts, count, data
        FROM reading_chunk
       WHERE max_seq >= ? AND min_seq <= ? AND series_id > 0
      """;

  private final ChunkTimes times = new ChunkTimes();
  private final Set<Long> damaged = ConcurrentHashMap.newKeySet();

  /// How many damaged chunks were met since the start.
  int damagedChunks() {
    return damaged.size();
  }

  /// Readings with from ≤ ts < to, newest first, at most limit; reads no more chunks than it needs.
  List<Reading> newest(Handle handle, int seriesId, long from, long to, int limit) {
    List<Reading> result = new ArrayList<>();
    long end = to;
    int page = 1;
    while (result.size() < limit && from < end) {
      List<Loaded> chunks = load(handle, NEWEST, seriesId, from, end, page);
      for (Loaded loaded : chunks) {
        Chunk chunk = loaded.chunk();
        if (chunk != null) {
          int first = chunk.lowerBound(from);
          for (int i = chunk.lowerBound(end) - 1; i >= first && result.size() < limit; i--) {
            result.add(chunk.get(i));
          }
        }
      }
      if (chunks.size() < page) {
        return result;
      }
      end = chunks.getLast().header().fromTs();
      page = PAGE;
    }
    return result;
  }

  /// The first readings with from ≤ ts < to, oldest first: so many as a few chunks hold.
  Page oldest(Handle handle, int seriesId, long from, long to) {
    List<Loaded> chunks = load(handle, OLDEST, seriesId, from, to, PAGE);
    List<Reading> readings = new ArrayList<>();
    for (Loaded loaded : chunks) {
      Chunk chunk = loaded.chunk();
      if (chunk != null) {
        int end = chunk.lowerBound(to);
        for (int i = chunk.lowerBound(from); i < end; i++) {
          readings.add(chunk.get(i));
        }
      }
    }
    boolean more = chunks.size() == PAGE && chunks.getLast().header().toTs() < to - 1;
    return new Page(readings, more ? chunks.getLast().header().toTs() + 1 : to);
  }

  @Nullable Reading find(Handle handle, int seriesId, long ts) {
    return newest(handle, seriesId, ts, ts + 1, 1).stream().findFirst().orElse(null);
  }

  boolean contains(Handle handle, int seriesId, long ts) {
    while (true) {
      ChunkHeader header = headerAt(handle, seriesId, ts);
      if (header == null) {
        return false;
      }
      long[] sorted = timesOf(handle, header);
      if (sorted != null) {
        int at = Chunk.lowerBound(sorted, ts);
        return at < sorted.length && sorted[at] == ts;
      }
      // Replaced since its header was read: look again.
    }
  }

  /// How many readings have from ≤ ts < to; looks only into the chunks at both ends.
  long count(Handle handle, int seriesId, long from, long to) {
    OptionalLong count;
    do {
      count = tryToCount(handle, seriesId, from, to);
    } while (count.isEmpty());
    return count.getAsLong();
  }

  /// Empty when a chunk was replaced meanwhile.
  private OptionalLong tryToCount(Handle handle, int seriesId, long from, long to) {
    long count = 0;
    for (ChunkHeader header : overlapping(handle, seriesId, from, to)) {
      if (header.fromTs() >= from && header.toTs() < to) {
        count += header.count();
      } else {
        long[] sorted = timesOf(handle, header);
        if (sorted == null) {
          return OptionalLong.empty();
        }
        count += countInside(sorted, from, to);
      }
    }
    return OptionalLong.of(count);
  }

  private static List<ChunkHeader> overlapping(Handle handle, int seriesId, long from, long to) {
    try (PreparedStatement select = handle.getConnection().prepareStatement(OVERLAPPING)) {
      select.setInt(1, seriesId);
      select.setLong(2, UtcDay.start(from));
      select.setLong(3, to);
      select.setLong(4, from);
      return headers(select);
    } catch (SQLException e) {
      throw failure("headers of series " + seriesId, e);
    }
  }

  private static long countInside(long[] sorted, long from, long to) {
    return Chunk.lowerBound(sorted, to) - Chunk.lowerBound(sorted, from);
  }

  /// Adds what is sealed, by day.
  void days(Handle handle, ReadingDays.Loading loading) {
    try (PreparedStatement select = handle.getConnection().prepareStatement(DAYS);
        ResultSet row = select.executeQuery()) {
      while (row.next()) {
        loading.add(row.getInt(1), row.getLong(2), row.getLong(3), row.getLong(4), row.getLong(5));
      }
    } catch (SQLException e) {
      throw failure("days", e);
    }
  }

  /// The sealed reading with this seq. Looks into every chunk that may have it: those of all series
  /// that were written at that time.
  @Nullable Reading findBySeq(Handle handle, long seq) {
    try (PreparedStatement select = handle.getConnection().prepareStatement(WITH_SEQ)) {
      select.setLong(1, seq);
      select.setLong(2, seq);
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          ChunkHeader header =
              new ChunkHeader(row.getLong(2), row.getLong(3), row.getLong(4), row.getInt(5));
          Chunk chunk = decode(row.getInt(1), header, row.getBytes(6));
          Reading found = chunk == null ? null : chunk.findBySeq(seq);
          if (found != null) {
            return found;
          }
        }
        return null;
      }
    } catch (SQLException e) {
      throw failure("reading " + seq, e);
    }
  }

  /// Adds the readings with from ≤ ts < to to a list, oldest first.
  void within(Handle handle, int seriesId, long from, long to, List<Reading> into) {
    long next = from;
    while (next < to) {
      Page page = oldest(handle, seriesId, next, to);
      into.addAll(page.readings());
      next = page.next();
    }
  }

  OptionalLong firstTs(Handle handle, int seriesId) {
    return time(handle, FIRST, seriesId);
  }

  OptionalLong lastTs(Handle handle, int seriesId) {
    return time(handle, LAST, seriesId);
  }

  private static OptionalLong time(Handle handle, String sql, int seriesId) {
    return handle.createQuery(sql).bind(0, seriesId).mapTo(Long.class).stream()
        .mapToLong(Long::longValue)
        .findFirst();
  }

  /// The chunks of the UTC day of a time, oldest first.
  List<ChunkHeader> headers(Handle handle, int seriesId, long ts) {
    try (PreparedStatement select = handle.getConnection().prepareStatement(HEADERS)) {
      select.setInt(1, seriesId);
      select.setLong(2, UtcDay.start(ts));
      select.setLong(3, UtcDay.last(ts));
      return headers(select);
    } catch (SQLException e) {
      throw failure("headers of series " + seriesId, e);
    }
  }

  /// The contents of a chunk, null when it is damaged.
  ///
  /// @throws StorageException when it is no longer there
  @Nullable Chunk read(Handle handle, int seriesId, ChunkHeader header) {
    byte[] data = data(handle, header);
    if (data == null) {
      throw failure("read", new SQLException("chunk " + header.id() + " is no longer there"));
    }
    return decode(seriesId, header, data);
  }

  /// Series and days before this one whose chunks do not have their last shape.
  List<SeriesDay> unmerged(Handle handle, long beforeDay, int limit) {
    return handle
        .createQuery(UNMERGED)
        .bind(0, beforeDay)
        .bind(1, limit)
        .map((row, _) -> new SeriesDay(row.getLong(1), row.getInt(2)))
        .list();
  }

  /// Does a prepared change, inside the caller's transaction.
  ///
  /// @throws StorageException when one of the replaced chunks is no longer there
  void apply(Handle handle, ChunkChange change) {
    Connection connection = handle.getConnection();
    try {
      each(connection, DELETE, change.removed());
      each(connection, PUT_ASIDE, change.aside());
      try (PreparedStatement insert = connection.prepareStatement(INSERT)) {
        for (ChunkChange.Sealed sealed : change.added()) {
          insert.setInt(1, change.seriesId());
          insert.setLong(2, change.day());
          insert.setLong(3, sealed.fromTs());
          insert.setLong(4, sealed.toTs());
          insert.setLong(5, sealed.count());
          insert.setLong(6, sealed.minSeq());
          insert.setLong(7, sealed.maxSeq());
          insert.setLong(8, sealed.merged() ? 1 : 0);
          insert.setBytes(9, sealed.data());
          insert.executeUpdate();
        }
      }
    } catch (SQLException e) {
      throw failure("write chunks of series " + change.seriesId(), e);
    }
  }

  /// Says that these chunks have their last shape, inside the caller's transaction.
  void markMerged(Handle handle, List<ChunkHeader> headers) {
    try {
      each(handle.getConnection(), MARK_MERGED, headers.stream().map(ChunkHeader::id).toList());
    } catch (SQLException e) {
      throw failure("mark chunks", e);
    }
  }

  /// Deletes some of the chunks of a series that lie before a time, which is the start of a UTC
  /// day, inside the caller's transaction; to be called until nothing is left.
  ///
  /// @return how many readings were deleted
  long deleteBefore(Handle handle, int seriesId, long ts) {
    List<ChunkHeader> old;
    try (PreparedStatement select =
        handle.getConnection().prepareStatement(HEADERS + " LIMIT " + DELETED_AT_ONCE)) {
      select.setInt(1, seriesId);
      select.setLong(2, Long.MIN_VALUE);
      select.setLong(3, ts - 1);
      old = headers(select);
      each(handle.getConnection(), DELETE, old.stream().map(ChunkHeader::id).toList());
    } catch (SQLException e) {
      throw failure("delete chunks of series " + seriesId, e);
    }
    return old.stream().mapToLong(ChunkHeader::count).sum();
  }

  private static void each(Connection connection, String sql, List<Long> ids) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (long id : ids) {
        statement.setLong(1, id);
        if (statement.executeUpdate() != 1) {
          throw new SQLException("chunk " + id + " is no longer there");
        }
      }
    }
  }

  private List<Loaded> load(
      Handle handle, String sql, int seriesId, long from, long to, int limit) {
    try (PreparedStatement select = handle.getConnection().prepareStatement(sql)) {
      select.setInt(1, seriesId);
      select.setLong(2, UtcDay.start(from));
      select.setLong(3, to);
      select.setLong(4, from);
      select.setInt(5, limit);
      try (ResultSet rows = select.executeQuery()) {
        List<Loaded> chunks = new ArrayList<>();
        while (rows.next()) {
          ChunkHeader header = header(rows);
          chunks.add(new Loaded(header, decode(seriesId, header, rows.getBytes(5))));
        }
        return chunks;
      }
    } catch (SQLException e) {
      throw failure("chunks of series " + seriesId, e);
    }
  }

  /// The only chunk that can hold a reading of this time, null for none.
  private static @Nullable ChunkHeader headerAt(Handle handle, int seriesId, long ts) {
    try (PreparedStatement select = handle.getConnection().prepareStatement(AT)) {
      select.setInt(1, seriesId);
      select.setLong(2, UtcDay.start(ts));
      select.setLong(3, ts);
      try (ResultSet row = select.executeQuery()) {
        if (!row.next()) {
          return null;
        }
        ChunkHeader header = header(row);
        return header.toTs() < ts ? null : header;
      }
    } catch (SQLException e) {
      throw failure("chunk of series " + seriesId, e);
    }
  }

  /// The times in a chunk, none when it is damaged, null when it is no longer there.
  private long @Nullable [] timesOf(Handle handle, ChunkHeader header) {
    long[] known = times.get(header.id());
    if (known != null) {
      return known;
    }
    byte[] data = data(handle, header);
    if (data == null) {
      return null;
    }
    long[] sorted;
    try {
      sorted = ChunkCodec.decodeTimes(data);
    } catch (DamagedChunkException e) {
      report(header, e);
      sorted = new long[0];
    }
    times.put(header.id(), sorted);
    return sorted;
  }

  private static byte @Nullable [] data(Handle handle, ChunkHeader header) {
    try (PreparedStatement select = handle.getConnection().prepareStatement(DATA)) {
      select.setLong(1, header.id());
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? row.getBytes(1) : null;
      }
    } catch (SQLException e) {
      throw failure("chunk " + header.id(), e);
    }
  }

  private @Nullable Chunk decode(int seriesId, ChunkHeader header, byte[] data) {
    try {
      return ChunkCodec.decode(seriesId, data);
    } catch (DamagedChunkException e) {
      report(header, e);
      return null;
    }
  }

  private void report(ChunkHeader header, DamagedChunkException e) {
    if (damaged.add(header.id())) {
      LOG.error(
          "chunk {} is damaged, its {} readings cannot be shown: {}",
          header.id(),
          header.count(),
          e.getMessage());
    }
  }

  private static List<ChunkHeader> headers(PreparedStatement select) throws SQLException {
    try (ResultSet rows = select.executeQuery()) {
      List<ChunkHeader> headers = new ArrayList<>();
      while (rows.next()) {
        headers.add(header(rows));
      }
      return headers;
    }
  }

  private static ChunkHeader header(ResultSet row) throws SQLException {
    return new ChunkHeader(row.getLong(1), row.getLong(2), row.getLong(3), row.getInt(4));
  }

  private static StorageException failure(String what, SQLException e) {
    return new StorageException("readings: " + what + ": " + e.getMessage(), e);
  }

  /// @param next from where to ask for more; the end of the range when there is no more
  record Page(List<Reading> readings, long next) {}

  /// @param day number of the UTC day
  record SeriesDay(long day, int seriesId) {}

  private record Loaded(ChunkHeader header, @Nullable Chunk chunk) {}
}
