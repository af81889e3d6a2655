package io.vatio.app;

import io.vatio.backup.Progress;
import java.util.function.Consumer;

/// Tells a person how far a backup is: a line for each large table, and one every million rows.
final class ProgressLog {
  private static final long EVERY = 1_000_000;

  private ProgressLog() {}

  static Progress to(Consumer<String> line) {
    return (table, rows, complete) -> {
      if (complete && rows >= EVERY / 100) {
        line.accept("%s: %,d rows".formatted(table, rows));
      } else if (!complete && rows % EVERY == 0) {
        line.accept("%s: %,d rows so far".formatted(table, rows));
      }
    };
  }
}
