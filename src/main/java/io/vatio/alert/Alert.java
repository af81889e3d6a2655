package io.vatio.alert;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Something that people should know.
///
/// @param severity info, warning, error, success
/// @param source who raised it
/// @param channels ways it was asked to take; empty for the usual ones
/// @param acknowledged by whom and when, null while nobody has
public record Alert(
    long id,
    Instant at,
    String severity,
    String message,
    String source,
    List<String> channels,
    @Nullable Acknowledgement acknowledged) {
  public Alert {
    channels = List.copyOf(channels);
  }

  /// Somebody has seen it and takes care.
  public record Acknowledgement(Instant at, String by) {}
}
