package io.vatio.ingest;

import io.vatio.device.DispositivoLimits;
import io.vatio.kernel.Text;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.TemporalAccessor;

/// The moments that devices write: ISO 8601 (without a zone: UTC, for a device knows no site), or
/// seconds or milliseconds since 1970.
final class DeviceTime {
  private static final String FIELD = "timestamp";
  private static final int MAX_LENGTH = 40;
  private static final long FIRST_S = 0;
  private static final long LAST_S = Instant.parse("9999-12-31T23:59:59Z").getEpochSecond();

  /// Smaller numbers are seconds (until the year 5138), larger ones milliseconds (from 1973 on).
  private static final double FIRST_MS = 1e11;

  private DeviceTime() {}

  static Instant of(String text) {
    if (text.length() <= MAX_LENGTH) {
      try {
        TemporalAccessor moment =
            DateTimeFormatter.ISO_DATE_TIME.parseBest(
                text.strip().replace(' ', 'T'), OffsetDateTime::from, LocalDateTime::from);
        return bounded(
            moment instanceof OffsetDateTime zoned
                ? zoned.toInstant()
                : LocalDateTime.from(moment).toInstant(ZoneOffset.UTC));
      } catch (DateTimeException _) {
        // Said below.
      }
    }
    throw Refusal.invalid(Text.of("ingest.moment", FIELD, DispositivoLimits.shown(text)));
  }

  /// A double holds today's time to the microsecond in either unit.
  static Instant of(double number) {
    double micros = number < FIRST_MS ? number * 1e6 : number * 1e3;
    if (!(micros >= 0 && micros <= LAST_S * 1e6)) {
      throw Refusal.invalid(Text.of("ingest.moment", FIELD, Double.toString(number)));
    }
    long whole = Math.round(micros);
    return Instant.ofEpochSecond(whole / 1_000_000, whole % 1_000_000 * 1_000);
  }

  private static Instant bounded(Instant moment) {
    long second = moment.getEpochSecond();
    if (second < FIRST_S || second > LAST_S) {
      throw new DateTimeException("out of bounds");
    }
    return moment;
  }
}
