package io.vatio.reading;

import io.vatio.kernel.Micros;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// RFC 4180. A text that a spreadsheet would take for a formula gets an apostrophe in front.
final class ExportCsv implements ExportRows {
  private final OutputStream out;
  private final char separator;
  private final boolean decimalComma;
  private final List<Column> columns;

  ExportCsv(OutputStream out, List<Column> columns, char separator, boolean decimalComma)
      throws IOException {
    this.out = out;
    this.columns = columns;
    this.separator = separator;
    this.decimalComma = decimalComma;
    StringBuilder head = new StringBuilder();
    for (int i = 0; i < columns.size(); i++) {
      head.append(i == 0 ? "" : separator).append(quoted(columns.get(i).name()));
    }
    write(head);
  }

  @Override
  public void row(@Nullable Object[] cells) throws IOException {
    StringBuilder line = new StringBuilder(96);
    for (int i = 0; i < cells.length; i++) {
      if (i > 0) {
        line.append(separator);
      }
      Object cell = cells[i];
      if (cell != null) {
        line.append(text(columns.get(i).kind(), cell));
      }
    }
    write(line);
  }

  private String text(Kind kind, Object cell) {
    return switch (kind) {
      case TIME -> Micros.toInstant((Long) cell).toString();
      case WHOLE -> cell.toString();
      case NUMBER -> decimalComma ? quoted(cell.toString().replace('.', ',')) : cell.toString();
      case TEXT -> quoted(harmless((String) cell));
    };
  }

  private static String harmless(String text) {
    return !text.isEmpty() && "=+-@\t\r".indexOf(text.charAt(0)) >= 0 ? "'" + text : text;
  }

  private String quoted(String text) {
    boolean plain =
        text.chars().noneMatch(c -> c == '"' || c == '\r' || c == '\n' || c == separator);
    return plain ? text : '"' + text.replace("\"", "\"\"") + '"';
  }

  private void write(StringBuilder line) throws IOException {
    out.write(line.append("\r\n").toString().getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void finish() {
    // The last line has its end already.
  }
}
