package io.vatio.audit;

import java.util.List;

/// A stretch of a log.
///
/// @param more whether lines follow
record Slice<T>(List<T> lines, boolean more) {
  Slice {
    lines = List.copyOf(lines);
  }

  static <T> Slice<T> none() {
    return new Slice<>(List.of(), false);
  }

  /// Of one line more than was wanted.
  static <T> Slice<T> of(List<T> found, int wanted) {
    return found.size() > wanted
        ? new Slice<>(found.subList(0, wanted), true)
        : new Slice<>(found, false);
  }
}
