package io.vatio.device;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/// Whether a device can be reached, as far as what was heard of it tells.
public enum Connection {
  ONLINE,
  OFFLINE,
  /// Heard of lately, and it says that something is wrong with it.
  ERROR;

  /// A device that was silent for longer is offline.
  static final Duration SILENCE = Duration.ofMinutes(15);

  /// The words on the wire.
  public static final List<String> CODES = List.of("online", "offline", "error");

  public static Connection of(Device device, Instant now) {
    Instant seen = device.lastSeen();
    if (seen == null || seen.isBefore(now.minus(SILENCE))) {
      return OFFLINE;
    }
    return device.operatingState().equalsIgnoreCase("error") ? ERROR : ONLINE;
  }

  /// The word on the wire.
  public String code() {
    return name().toLowerCase(Locale.ROOT);
  }
}
