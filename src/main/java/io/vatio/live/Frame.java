package io.vatio.live;

import io.vatio.device.Device;
import org.jspecify.annotations.Nullable;

/// An event, encoded once for all listeners.
sealed interface Frame {

  /// A device as it was after a change.
  ///
  /// @param json its wire form
  record Changed(Device device, byte[] json) implements Frame {}

  /// A reading.
  ///
  /// @param json its wire form
  /// @param energy its wire form when it is one of the main meter, else null
  record Measured(long seq, long deviceId, byte[] json, byte @Nullable [] energy)
      implements Frame {}

  /// Readings are missing here.
  record Gap() implements Frame {}
}
