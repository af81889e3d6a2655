package io.vatio.ingest;

import java.time.Duration;

/// What became of a message, known only after the commit that decided it. Every adapter says it in
/// its own protocol.
public sealed interface Receipt {

  /// On the disk.
  ///
  /// @param readings how many readings of the message were new
  record Stored(int readings) implements Receipt {}

  /// All of it was on the disk already; for the sender as good as stored.
  record Duplicate() implements Receipt {}

  /// Not understood or not allowed; kept in the dead letters with its reason.
  record Rejected(Rejection reason) implements Receipt {}

  /// Not stored, through no fault of the sender: too much at once, or storage cannot take it now.
  record Overloaded(Duration retryAfter) implements Receipt {}
}
