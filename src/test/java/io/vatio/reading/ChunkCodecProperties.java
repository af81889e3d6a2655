package io.vatio.reading;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.jspecify.annotations.Nullable;

/// Whatever goes into the compressed columns comes out again, bit for bit.
class ChunkCodecProperties {

  @Property(tries = 500)
  void any_whole_numbers_come_back(@ForAll("columns") long[] column) {
    PackOut out = new PackOut();
    PackedLongs.write(out, column, column.length);
    out.put(0x5a);

    PackIn in = new PackIn(out.toBytes(), 0);
    assertArrayEquals(column, PackedLongs.read(in, column.length));
    assertEquals(0x5a, in.get(), "nothing more was read than was written");
  }

  @Property(tries = 500)
  void any_doubles_come_back_bit_for_bit(
      @ForAll("columns") long[] column, @ForAll @IntRange(max = 4) int kind) {
    double[] values = new double[column.length];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          switch (kind) {
            case 0 -> Double.longBitsToDouble(column[i]);
            case 1 -> column[i] % 100_000 / 100.0;
            case 2 -> (float) (column[i] % 1_000 / 10.0);
            case 3 -> i % 20 == 3 ? Math.sin(column[i]) : column[i] % 1_000 / 1_000.0;
            default -> i % 5 == 0 ? -0.0 : column[i];
          };
    }
    PackOut out = new PackOut();
    PackedDoubles.write(out, values, values.length);

    double[] back = PackedDoubles.read(new PackIn(out.toBytes(), 0), values.length);
    for (int i = 0; i < values.length; i++) {
      assertEquals(Double.doubleToRawLongBits(values[i]), Double.doubleToRawLongBits(back[i]));
    }
  }

  @Property(tries = 300)
  void any_readings_come_back(@ForAll("readings") List<Reading> readings) {
    byte[] bytes = ChunkCodec.encode(readings);

    Chunk chunk = ChunkCodec.decode(readings.getFirst().seriesId(), bytes);
    List<Reading> back = new ArrayList<>();
    for (int i = 0; i < chunk.size(); i++) {
      back.add(chunk.get(i));
    }
    assertEquals(readings, back);
    assertArrayEquals(
        readings.stream().mapToLong(Reading::ts).toArray(), ChunkCodec.decodeTimes(bytes));
  }

  @Property(tries = 300)
  void a_changed_byte_is_noticed(
      @ForAll("readings") List<Reading> readings,
      @ForAll @IntRange(max = 1_000_000) int place,
      @ForAll @IntRange(min = 1, max = 255) int change) {
    byte[] bytes = ChunkCodec.encode(readings);
    bytes[place % bytes.length] ^= (byte) change;

    assertThrows(DamagedChunkException.class, () -> ChunkCodec.decode(1, bytes));
    assertThrows(DamagedChunkException.class, () -> ChunkCodec.decodeTimes(bytes));
  }

  @Provide
  Arbitrary<long[]> columns() {
    Arbitrary<Integer> sizes =
        Arbitraries.oneOf(
            Arbitraries.integers().between(0, 8),
            Arbitraries.integers().between(100, 300),
            Arbitraries.of(127, 128, 129, 1_000));
    return Combinators.combine(sizes, Arbitraries.integers().between(0, 9), Arbitraries.longs())
        .as((n, shape, seed) -> column(n, shape, new Random(seed)));
  }

  private static long[] column(int n, int shape, Random random) {
    long[] column = new long[n];
    long start = random.nextLong() >> random.nextInt(60);
    long step = random.nextLong() >> random.nextInt(64);
    long unit = random.nextBoolean() ? 1 : 1_000_000;
    for (int i = 0; i < n; i++) {
      column[i] =
          switch (shape) {
            case 0 -> random.nextLong();
            case 1 -> start;
            case 2 -> start + i * step;
            case 3 -> start + i * step + random.nextInt(1_000) * unit;
            case 4 -> random.nextInt(50) == 0 ? random.nextLong() : random.nextInt(10);
            case 5 -> random.nextBoolean() ? Long.MIN_VALUE : Long.MAX_VALUE;
            case 6 -> (i / 40) * unit;
            case 7 -> start + (long) i * i * unit;
            case 8 -> i < n / 2 ? 7 : start + i;
            default -> random.nextInt(1 << random.nextInt(1, 31)) * unit;
          };
    }
    return column;
  }

  @Provide
  Arbitrary<List<Reading>> readings() {
    return Combinators.combine(
            Arbitraries.of(1, 2, 3, 100, 500, 1_441, 8_192),
            Arbitraries.integers().between(0, 4),
            Arbitraries.longs())
        .as((n, shape, seed) -> readings(n, shape, new Random(seed)));
  }

  private static List<Reading> readings(int n, int shape, Random random) {
    List<Reading> readings = new ArrayList<>(n);
    long ts =
        switch (shape) {
          case 0 -> 0;
          case 1 -> Long.MIN_VALUE;
          case 2 -> -1_000_000;
          default -> 1_767_225_600_000_000L;
        };
    long seq = random.nextInt(1_000);
    for (int i = 0; i < n; i++) {
      seq += 1 + random.nextInt(2_000);
      double value =
          switch (shape) {
            case 0 -> random.nextInt(3_000) / 100.0;
            case 1 -> Double.longBitsToDouble(random.nextLong());
            case 2 -> 21.5;
            default -> random.nextGaussian();
          };
      int quality = random.nextInt(40) == 0 ? random.nextInt() : 0;
      readings.add(
          new Reading(
              seq, 1, ts, Double.isNaN(value) ? 1 : value, quality, meta(shape, i, random)));
      ts += shape == 1 ? 1 + (random.nextLong() >>> 15) : 1 + random.nextInt(10_000_000);
    }
    return readings;
  }

  private static @Nullable String meta(int shape, int i, Random random) {
    return switch (shape) {
      case 0 -> null;
      case 1 -> "{\"n\":" + i + ",\"ñ\":\"€😀\"}";
      default -> random.nextInt(10) == 0 ? "{\"q\":" + random.nextInt(5) + "}" : null;
    };
  }
}
