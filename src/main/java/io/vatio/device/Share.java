package io.vatio.device;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A device that somebody may look at without being its operator.
///
/// @param accountId who may look
/// @param createdBy account that shared it, null when that is gone or was none
/// @param expiresAt when it ends, null for never
record Share(
    long deviceId,
    long accountId,
    @Nullable Long createdBy,
    Instant createdAt,
    @Nullable Instant expiresAt) {

  boolean isValid(Instant now) {
    return expiresAt == null || expiresAt.isAfter(now);
  }
}
