package io.vatio.audit;

import org.jspecify.annotations.Nullable;

/// Which lines of a log are asked for. Lines are in the order in which they were written, which is
/// that of their numbers.
///
/// @param after number of the line that they follow; null for the first ones
/// @param skip lines to pass over
/// @param size how many are wanted
record Place(@Nullable Long after, long skip, int size, boolean newestFirst) {
  String order() {
    return newestFirst ? "DESC" : "ASC";
  }

  String sign() {
    return newestFirst ? "<" : ">";
  }
}
