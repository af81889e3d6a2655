package io.vatio.reading;

import java.util.ArrayList;
import java.util.List;

/// Puts unsealed and sealed readings of one series together. One that is in both counts once; of
/// two with the same time the one with the greater seq is the corrected one.
final class Merge {
  private Merge() {}

  /// @param hot oldest first
  /// @param sealed newest first
  /// @return newest first, at most limit
  static List<Reading> newest(List<Reading> hot, List<Reading> sealed, int limit) {
    List<Reading> result = new ArrayList<>();
    int h = hot.size() - 1;
    int s = 0;
    while (result.size() < limit && (h >= 0 || s < sealed.size())) {
      if (s >= sealed.size() || (h >= 0 && hot.get(h).ts() > sealed.get(s).ts())) {
        result.add(hot.get(h--));
      } else if (h >= 0 && hot.get(h).ts() == sealed.get(s).ts()) {
        result.add(later(hot.get(h--), sealed.get(s++)));
      } else {
        result.add(sealed.get(s++));
      }
    }
    return result;
  }

  /// Both lists and the result are oldest first.
  static List<Reading> oldest(List<Reading> one, List<Reading> other) {
    if (one.isEmpty()) {
      return other;
    }
    if (other.isEmpty()) {
      return one;
    }
    List<Reading> result = new ArrayList<>(one.size() + other.size());
    int i = 0;
    int j = 0;
    while (i < one.size() || j < other.size()) {
      if (j >= other.size() || (i < one.size() && one.get(i).ts() < other.get(j).ts())) {
        result.add(one.get(i++));
      } else if (i < one.size() && one.get(i).ts() == other.get(j).ts()) {
        result.add(later(one.get(i++), other.get(j++)));
      } else {
        result.add(other.get(j++));
      }
    }
    return result;
  }

  private static Reading later(Reading a, Reading b) {
    return a.seq() >= b.seq() ? a : b;
  }
}
