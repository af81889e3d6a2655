package io.vatio.reading;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExportFilesTest {
  private static final List<ExportRows.Column> COLUMNS =
      List.of(
          new ExportRows.Column("timestamp", ExportRows.Kind.TIME),
          new ExportRows.Column("dispositivo", ExportRows.Kind.TEXT),
          new ExportRows.Column("valor", ExportRows.Kind.NUMBER),
          new ExportRows.Column("count", ExportRows.Kind.WHOLE));

  private static final List<@Nullable Object[]> ROWS =
      List.of(
          row(1_772_366_400_000_001L, "=cmd|'/c'!A1", 1.5, 3L),
          row(-1L, "a,\"b\"\nñ€", null, 0L),
          row(1_772_366_400_000_000L, "", -2e-9, null));

  @TempDir private Path folder;

  @Test
  void csv_quotes_what_must_be_quoted_and_runs_nothing() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    write(new ExportCsv(out, COLUMNS, ',', false));

    assertEquals(
        "timestamp,dispositivo,valor,count\r\n"
            + "2026-03-01T12:00:00.000001Z,'=cmd|'/c'!A1,1.5,3\r\n"
            + "1969-12-31T23:59:59.999999Z,\"a,\"\"b\"\"\nñ€\",,0\r\n"
            + "2026-03-01T12:00:00Z,,-2.0E-9,\r\n",
        out.toString(StandardCharsets.UTF_8));
  }

  @Test
  void ndjson_is_an_object_a_line() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    write(new ExportNdjson(out, COLUMNS));

    assertEquals(
        "{\"timestamp\":\"1969-12-31T23:59:59.999999Z\",\"dispositivo\":\"a,\\\"b\\\"\\nñ€\",\"valor\":null,\"count\":0}",
        out.toString(StandardCharsets.UTF_8).split("\n")[1]);
  }

  /// The bytes of the format's description, read by hand; programs that read such files were tried
  /// with the same writer.
  @Test
  void parquet_has_a_page_a_column_with_levels_before_values() throws IOException {
    Path file = folder.resolve("rows.parquet");
    try (var out = Files.newOutputStream(file)) {
      write(new ExportParquet(out, COLUMNS));
    }
    byte[] bytes = Files.readAllBytes(file);

    assertEquals("PAR1", new String(bytes, 0, 4, StandardCharsets.US_ASCII));
    ByteBuffer tail = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int directory = tail.getInt(bytes.length - 8);
    String names =
        new String(bytes, bytes.length - 8 - directory, directory, StandardCharsets.ISO_8859_1);
    for (ExportRows.Column column : COLUMNS) {
      assertEquals(true, names.contains(column.name()), column.name());
    }
    byte[] times = page(bytes, 4);
    assertArrayEquals(new byte[] {2, 0, 0, 0, 6, 1}, Arrays.copyOf(times, 6));
    ByteBuffer values = ByteBuffer.wrap(times).order(ByteOrder.LITTLE_ENDIAN);
    assertEquals(1_772_366_400_000_001L, values.getLong(6));
    assertEquals(-1L, values.getLong(14));
  }

  @Test
  void parquet_of_several_groups_and_of_none() throws IOException {
    Path large = Path.of("target/large.parquet");
    try (var out = Files.newOutputStream(large)) {
      ExportParquet rows = new ExportParquet(out, COLUMNS);
      for (int i = 0; i < 250_000; i++) {
        rows.row(
            row(i * 1_000_000L, "S-" + i % 3, i % 7 == 0 ? null : (Double) (i / 10.0), (long) i));
      }
      rows.finish();
    }
    ByteArrayOutputStream empty = new ByteArrayOutputStream();
    new ExportParquet(empty, COLUMNS).finish();

    assertEquals(true, Files.size(large) > 500_000);
    assertEquals(true, empty.size() < 200);
  }

  private static byte[] page(byte[] file, int from) throws IOException {
    int at = from;
    while (!(file[at] == 0x1F && file[at + 1] == (byte) 0x8B)) {
      at++;
    }
    try (var in = new GZIPInputStream(new ByteArrayInputStream(file, at, file.length - at))) {
      return in.readNBytes(30);
    }
  }

  private static void write(ExportRows rows) throws IOException {
    for (@Nullable Object[] row : ROWS) {
      rows.row(row);
    }
    rows.finish();
  }

  private static @Nullable Object[] row(@Nullable Object... cells) {
    return cells;
  }
}
