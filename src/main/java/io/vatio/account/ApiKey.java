package io.vatio.account;

import io.vatio.kernel.Permission;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A key for a program. The key itself is kept by nobody here, only its fingerprint.
///
/// @param prefix how the key begins, to recognise it in a list
/// @param hash SHA-256 of the key, hexadecimal
/// @param accountId who made it; the key can never do more than that one
/// @param expiresAt null for never
record ApiKey(
    long id,
    String label,
    String prefix,
    String hash,
    List<Permission> permissions,
    long accountId,
    Instant createdAt,
    @Nullable Instant expiresAt) {
  ApiKey {
    permissions = List.copyOf(permissions);
  }

  boolean isExpired(Instant now) {
    return expiresAt != null && !now.isBefore(expiresAt);
  }

  ApiKey withId(long newId) {
    return new ApiKey(newId, label, prefix, hash, permissions, accountId, createdAt, expiresAt);
  }
}
