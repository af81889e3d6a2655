package io.vatio.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class TimedBytesTest {
  @Test
  void moves_on_by_a_millisecond_over_midnight() {
    String text = "at " + TimedBytes.TIME_SLOT + ".";
    TimedBytes bytes =
        TimedBytes.of(
            text.getBytes(StandardCharsets.US_ASCII),
            -1,
            Instant.parse("2026-12-31T23:59:59.999Z"),
            1);

    assertEquals("at 2026-12-31T23:59:59.999Z.", written(bytes, 0));
    assertEquals("at 2027-01-01T00:00:00.000Z.", written(bytes, 0));
    assertEquals("at 2027-01-01T00:00:00.001Z.", written(bytes, 0));
  }

  @Test
  void puts_the_packet_id_and_a_changing_value() {
    TimedBytes bytes =
        TimedBytes.of(
            ("__ 1" + TimedBytes.VALUE_SLOT).getBytes(StandardCharsets.US_ASCII),
            0,
            Instant.ofEpochMilli(1),
            1);

    assertEquals("AB 1919", written(bytes, 0x4142));
    assertEquals("AC 1838", written(bytes, 0x4143));
  }

  @Test
  void steps_as_told_and_lets_values_walk() {
    TimedBytes bytes =
        TimedBytes.of(
            (TimedBytes.TIME_SLOT + " 1" + TimedBytes.WALK_SLOT + " 2" + TimedBytes.WALK_SLOT)
                .getBytes(StandardCharsets.US_ASCII),
            -1,
            Instant.parse("2026-01-01T00:00:00Z"),
            10_000);

    assertEquals("2026-01-01T00:00:00.000Z 1100 2137", written(bytes, 0));
    for (int i = 1; i < 100; i++) {
      String text = written(bytes, 0);
      int first = Integer.parseInt(text.substring(25, 29));
      assertTrue(Math.abs(first - 1100) <= 3 * i, text);
    }
    assertEquals("2026-01-01T00:16:40.000Z", written(bytes, 0).substring(0, 24));
  }

  private static String written(TimedBytes bytes, int id) {
    ByteBuffer out = ByteBuffer.allocate(bytes.length());
    bytes.write(out, id);
    return new String(out.array(), StandardCharsets.US_ASCII);
  }
}
