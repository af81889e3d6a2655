package io.vatio.protocol.simulator;

import java.time.Instant;
import java.util.List;

/// One simulated device: who it is and what it says next. Used by the simulation's thread only,
/// except `hear`, which any thread may call.
interface Source {
  DeviceProfile profile();

  /// What the device says at that moment; moments never go back.
  Message next(Instant now);

  /// Topics this device wants to hear.
  default List<String> listensTo() {
    return List.of();
  }

  /// A message on one of those topics arrived.
  default void hear(String topic, String payload) {}
}
