package io.vatio.reading;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A table on its way out, row by row. Constant memory; one thread.
interface ExportRows {

  /// What the cells of a column are: `Long` microseconds since 1970 for TIME, `Long`, `Double` or
  /// `String`; null is none.
  enum Kind {
    TIME,
    WHOLE,
    NUMBER,
    TEXT
  }

  record Column(String name, Kind kind) {}

  void row(@Nullable Object[] cells) throws IOException;

  /// Writes what is still held back, and the end.
  void finish() throws IOException;

  /// The forms of files.
  enum Format {
    CSV("csv", "text/csv; charset=utf-8"),
    NDJSON("ndjson", "application/x-ndjson"),
    PARQUET("parquet", "application/vnd.apache.parquet");

    private final String code;
    private final String contentType;

    Format(String code, String contentType) {
      this.code = code;
      this.contentType = contentType;
    }

    /// The wire word, and the end of the file's name.
    String code() {
      return code;
    }

    String contentType() {
      return contentType;
    }

    static List<String> codes() {
      return Arrays.stream(values()).map(Format::code).toList();
    }
  }
}
