package io.vatio.reading;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collections;
import java.util.Set;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;

/// Carries rows into a temporary table of the connection, `reading_in`, by COPY in its binary
/// format: a signature, two empty words, then each row as the count of its fields and each field as
/// its length (−1 for null) and its bytes, big-endian; −1 ends it.
///
/// The table is made once a connection and is empty after every commit. Used by one thread.
final class PostgresCopy {
  private static final byte[] SIGNATURE = {
    'P', 'G', 'C', 'O', 'P', 'Y', '\n', (byte) 0xff, '\r', '\n', 0, 0, 0, 0, 0, 0, 0, 0, 0
  };

  private static final int CHUNK = 1 << 16;

  /// Bytes of a row without its text.
  private static final int ROW = 2 + 7 * 4 + 8 + 8 + 8 + 4 + 4 + 8;

  private static final String CREATE =
      """
      CREATE TEMP TABLE IF NOT EXISTS reading_in (
        ts BIGINT NOT NULL, seq BIGINT NOT NULL, value DOUBLE PRECISION NOT NULL,
        series_id INTEGER NOT NULL, quality INTEGER NOT NULL, delivery BIGINT, meta TEXT)
      ON COMMIT DELETE ROWS
      """;

  private static final String COPY =
      "COPY reading_in (ts, seq, value, series_id, quality, delivery, meta) FROM STDIN (FORMAT binary)";

  private final Set<PGConnection> prepared = Collections.newSetFromMap(new WeakHashMap<>());
  private ByteBuffer buffer = ByteBuffer.allocate(CHUNK);

  /// Forgets which connections have the table: a transaction that made it was rolled back.
  void forget() {
    prepared.clear();
  }

  /// Opens the way for rows of one batch.
  Rows open(Connection connection) throws SQLException {
    PGConnection postgres = connection.unwrap(PGConnection.class);
    if (prepared.add(postgres)) {
      try (Statement create = connection.createStatement()) {
        create.execute(CREATE);
      }
    }
    buffer.clear().put(SIGNATURE);
    return new Rows(postgres.getCopyAPI().copyIn(COPY));
  }

  /// Rows on their way; [#end] or [#cancel] closes it.
  final class Rows {
    private final CopyIn copy;

    private Rows(CopyIn copy) {
      this.copy = copy;
    }

    /// Adds one row.
    ///
    /// @param delivery 0 for none
    void add(
        long ts,
        long seq,
        double value,
        int seriesId,
        int quality,
        long delivery,
        @Nullable String meta)
        throws SQLException {
      byte[] text = meta == null ? null : meta.getBytes(StandardCharsets.UTF_8);
      room(ROW + (text == null ? 0 : text.length));
      buffer.putShort((short) 7);
      buffer.putInt(8).putLong(ts);
      buffer.putInt(8).putLong(seq);
      buffer.putInt(8).putDouble(value);
      buffer.putInt(4).putInt(seriesId);
      buffer.putInt(4).putInt(quality);
      if (delivery == 0) {
        buffer.putInt(-1);
      } else {
        buffer.putInt(8).putLong(delivery);
      }
      if (text == null) {
        buffer.putInt(-1);
      } else {
        buffer.putInt(text.length).put(text);
      }
    }

    /// Sends the rest; from then on the rows are in the table.
    void end() throws SQLException {
      room(2);
      buffer.putShort((short) -1);
      send();
      copy.endCopy();
    }

    /// Gives up, so that the connection can be used for a rollback.
    void cancel() throws SQLException {
      if (copy.isActive()) {
        copy.cancelCopy();
      }
    }

    private void room(int bytes) throws SQLException {
      if (buffer.remaining() < bytes) {
        send();
        if (buffer.capacity() < bytes) {
          buffer = ByteBuffer.allocate(bytes);
        }
      }
    }

    private void send() throws SQLException {
      copy.writeToCopy(buffer.array(), 0, buffer.position());
      buffer.clear();
    }
  }
}
