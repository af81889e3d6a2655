package io.vatio.device;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Which of `estado` and `encendido` rules the other. The whole table:
///
/// | mode | what rules, the first that was said |
/// |---|---|
/// | manual | `encendido`, `configuracion.encendido`, `estado` |
/// | horario | `estado`, `encendido`, the state the device is in, `configuracion.encendido` |
/// | none or another word | `estado`, `encendido`, `configuracion.encendido` |
///
/// In horario a `configuracion.encendido` is what an app sends back of what it once read, not a
/// command: it counts only for a device whose state is not known.
enum DispositivoMode {
  MANUAL,
  SCHEDULE,
  OTHER;

  static final String ON = "activo";
  static final String OFF = "inactivo";

  /// The mode that a configuration names.
  static DispositivoMode of(ObjectNode configuration) {
    return switch (configuration.path("modo").asText("").strip().toLowerCase(Locale.ROOT)) {
      case "manual" -> MANUAL;
      case "horario" -> SCHEDULE;
      default -> OTHER;
    };
  }

  /// Whether a word for a state means on or off, empty for a word of the device's own.
  static Optional<Boolean> switched(String state) {
    return switch (state.strip().toLowerCase(Locale.ROOT)) {
      case "activo", "on", "true", "1" -> Optional.of(true);
      case "inactivo", "off", "false", "0" -> Optional.of(false);
      default -> Optional.empty();
    };
  }

  /// Whether the device is to be on; empty when nothing that was said decides it.
  Optional<Boolean> rule(Said said) {
    return switch (this) {
      case MANUAL -> first(said.on(), said.configuredOn(), said.state());
      case SCHEDULE -> first(said.state(), said.on(), said.present(), said.configuredOn());
      case OTHER -> first(said.state(), said.on(), said.configuredOn());
    };
  }

  private static Optional<Boolean> first(@Nullable Boolean... candidates) {
    return Stream.of(candidates).filter(Objects::nonNull).map(c -> (boolean) c).findFirst();
  }

  /// What a request says of on and off, null for nothing.
  ///
  /// @param on `encendido` beside the other fields
  /// @param configuredOn `encendido` inside `configuracion`
  /// @param state `estado`, where it is a word for on or off
  /// @param present the state the device is in, where it is on or off
  record Said(
      @Nullable Boolean on,
      @Nullable Boolean configuredOn,
      @Nullable Boolean state,
      @Nullable Boolean present) {}
}
