package io.vatio.kernel;

import java.util.List;

/// A sentence for people that is not yet in a language: a key of the message bundles and its
/// arguments.
public record Text(String key, List<Object> arguments) {
  public Text {
    arguments = List.copyOf(arguments);
  }

  /// The text of this key; arguments fill {0}, {1} and so on.
  public static Text of(String key, Object... arguments) {
    return new Text(key, List.of(arguments));
  }
}
