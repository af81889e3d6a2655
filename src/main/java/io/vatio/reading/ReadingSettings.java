package io.vatio.reading;

import java.time.Duration;

/// How the store of readings works beside.
///
/// @param sealEvery how often new readings move to their compressed form
public record ReadingSettings(Duration sealEvery) {
  public ReadingSettings {
    if (sealEvery.isNegative() || sealEvery.isZero()) {
      throw new IllegalArgumentException("sealEvery " + sealEvery);
    }
  }
}
