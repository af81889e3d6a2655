package io.vatio.ingest;

import io.vatio.kernel.Text;

/// Why a message was refused.
///
/// @param text the sentence for the sender, naming the field or the cause
public record Rejection(Reason reason, Text text) {

  /// The kinds of refusal; the code is the label of the counter and the word in the dead letters.
  public enum Reason {
    /// Not the format that the address asks for.
    MALFORMED("formato"),
    /// The right format with a value that cannot be: NaN, a text for a number, a missing field.
    INVALID_VALUE("valor"),
    /// Larger than the limit of its door.
    TOO_LARGE("tamano"),
    /// The sender may not publish to this address.
    TOPIC_NOT_ALLOWED("topico_no_permitido"),
    /// The sender speaks for a device that is not its own.
    NOT_YOUR_DEVICE("dispositivo_ajeno"),
    /// No such device, and the sender may not create one.
    UNKNOWN_DEVICE("dispositivo_desconocido"),
    /// A limit on devices or sensors made by strangers is reached.
    LIMIT_REACHED("limite");

    private final String code;

    Reason(String code) {
      this.code = code;
    }

    public String code() {
      return code;
    }
  }
}
