package io.vatio.ingest;

/// Understands the messages of one family of addresses. Stateless or thread safe: called on the
/// adapter's thread.
public interface Decoder {

  /// Whether messages to this address are for this decoder.
  boolean wants(String address);

  /// What the message says, or why it says nothing.
  Decoding decode(RawMessage message);
}
