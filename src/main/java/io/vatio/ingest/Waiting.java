package io.vatio.ingest;

import io.vatio.kernel.Principal;
import io.vatio.kernel.Text;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;

/// A message that waits for its commit.
///
/// @param place its number in the spool, 0 when it did not come from there
record Waiting(
    RawMessage message, Decoding decoding, long place, CompletableFuture<Receipt> receipt) {
  /// One that comes in now.
  static Waiting of(RawMessage message, Decoding decoding) {
    return new Waiting(message, decoding, 0, new CompletableFuture<>());
  }

  /// One that waited in the spool.
  static Waiting taken(Spool.Taken taken) {
    Spooled spooled = taken.message();
    if (spooled != null) {
      return new Waiting(
          spooled.message(), spooled.decoding(), taken.number(), new CompletableFuture<>());
    }
    RawMessage unknown =
        RawMessage.of(
            Origin.SPOOL,
            Long.toString(taken.number()),
            taken.frame(),
            Instant.EPOCH,
            new Principal.Anonymous("spool"));
    Rejection damaged = new Rejection(Rejection.Reason.MALFORMED, Text.of("ingest.spool_damaged"));
    return new Waiting(
        unknown, new Decoding.Refused(damaged), taken.number(), new CompletableFuture<>());
  }

  /// About how much memory it takes.
  long bytes() {
    return message.payload().length
        + (decoding instanceof Decoding.Known(KnownReadings readings) ? readings.bytes() : 0);
  }

  /// How many readings it brings; 1 where nobody has counted them.
  int weight() {
    return decoding instanceof Decoding.Known(KnownReadings readings) ? readings.size() : 1;
  }

  boolean isFromSpool() {
    return place > 0;
  }
}
