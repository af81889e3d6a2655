package io.vatio.ingest;

import io.vatio.kernel.Principal;
import java.time.Instant;

/// One message as it came in, before anybody understood it.
///
/// @param address the MQTT topic, or the name of the HTTP end point in the same form (`generador`)
/// @param payload the bytes; not copied, so nobody may change them afterwards
/// @param receivedAt when its last byte arrived
/// @param sender who sent it, already authenticated
/// @param delivery fingerprint of this delivery (client, packet and payload), or 0 when the
///     protocol has none; see [#redelivered]
/// @param redelivered the sender says that it may have sent this before (MQTT's DUP flag): a
///     message without a time of its own is then compared by its fingerprint
public record RawMessage(
    Origin origin,
    String address,
    byte[] payload,
    Instant receivedAt,
    Principal sender,
    long delivery,
    boolean redelivered) {

  /// A message of a protocol without redelivery.
  public static RawMessage of(
      Origin origin, String address, byte[] payload, Instant receivedAt, Principal sender) {
    return new RawMessage(origin, address, payload, receivedAt, sender, 0, false);
  }
}
