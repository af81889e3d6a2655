package io.vatio.reading;

import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// The compressed form of readings of one series: version, count, the columns one after the other
/// (time first, so that it can be read alone), and a check sum over all of it.
final class ChunkCodec {
  /// The most readings of one chunk.
  static final int MAX_READINGS = 8_192;

  private static final int VERSION = 1;
  private static final int CHECK_BYTES = 4;

  private ChunkCodec() {}

  /// @param readings of one series, oldest first, 1 to [#MAX_READINGS]
  static byte[] encode(List<Reading> readings) {
    int n = readings.size();
    if (n < 1 || n > MAX_READINGS) {
      throw new IllegalArgumentException("a chunk of " + n + " readings");
    }
    long[] ts = new long[n];
    double[] values = new double[n];
    long[] qualities = new long[n];
    long[] seqs = new long[n];
    List<@Nullable String> metas = new ArrayList<>(n);
    for (int i = 0; i < n; i++) {
      Reading reading = readings.get(i);
      ts[i] = reading.ts();
      values[i] = reading.value();
      qualities[i] = reading.quality();
      seqs[i] = reading.seq();
      metas.add(reading.meta());
    }
    PackOut out = new PackOut();
    out.put(VERSION);
    out.varint(n);
    PackedLongs.write(out, ts, n);
    PackedDoubles.write(out, values, n);
    PackedLongs.write(out, qualities, n);
    PackedLongs.write(out, seqs, n);
    PackedTexts.write(out, metas);
    out.fixed(checkSum(out.array(), out.size()));
    return out.toBytes();
  }

  /// @throws DamagedChunkException when these are not the bytes that were written
  static Chunk decode(int seriesId, byte[] bytes) {
    PackIn in = open(bytes);
    try {
      int n = in.count(MAX_READINGS);
      long[] ts = PackedLongs.read(in, n);
      double[] values = PackedDoubles.read(in, n);
      long[] qualities = PackedLongs.read(in, n);
      long[] seqs = PackedLongs.read(in, n);
      return new Chunk(seriesId, ts, values, qualities, seqs, PackedTexts.read(in, n));
    } catch (IndexOutOfBoundsException | IllegalArgumentException | ArithmeticException e) {
      throw new DamagedChunkException("the check sum is right, the contents are not", e);
    }
  }

  /// Only the times.
  ///
  /// @throws DamagedChunkException as [#decode]
  static long[] decodeTimes(byte[] bytes) {
    PackIn in = open(bytes);
    try {
      return PackedLongs.read(in, in.count(MAX_READINGS));
    } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
      throw new DamagedChunkException("the check sum is right, the contents are not", e);
    }
  }

  private static PackIn open(byte[] bytes) {
    int end = bytes.length - CHECK_BYTES;
    if (end < 2) {
      throw new DamagedChunkException("only " + bytes.length + " bytes");
    }
    int written =
        (bytes[end] & 0xff)
            | (bytes[end + 1] & 0xff) << 8
            | (bytes[end + 2] & 0xff) << 16
            | (bytes[end + 3] & 0xff) << 24;
    if (checkSum(bytes, end) != written) {
      throw new DamagedChunkException("the check sum is wrong");
    }
    PackIn in = new PackIn(bytes, 0);
    int version = in.get();
    if (version != VERSION) {
      throw new DamagedChunkException("version " + version + " is not known");
    }
    return in;
  }

  private static int checkSum(byte[] bytes, int length) {
    CRC32C sum = new CRC32C();
    sum.update(bytes, 0, length);
    return (int) sum.getValue();
  }
}
