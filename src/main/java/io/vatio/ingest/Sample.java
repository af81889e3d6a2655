package io.vatio.ingest;

import io.vatio.device.DeviceTemplate;
import io.vatio.sensor.SensorTemplate;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// One measured value as a decoder read it: not yet a reading, for device and sensor may not exist.
///
/// @param device which device, and how to create it when it is new
/// @param sensor which of its sensors, and how to create it when it is new
/// @param value finite, in the sensor's unit
/// @param at when it was measured; null = when the message arrived
/// @param quality bits of [io.vatio.reading.Quality], 0 for good
/// @param meta JSON text to keep with it, null for none
public record Sample(
    DeviceTemplate device,
    SensorTemplate sensor,
    double value,
    @Nullable Instant at,
    int quality,
    @Nullable String meta) {
  public Sample {
    if (!Double.isFinite(value)) {
      throw new IllegalArgumentException("a sample is finite: " + value);
    }
  }
}
