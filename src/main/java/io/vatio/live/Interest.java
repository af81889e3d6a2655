package io.vatio.live;

import io.vatio.device.Device;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What one connection wants to hear, and in which of the two ways it is told.
///
/// @param serial only the device of this serial number; null for all
/// @param claimed only devices that are (not) claimed; null for all
/// @param deviceId only this device and its readings; null for all
record Interest(
    Dialect dialect,
    Set<Topic> topics,
    @Nullable String serial,
    @Nullable Boolean claimed,
    @Nullable Long deviceId) {
  Interest {
    topics = Set.copyOf(topics);
  }

  /// The two streams.
  enum Dialect {
    /// `/stream/dispositivos`: device updates without a name of their own.
    DISPOSITIVOS,
    /// `/api/stream/`: every event named.
    API
  }

  boolean wants(Device device) {
    return topics.contains(Topic.DEVICES)
        && (serial == null || serial.equals(device.serial()))
        && (claimed == null || claimed == device.claimed())
        && (deviceId == null || deviceId == device.id());
  }

  /// Whether readings matter at all.
  boolean wantsReadings() {
    return topics.contains(Topic.READINGS) || topics.contains(Topic.ENERGY);
  }

  boolean wants(Frame.Measured reading) {
    return deviceId == null || deviceId == reading.deviceId();
  }
}
