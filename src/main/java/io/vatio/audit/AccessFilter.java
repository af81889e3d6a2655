package io.vatio.audit;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// Which lines of the access log are wanted; null stands for any.
///
/// @param from included
/// @param to not included
record AccessFilter(
    @Nullable Long account,
    @Nullable String module,
    @Nullable String method,
    @Nullable Integer status,
    boolean errorsOnly,
    boolean slowOnly,
    @Nullable Instant from,
    @Nullable Instant to) {

  /// Whether the totals know how many lines there are.
  boolean isCounted() {
    return from == null && to == null;
  }
}
