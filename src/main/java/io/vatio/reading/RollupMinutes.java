package io.vatio.reading;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;

/// The sums of the minutes of one hour as bytes: column after column, deflated. Minutes count from
/// the hour's first moment; the last one may be shorter. Empty ones are left out.
final class RollupMinutes {
  static final long MINUTE = 60_000_000L;

  /// The first byte: how the rest is written.
  private static final int FORM = 1;

  private RollupMinutes() {}

  /// The bounds of the minutes of an hour.
  static long[] bounds(long from, long to) {
    int n = (int) ((to - from + MINUTE - 1) / MINUTE);
    long[] bounds = new long[n + 1];
    for (int i = 0; i < n; i++) {
      bounds[i] = from + i * MINUTE;
    }
    bounds[n] = to;
    return bounds;
  }

  /// @param cells of the minutes in order
  static byte[] encode(long from, Aggregate[] cells) {
    List<Aggregate> full = new ArrayList<>();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(1_024);
    bytes.write(FORM);
    Deflater deflater = new Deflater(Deflater.BEST_SPEED, true);
    try (DataOutputStream out =
        new DataOutputStream(new DeflaterOutputStream(bytes, deflater, 4_096))) {
      out.writeByte(cells.length);
      for (Aggregate cell : cells) {
        out.writeBoolean(!cell.isEmpty());
        if (!cell.isEmpty()) {
          full.add(cell);
        }
      }
      longs(out, full, c -> c.count);
      longs(out, full, c -> c.flagged);
      longs(out, full, c -> c.covered);
      List<Aggregate> read = full.stream().filter(c -> c.count > 0).toList();
      longs(out, read, c -> c.firstTs - from);
      longs(out, read, c -> c.lastTs - from);
      doubles(out, full, c -> c.sum);
      doubles(out, full, c -> c.weighted);
      doubles(out, read, c -> c.min);
      doubles(out, read, c -> c.max);
      doubles(out, read, c -> c.first);
      doubles(out, read, c -> c.last);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      deflater.end();
    }
    return bytes.toByteArray();
  }

  private static void longs(
      DataOutputStream out, List<Aggregate> cells, ToLongFunction<Aggregate> column)
      throws IOException {
    for (Aggregate cell : cells) {
      out.writeLong(column.applyAsLong(cell));
    }
  }

  private static void doubles(
      DataOutputStream out, List<Aggregate> cells, ToDoubleFunction<Aggregate> column)
      throws IOException {
    for (Aggregate cell : cells) {
      out.writeDouble(column.applyAsDouble(cell));
    }
  }

  /// The sums by minute; empty ones are there too.
  static Aggregate[] decode(long from, byte[] bytes) {
    Inflater inflater = new Inflater(true);
    try (DataInputStream in =
        new DataInputStream(
            new InflaterInputStream(
                new ByteArrayInputStream(bytes, 1, bytes.length - 1), inflater))) {
      if (bytes[0] != FORM) {
        throw new IllegalStateException("minutes of form " + bytes[0]);
      }
      Aggregate[] cells = new Aggregate[in.readUnsignedByte()];
      List<Aggregate> full = new ArrayList<>();
      for (int i = 0; i < cells.length; i++) {
        cells[i] = new Aggregate();
        if (in.readBoolean()) {
          full.add(cells[i]);
        }
      }
      for (Aggregate cell : full) {
        cell.count = in.readLong();
      }
      for (Aggregate cell : full) {
        cell.flagged = in.readLong();
      }
      for (Aggregate cell : full) {
        cell.covered = in.readLong();
      }
      List<Aggregate> read = full.stream().filter(c -> c.count > 0).toList();
      for (Aggregate cell : read) {
        cell.firstTs = from + in.readLong();
      }
      for (Aggregate cell : read) {
        cell.lastTs = from + in.readLong();
      }
      for (Aggregate cell : full) {
        cell.sum = in.readDouble();
      }
      for (Aggregate cell : full) {
        cell.weighted = in.readDouble();
      }
      for (Aggregate cell : read) {
        cell.min = in.readDouble();
      }
      for (Aggregate cell : read) {
        cell.max = in.readDouble();
      }
      for (Aggregate cell : read) {
        cell.first = in.readDouble();
      }
      for (Aggregate cell : read) {
        cell.last = in.readDouble();
      }
      return cells;
    } catch (IOException e) {
      throw new UncheckedIOException("minutes of the hour at " + from, e);
    } finally {
      inflater.end();
    }
  }
}
