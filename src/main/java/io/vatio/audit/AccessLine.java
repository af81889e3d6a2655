package io.vatio.audit;

import java.time.Instant;

/// A line of the access log, fit to be kept.
///
/// @param id 0 for one that is not written yet
/// @param at when the request was over
/// @param account who answers for it; 0 for nobody
/// @param module first part of the path behind `/api/`
/// @param endpoint the path, secrets masked
/// @param durationUs microseconds
/// @param query JSON object of the parameters, masked
record AccessLine(
    long id,
    Instant at,
    long account,
    String username,
    String module,
    String endpoint,
    String method,
    int status,
    long durationUs,
    String address,
    String userAgent,
    String query) {
  /// From this status on a request has failed.
  static final int ERROR = 400;

  /// Microseconds above which a request is slow.
  static final long SLOW_US = 2_000_000;

  boolean isError() {
    return status >= ERROR;
  }

  boolean isSlow() {
    return durationUs > SLOW_US;
  }
}
