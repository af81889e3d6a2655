package io.vatio.audit;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Which lines of the audit log are wanted; null stands for any.
///
/// @param from included
/// @param to not included
/// @param pieces what the searched text must hold, see [SearchText#pieces]
record AuditFilter(
    @Nullable String action,
    @Nullable String model,
    @Nullable String username,
    @Nullable String objectId,
    @Nullable Long account,
    @Nullable Instant from,
    @Nullable Instant to,
    List<String> pieces) {
  AuditFilter {
    pieces = List.copyOf(pieces);
  }

  /// Whether the totals know how many lines there are, without a look at the lines.
  boolean isCounted() {
    return objectId == null
        && from == null
        && to == null
        && pieces.isEmpty()
        && (username == null || account == null);
  }
}
