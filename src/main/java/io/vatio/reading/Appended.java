package io.vatio.reading;

import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The result of one append.
///
/// @param rows by position of the readings given: the reading as it is stored, or null where it
///     was there before
/// @param deliveries fingerprints to remember
public record Appended(List<@Nullable Reading> rows, Collection<Long> deliveries) {

  /// How many were new.
  public int stored() {
    int stored = 0;
    for (Reading row : rows) {
      if (row != null) {
        stored++;
      }
    }
    return stored;
  }
}
