package io.vatio.protocol.simulator;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// Adds power up to energy since the device was switched on; never falls.
final class EnergyCounter {
  private double totalKwh;
  private double lastWatts;
  private @Nullable Instant last;

  /// The counter in kWh at that moment, when power has been `watts` since the moment before.
  double advance(Instant now, double watts) {
    if (last != null && now.isAfter(last)) {
      double hours = Duration.between(last, now).toMillis() / 3_600_000.0;
      totalKwh += (lastWatts + watts) / 2 * hours / 1000;
    }
    last = now;
    lastWatts = watts;
    return Message.rounded(totalKwh, 6);
  }
}
