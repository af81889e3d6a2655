package io.vatio.ingest;

import io.vatio.kernel.Text;
import java.util.List;
import java.util.Optional;

/// Finds the decoder of an address. The first that wants it gets it.
public final class Decoders {
  private final List<Decoder> decoders;

  public Decoders(List<Decoder> decoders) {
    this.decoders = List.copyOf(decoders);
  }

  /// The decoder of this address, empty when nobody here understands it.
  public Optional<Decoder> find(String address) {
    for (Decoder decoder : decoders) {
      if (decoder.wants(address)) {
        return Optional.of(decoder);
      }
    }
    return Optional.empty();
  }

  /// The topic filters of all decoders.
  public List<String> filters() {
    return decoders.stream().flatMap(decoder -> decoder.filters().stream()).distinct().toList();
  }

  Decoding decode(RawMessage message) {
    Optional<Decoder> decoder = find(message.address());
    if (decoder.isEmpty()) {
      return new Decoding.Refused(
          new Rejection(
              Rejection.Reason.TOPIC_NOT_ALLOWED,
              Text.of("ingest.unknown_address", message.address())));
    }
    return decoder.get().decode(message);
  }
}
