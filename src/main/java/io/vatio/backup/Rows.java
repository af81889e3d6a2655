package io.vatio.backup;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// How rows are written: one byte of type before each value, one byte before each row, and at the
/// end how many rows there were. Knows whole numbers, floating ones, text, bytes and null.
final class Rows {
  private static final int END = 0;
  private static final int ROW = 1;

  private static final int NULL = 0;
  private static final int NUMBER = 1;
  private static final int FLOATING = 2;
  private static final int TEXT = 3;
  private static final int BYTES = 4;

  /// No value of ours comes near; keeps a damaged length from asking for all memory.
  private static final int MAX_VALUE_BYTES = 256 << 20;

  private Rows() {}

  static final class Writer {
    private final DataOutputStream out;
    private long rows;

    Writer(DataOutputStream out) {
      this.out = out;
    }

    void row(@Nullable Object[] values) throws IOException {
      out.writeByte(ROW);
      for (Object value : values) {
        write(value);
      }
      rows++;
    }

    private void write(@Nullable Object value) throws IOException {
      switch (value) {
        case null -> out.writeByte(NULL);
        case Long number -> number(number);
        case Integer number -> number(number);
        case Short number -> number(number);
        case Double number -> {
          out.writeByte(FLOATING);
          out.writeDouble(number);
        }
        case String text -> bytes(TEXT, text.getBytes(StandardCharsets.UTF_8));
        case byte[] bytes -> bytes(BYTES, bytes);
        default -> throw new IOException("a value of " + value.getClass());
      }
    }

    private void number(long number) throws IOException {
      out.writeByte(NUMBER);
      out.writeLong(number);
    }

    private void bytes(int type, byte[] bytes) throws IOException {
      out.writeByte(type);
      out.writeInt(bytes.length);
      out.write(bytes);
    }

    long rows() {
      return rows;
    }

    void end() throws IOException {
      out.writeByte(END);
      out.writeLong(rows);
      out.flush();
    }
  }

  static final class Reader {
    private final DataInputStream in;
    private final int columns;
    private long rows;

    Reader(DataInputStream in, int columns) {
      this.in = in;
      this.columns = columns;
    }

    /// The next row; null after the last.
    ///
    /// @throws IOException when the rows end too early or are not rows
    @Nullable Object @Nullable [] next() throws IOException {
      int mark = in.readUnsignedByte();
      if (mark == END) {
        if (in.readLong() != rows) {
          throw new EOFException("rows are missing");
        }
        return null;
      }
      if (mark != ROW) {
        throw new IOException("not a row");
      }
      @Nullable Object[] row = new Object[columns];
      for (int i = 0; i < columns; i++) {
        row[i] = read();
      }
      rows++;
      return row;
    }

    private @Nullable Object read() throws IOException {
      int type = in.readUnsignedByte();
      return switch (type) {
        case NULL -> null;
        case NUMBER -> in.readLong();
        case FLOATING -> in.readDouble();
        case TEXT -> new String(bytes(), StandardCharsets.UTF_8);
        case BYTES -> bytes();
        default -> throw new IOException("a value of type " + type);
      };
    }

    private byte[] bytes() throws IOException {
      int length = in.readInt();
      if (length < 0 || length > MAX_VALUE_BYTES) {
        throw new IOException("a value of " + length + " bytes");
      }
      byte[] bytes = new byte[length];
      in.readFully(bytes);
      return bytes;
    }

    long rows() {
      return rows;
    }
  }
}
