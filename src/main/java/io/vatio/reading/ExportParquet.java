package io.vatio.reading;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/// Apache Parquet: flat columns that may have nulls, plain values, pages in gzip. As the format
/// wants it, rows are held back until a group of them is full, and the directory comes last.
///
/// Numbers of fields, types and encodings are those of the format's `parquet.thrift`.
final class ExportParquet implements ExportRows {
  /// Some five megabytes before they are packed.
  private static final int GROUP_ROWS = 100_000;

  private static final byte[] MAGIC = "PAR1".getBytes(StandardCharsets.US_ASCII);
  private static final int INT64 = 2;
  private static final int DOUBLE = 5;
  private static final int BYTE_ARRAY = 6;
  private static final int OPTIONAL = 1;
  private static final int UTF8 = 0;
  private static final int TIMESTAMP_MICROS = 10;
  private static final int PLAIN = 0;
  private static final int RLE = 3;
  private static final int GZIP = 2;
  private static final int DATA_PAGE = 0;

  private final OutputStream out;
  private final List<Column> columns;
  private final List<Chunk> open = new ArrayList<>();
  private final List<Group> groups = new ArrayList<>();
  private long position;
  private long total;
  private int rows;

  ExportParquet(OutputStream out, List<Column> columns) throws IOException {
    this.out = out;
    this.columns = columns;
    columns.forEach(column -> open.add(new Chunk(column.kind())));
    write(MAGIC);
  }

  @Override
  public void row(@Nullable Object[] cells) throws IOException {
    for (int i = 0; i < cells.length; i++) {
      open.get(i).add(cells[i]);
    }
    if (++rows == GROUP_ROWS) {
      endGroup();
    }
  }

  private void endGroup() throws IOException {
    List<Written> written = new ArrayList<>();
    for (Chunk chunk : open) {
      written.add(write(chunk));
      chunk.clear();
    }
    groups.add(new Group(rows, written));
    total += rows;
    rows = 0;
  }

  private Written write(Chunk chunk) throws IOException {
    byte[] plain = chunk.page();
    ByteArrayOutputStream packed = new ByteArrayOutputStream(plain.length / 2 + 64);
    try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
      gzip.write(plain);
    }
    ExportThrift header = new ExportThrift();
    header.number(1, DATA_PAGE).number(2, plain.length).number(3, packed.size());
    header.begin(5);
    header.number(1, rows).number(2, PLAIN).number(3, RLE).number(4, RLE);
    header.end().end();
    long offset = position;
    byte[] head = header.bytes();
    write(head);
    write(packed.toByteArray());
    return new Written(offset, head.length + plain.length, position - offset);
  }

  private void write(byte[] bytes) throws IOException {
    out.write(bytes);
    position += bytes.length;
  }

  @Override
  public void finish() throws IOException {
    if (rows > 0) {
      endGroup();
    }
    byte[] directory = directory();
    write(directory);
    write(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(directory.length).array());
    write(MAGIC);
  }

  private byte[] directory() {
    ExportThrift file = new ExportThrift();
    file.number(1, 1);
    file.list(2, columns.size() + 1, ExportThrift.STRUCT);
    file.item().text(4, "readings").number(5, columns.size()).end();
    for (Column column : columns) {
      file.item().number(1, type(column.kind())).number(3, OPTIONAL).text(4, column.name());
      switch (column.kind()) {
        case TIME -> file.number(6, TIMESTAMP_MICROS);
        case TEXT -> file.number(6, UTF8);
        case WHOLE, NUMBER -> {}
      }
      file.end();
    }
    file.wide(3, total);
    file.list(4, groups.size(), ExportThrift.STRUCT);
    for (Group group : groups) {
      group(file.item(), group);
      file.end();
    }
    file.text(6, "Vatio");
    file.end();
    return file.bytes();
  }

  private void group(ExportThrift file, Group group) {
    file.list(1, columns.size(), ExportThrift.STRUCT);
    long bytes = 0;
    for (int i = 0; i < columns.size(); i++) {
      Written chunk = group.chunks().get(i);
      bytes += chunk.plain();
      file.item().wide(2, chunk.offset());
      file.begin(3);
      file.number(1, type(columns.get(i).kind()));
      file.list(2, 2, ExportThrift.NUMBER).value(PLAIN).value(RLE);
      file.list(3, 1, ExportThrift.TEXT).value(columns.get(i).name());
      file.number(4, GZIP).wide(5, group.rows()).wide(6, chunk.plain());
      file.wide(7, chunk.packed()).wide(9, chunk.offset());
      file.end().end();
    }
    file.wide(2, bytes).wide(3, group.rows());
  }

  private static int type(Kind kind) {
    return switch (kind) {
      case TIME, WHOLE -> INT64;
      case NUMBER -> DOUBLE;
      case TEXT -> BYTE_ARRAY;
    };
  }

  private record Group(long rows, List<Written> chunks) {}

  /// A column of a group, as it lies in the file.
  private record Written(long offset, long plain, long packed) {}

  /// A column of the group that is being filled.
  private static final class Chunk {
    private final Kind kind;
    private final ByteArrayOutputStream values = new ByteArrayOutputStream(64 << 10);
    private final ByteArrayOutputStream levels = new ByteArrayOutputStream();
    private final byte[] eight = new byte[8];
    private int run;
    private boolean present;

    Chunk(Kind kind) {
      this.kind = kind;
    }

    void add(@Nullable Object cell) {
      if (run > 0 && present != (cell != null)) {
        endRun();
      }
      present = cell != null;
      run++;
      if (cell == null) {
        return;
      }
      switch (kind) {
        case TIME, WHOLE -> eight((Long) cell);
        case NUMBER -> eight(Double.doubleToLongBits((Double) cell));
        case TEXT -> {
          byte[] utf8 = ((String) cell).getBytes(StandardCharsets.UTF_8);
          four(values, utf8.length);
          values.writeBytes(utf8);
        }
      }
    }

    private void eight(long bits) {
      for (int i = 0; i < 8; i++) {
        eight[i] = (byte) (bits >>> (8 * i));
      }
      values.write(eight, 0, 8);
    }

    private static void four(ByteArrayOutputStream out, int number) {
      for (int i = 0; i < 4; i++) {
        out.write(number >>> (8 * i));
      }
    }

    /// A run of cells that are all there, or all not.
    private void endRun() {
      ExportThrift.varint(levels, (long) run << 1);
      levels.write(present ? 1 : 0);
      run = 0;
    }

    byte[] page() {
      if (run > 0) {
        endRun();
      }
      ByteArrayOutputStream page = new ByteArrayOutputStream(levels.size() + values.size() + 4);
      four(page, levels.size());
      page.writeBytes(levels.toByteArray());
      page.writeBytes(values.toByteArray());
      return page.toByteArray();
    }

    void clear() {
      values.reset();
      levels.reset();
      run = 0;
    }
  }
}
