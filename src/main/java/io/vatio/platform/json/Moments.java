package io.vatio.platform.json;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import org.jspecify.annotations.Nullable;

/// Points in time as devices write them in JSON.
public final class Moments {
  /// Seconds until the year 5138; what is larger counts milliseconds.
  private static final long MAX_SECONDS = 100_000_000_000L;

  /// Milliseconds until the year 5138; what is larger counts microseconds.
  private static final long MAX_MILLIS = 100_000_000_000_000L;

  private static final Instant EARLIEST = Instant.parse("0001-01-01T00:00:00Z");
  private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59Z");
  private static final int SHOWN = 60;

  private Moments() {}

  /// Reads ISO 8601 with or without zone, or a count of seconds, milliseconds or microseconds since
  /// 1970; null for anything else.
  ///
  /// @param zone of a text that names none
  public static @Nullable Instant read(JsonNode node, ZoneId zone) {
    try {
      Instant at = node.isNumber() ? count(node) : node.isTextual() ? text(node, zone) : null;
      return at == null || !isWithinBounds(at) ? null : at;
    } catch (DateTimeException | ArithmeticException _) {
      return null;
    }
  }

  /// Whether a point in time lies in the years 1 to 9999, as all that are kept do.
  public static boolean isWithinBounds(Instant at) {
    return !at.isBefore(EARLIEST) && !at.isAfter(LATEST);
  }

  private static @Nullable Instant count(JsonNode node) {
    double value = node.doubleValue();
    if (!Double.isFinite(value) || Math.abs(value) >= MAX_MILLIS * 1_000.0) {
      return null;
    }
    double magnitude = Math.abs(value);
    if (magnitude < MAX_SECONDS) {
      // Fractions of a second are kept to the microsecond.
      long micros = Math.round(value * 1e6);
      return Instant.EPOCH.plusNanos(Math.multiplyExact(micros, 1_000L));
    }
    long whole = node.longValue();
    return magnitude < MAX_MILLIS
        ? Instant.ofEpochMilli(whole)
        : Instant.EPOCH.plusNanos(Math.multiplyExact(whole, 1_000L));
  }

  private static Instant text(JsonNode node, ZoneId zone) {
    return iso(node.textValue().strip().replace(' ', 'T'), zone);
  }

  /// Reads a date and time of ISO 8601 with a `T` between them.
  ///
  /// @param zone of a text that names none
  /// @throws java.time.DateTimeException when it is none
  public static Instant iso(String iso, ZoneId zone) {
    if (iso.endsWith("Z")) {
      return Instant.parse(iso);
    }
    return iso.lastIndexOf('+') > 10 || iso.lastIndexOf('-') > 10
        ? OffsetDateTime.parse(iso).toInstant()
        : LocalDateTime.parse(iso).atZone(zone).toInstant();
  }

  /// A value as text, cut so that it fits in a sentence.
  public static String shorten(JsonNode node) {
    String text = node.isMissingNode() ? "" : node.isTextual() ? node.textValue() : node.toString();
    return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "…";
  }
}
