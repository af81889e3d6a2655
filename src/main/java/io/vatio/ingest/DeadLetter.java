package io.vatio.ingest;

import java.time.Instant;

/// A message that was refused, kept for whoever has to find out why.
///
/// @param reason code of [Rejection.Reason]
/// @param detail the sentence that the sender got, in the installation's language
/// @param payload its first bytes, at most [DeadLetterStore#PAYLOAD_KEPT]
/// @param size of the whole payload, bytes
public record DeadLetter(
    long id,
    Instant receivedAt,
    String origin,
    String address,
    String sender,
    String reason,
    String detail,
    byte[] payload,
    long size) {}
