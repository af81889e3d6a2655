package io.vatio.reading;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// Puts unsettled and settled readings of one series together; one that is in both counts once.
final class Merge {
  private Merge() {}

  /// @param hot oldest first
  /// @param settled newest first
  /// @return newest first, at most limit
  static List<Reading> newest(List<Reading> hot, List<Reading> settled, int limit) {
    List<Reading> result = new ArrayList<>();
    int h = hot.size() - 1;
    int s = 0;
    while (result.size() < limit && (h >= 0 || s < settled.size())) {
      if (s >= settled.size() || (h >= 0 && hot.get(h).ts() > settled.get(s).ts())) {
        result.add(hot.get(h--));
      } else {
        if (h >= 0 && hot.get(h).ts() == settled.get(s).ts()) {
          h--;
        }
        result.add(settled.get(s++));
      }
    }
    return result;
  }

  /// Gives both, oldest first; both lists are oldest first.
  static void oldest(List<Reading> hot, List<Reading> settled, Consumer<Reading> consumer) {
    int h = 0;
    for (Reading reading : settled) {
      while (h < hot.size() && hot.get(h).ts() < reading.ts()) {
        consumer.accept(hot.get(h++));
      }
      if (h < hot.size() && hot.get(h).ts() == reading.ts()) {
        h++;
      }
      consumer.accept(reading);
    }
    while (h < hot.size()) {
      consumer.accept(hot.get(h++));
    }
  }
}
