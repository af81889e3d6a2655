package io.vatio.app;

import io.vatio.backup.Progress;
import java.util.function.Consumer;

/// Tells a person how far a backup is: a line for each large table, and one every million rows.
final class ProgressLog {
  private static final long EVERY = 1_000_000;

  private ProgressLog() {}

  static Progress to(Consumer<String> line) {
    return (what, done, of) -> {
      if (done == of && done >= EVERY / 100) {
        line.accept("%s: %,d rows".formatted(what, done));
      } else if (done < of && done % EVERY == 0) {
        line.accept("%s: %,d of %,d rows".formatted(what, done, of));
      } else if (of == 0 && done % EVERY == 0) {
        line.accept("%s: %,d rows so far".formatted(what, done));
      }
    };
  }
}
