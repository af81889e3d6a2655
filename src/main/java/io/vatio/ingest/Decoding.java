package io.vatio.ingest;

import java.util.List;

/// What a decoder made of a message.
public sealed interface Decoding {

  /// Understood.
  record Content(List<Sample> samples, List<StateReport> states) implements Decoding {
    public Content {
      samples = List.copyOf(samples);
      states = List.copyOf(states);
    }

    /// Samples only.
    public static Content of(List<Sample> samples) {
      return new Content(samples, List.of());
    }
  }

  /// Readings of sensors that are there, checked by who took them in; all of them or none.
  record Known(KnownReadings readings) implements Decoding {}

  /// Not understood.
  record Refused(Rejection rejection) implements Decoding {}
}
