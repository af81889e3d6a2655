package io.vatio.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The table of a run, for people and for machines.
final class Report {
  private static final String[] HEAD = {
    "measurement",
    "figure",
    "p50 ms",
    "p95 ms",
    "p99 ms",
    "max ms",
    "server CPU",
    "load CPU",
    "note"
  };

  private Report() {}

  /// Aligned plain text; the note, being last, may be as long as it likes.
  static String text(String machine, List<Row> rows) {
    List<String[]> lines = new ArrayList<>();
    lines.add(HEAD);
    rows.forEach(row -> lines.add(row.cells()));
    int[] widths = new int[HEAD.length];
    for (String[] line : lines) {
      for (int column = 0; column < line.length; column++) {
        widths[column] = Math.max(widths[column], line[column].length());
      }
    }
    StringBuilder text = new StringBuilder(machine).append("\n\n");
    for (String[] line : lines) {
      StringBuilder cells = new StringBuilder();
      for (int column = 0; column < line.length; column++) {
        String gap = " ".repeat(widths[column] - line[column].length());
        boolean number = column > 0 && column < line.length - 1;
        cells.append(number ? gap + line[column] : line[column] + gap).append("  ");
      }
      text.append(cells.toString().stripTrailing()).append('\n');
    }
    return text.toString();
  }

  static void write(Path file, String machine, List<Row> rows) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("machine", machine);
    all.put("rows", rows.stream().map(Row::json).toList());
    try {
      Files.writeString(
          file,
          new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValueAsString(all)
              + "\n");
    } catch (IOException e) {
      throw new BenchFailure("cannot write " + file + " (" + e.getMessage() + ")", e);
    }
  }
}
