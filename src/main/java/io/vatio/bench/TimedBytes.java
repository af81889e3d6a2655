package io.vatio.bench;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/// A prepared packet whose time moves on each time it is written, so that no two are the same
/// reading. One thread; writing allocates only when the day changes.
final class TimedBytes {
  /// Where the time goes in the text given to [#of]; as long as the time itself.
  static final String TIME_SLOT = "####-##-##T##:##:##.###Z";

  /// Where three digits that change each time go; absent is fine.
  static final String VALUE_SLOT = "@@@";

  /// Where three digits go that change little from one time to the next, as a measured value does;
  /// any number of them.
  static final String WALK_SLOT = "~~~";

  private static final long DAY_MS = 86_400_000;
  private static final byte[] REST = "T00:00:00.000Z".getBytes(StandardCharsets.ISO_8859_1);
  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("uuuu-MM-dd").withZone(ZoneOffset.UTC);

  private final byte[] bytes;
  private final int[] timeAt;
  private final int slotsOfAMoment;
  private final int valueAt;
  private final int[] walkAt;
  private final int[] walk;
  private final int idAt;
  private final long stepMs;
  private long epochMs;
  private long day = -1;
  private byte[] date = {};
  private long seed;

  private TimedBytes(byte[] bytes, int idAt, Instant start, long stepMs, int slotsOfAMoment) {
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    this.bytes = bytes;
    this.idAt = idAt;
    this.timeAt =
        Pattern.compile(TIME_SLOT, Pattern.LITERAL)
            .matcher(text)
            .results()
            .mapToInt(MatchResult::start)
            .toArray();
    this.slotsOfAMoment = slotsOfAMoment;
    this.valueAt = text.indexOf(VALUE_SLOT);
    this.walkAt =
        Pattern.compile(WALK_SLOT).matcher(text).results().mapToInt(MatchResult::start).toArray();
    this.walk = new int[walkAt.length];
    Arrays.setAll(walk, i -> 100 + i * 37 % 800);
    this.stepMs = stepMs;
    this.epochMs = start.toEpochMilli();
    this.seed = epochMs;
  }

  /// @param idAt index of a two-byte packet id, or -1
  /// @param stepMs from one time to the next, milliseconds
  static TimedBytes of(byte[] bytes, int idAt, Instant start, long stepMs) {
    return new TimedBytes(bytes, idAt, start, stepMs, Integer.MAX_VALUE);
  }

  /// One with many slots for times: so many in a row show the same, then the time moves on.
  static TimedBytes of(byte[] bytes, Instant start, long stepMs, int slotsOfAMoment) {
    return new TimedBytes(bytes, -1, start, stepMs, slotsOfAMoment);
  }

  int length() {
    return bytes.length;
  }

  void write(ByteBuffer out, int id) {
    if (idAt >= 0) {
      bytes[idAt] = (byte) (id >>> 8);
      bytes[idAt + 1] = (byte) id;
    }
    for (int i = 0; i < timeAt.length; i++) {
      if (i > 0 && i % slotsOfAMoment == 0) {
        epochMs += stepMs;
      }
      writeTime(timeAt[i]);
    }
    if (valueAt >= 0) {
      digits(valueAt, 3, (int) (epochMs * 7919 % 1000));
    }
    for (int i = 0; i < walkAt.length; i++) {
      digits(walkAt[i], 3, walk[i]);
      walk[i] = Math.clamp(walk[i] + step(), 0, 999);
    }
    out.put(bytes);
    epochMs += stepMs;
  }

  /// From -3 to 3. A linear congruential generator: the same load each time, and next to no work.
  private int step() {
    seed = seed * 6_364_136_223_846_793_005L + 1_442_695_040_888_963_407L;
    return (int) ((seed >>> 33) % 7) - 3;
  }

  private void writeTime(int at) {
    long today = epochMs / DAY_MS;
    if (today != day) {
      day = today;
      date = DATE.format(Instant.ofEpochMilli(epochMs)).getBytes(StandardCharsets.ISO_8859_1);
    }
    System.arraycopy(date, 0, bytes, at, date.length);
    System.arraycopy(REST, 0, bytes, at + date.length, REST.length);
    int ms = (int) (epochMs % DAY_MS);
    digits(at + 11, 2, ms / 3_600_000);
    digits(at + 14, 2, ms / 60_000 % 60);
    digits(at + 17, 2, ms / 1000 % 60);
    digits(at + 20, 3, ms % 1000);
  }

  private void digits(int at, int width, int value) {
    int rest = value;
    for (int i = at + width - 1; i >= at; i--) {
      bytes[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
  }
}
