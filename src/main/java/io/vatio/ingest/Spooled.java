package io.vatio.ingest;

import org.jspecify.annotations.Nullable;

/// A message in the spool, with what was made of it when it came.
///
/// A decoder may remember what it saw (a turbine's last values), so it is not asked a second time.
///
/// @param suspect a reading of the batch that failed with this message in it, null for none: when
///     that very reading is in the database, the batch was committed after all and only the answer
///     was lost
record Spooled(RawMessage message, Decoding decoding, @Nullable Suspect suspect) {

  /// A reading as it would have been stored.
  record Suspect(int seriesId, long ts, long seq) {}
}
