package io.vatio.ingest;

import java.util.List;

/// Understands the messages of one family of addresses. Stateless or thread safe: called on the
/// adapter's thread.
public interface Decoder {

  /// Whether messages to this address are for this decoder.
  boolean wants(String address);

  /// MQTT topic filters that cover every MQTT topic which this decoder wants, none of them
  /// overlapping with another; empty for one that hears nothing over MQTT.
  default List<String> filters() {
    return List.of();
  }

  /// What the message says, or why it says nothing.
  Decoding decode(RawMessage message);
}
