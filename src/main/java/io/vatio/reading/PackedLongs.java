package io.vatio.reading;

import java.util.Arrays;
import java.util.Objects;

/// A column of whole numbers, in as few bits as their regularity allows.
///
/// First the common unit is taken out: times in whole seconds are written as seconds, values in
/// steps of 5 as fifths. Then blocks of up to 128 numbers each choose how they are told: as
/// distance from a straight line, as steps, or as changes of the step, whichever needs the fewest
/// bits; every distance of a block takes the same number of bits above the block's least one, and
/// the few that do not fit are patched in. A stretch in which the step does not change at all is
/// one number. All arithmetic wraps, so any 64 bits come back.
final class PackedLongs {
  private static final int BLOCK = 128;

  /// Shorter steady stretches are cheaper inside a block.
  private static final int STEADY = 24;

  private static final int RUN = 0;
  private static final int LINE = 1;
  private static final int STEPS = 2;
  private static final int CHANGES = 3;
  private static final int PATCHED = 4;

  private PackedLongs() {}

  /// Writes the first n values.
  static void write(PackOut out, long[] values, int n) {
    if (n == 0) {
      return;
    }
    long unit = commonUnit(values, n);
    out.varint(unit);
    long[] v = values;
    if (unit > 1) {
      out.signed(values[0]);
      v = new long[n];
      for (int i = 0; i < n; i++) {
        v[i] = (values[i] - values[0]) / unit;
      }
    }
    new Writer(out, v, n).run();
  }

  /// Reads n values.
  static long[] read(PackIn in, int n) {
    long[] v = new long[n];
    if (n == 0) {
      return v;
    }
    long unit = in.varint();
    long base = unit > 1 ? in.signed() : 0;
    long previous = 0;
    long step = 0;
    int i = 0;
    while (i < n) {
      int header = in.get();
      int m;
      if (header == RUN) {
        m = in.count(n - i);
        for (int j = 0; j < m; j++) {
          previous += step;
          v[i + j] = previous;
        }
      } else {
        m = Math.min(BLOCK, n - i);
        readBlock(in, header, v, i, m, previous, step);
        long before = m > 1 ? v[i + m - 2] : previous;
        previous = v[i + m - 1];
        step = previous - before;
      }
      i += m;
    }
    if (unit > 1) {
      for (int j = 0; j < n; j++) {
        v[j] = base + v[j] * unit;
      }
    }
    return v;
  }

  private static void readBlock(
      PackIn in, int header, long[] v, int from, int m, long previous, long step) {
    int width = in.get();
    long least = in.signed();
    long base = 0;
    long slope = 0;
    int kind = header & ~PATCHED;
    if (kind == LINE) {
      base = previous + in.signed();
      slope = in.signed();
    }
    int patches = (header & PATCHED) == 0 ? 0 : in.count(BLOCK);
    int[] places = new int[patches];
    long[] patch = new long[patches];
    for (int i = 0; i < patches; i++) {
      places[i] = in.get();
      patch[i] = in.signed();
    }
    in.bits(v, from, m, width);
    for (int i = 0; i < patches; i++) {
      v[from + Objects.checkIndex(places[i], m)] = patch[i];
    }
    long last = previous;
    long lastStep = step;
    for (int i = from; i < from + m; i++) {
      long distance = least + v[i];
      switch (kind) {
        case LINE -> v[i] = base + slope * (i - from) + distance;
        case STEPS -> {
          last += distance;
          v[i] = last;
        }
        case CHANGES -> {
          lastStep += distance;
          last += lastStep;
          v[i] = last;
        }
        default -> throw new IllegalArgumentException("a block of kind " + kind);
      }
    }
  }

  /// The greatest number that divides all distances from the first value; 1 also when they
  /// overflow or are all zero.
  private static long commonUnit(long[] values, int n) {
    long unit = 0;
    long first = values[0];
    for (int i = 1; i < n && unit != 1; i++) {
      long distance = values[i] - first;
      if (((values[i] ^ first) & (values[i] ^ distance)) < 0 || distance == Long.MIN_VALUE) {
        return 1;
      }
      unit = greatestCommonDivisor(unit, Math.abs(distance));
    }
    return Math.max(1, unit);
  }

  private static long greatestCommonDivisor(long a, long b) {
    long x = a;
    long y = b;
    while (y != 0) {
      long rest = x % y;
      x = y;
      y = rest;
    }
    return x;
  }

  private static final class Writer {
    private final PackOut out;
    private final long[] v;
    private final int n;
    private final long[] packed = new long[BLOCK];
    private long previous;
    private long step;

    Writer(PackOut out, long[] v, int n) {
      this.out = out;
      this.v = v;
      this.n = n;
    }

    void run() {
      int i = 0;
      while (i < n) {
        int steady = steady(i);
        int m;
        if (steady >= STEADY || (steady > 0 && i + steady == n)) {
          m = steady;
          out.put(RUN);
          out.varint(m);
        } else {
          m = Math.min(BLOCK, n - i);
          block(i, m);
        }
        long before = m > 1 ? v[i + m - 2] : previous;
        previous = v[i + m - 1];
        step = previous - before;
        i += m;
      }
    }

    private int steady(int from) {
      long expected = previous + step;
      int i = from;
      while (i < n && v[i] == expected) {
        expected += step;
        i++;
      }
      return i - from;
    }

    private void block(int from, int m) {
      long slope = m > 1 ? (v[from + m - 1] - v[from]) / (m - 1) : 0;
      Fit line = Fit.of(line(from, m, slope));
      Fit steps = Fit.of(steps(from, m));
      Fit changes = Fit.of(changes(from, m));
      long lineBits = line.bits() + bitsOf(v[from] - previous) + bitsOf(slope);
      if (lineBits < steps.bits() && lineBits < changes.bits()) {
        write(LINE, line, slope, from);
      } else if (steps.bits() <= changes.bits()) {
        write(STEPS, steps, 0, from);
      } else {
        write(CHANGES, changes, 0, from);
      }
    }

    private void write(int kind, Fit fit, long slope, int from) {
      out.put(fit.patches() > 0 ? kind | PATCHED : kind);
      out.put(fit.width());
      out.signed(fit.least());
      if (kind == LINE) {
        out.signed(v[from] - previous);
        out.signed(slope);
      }
      if (fit.patches() > 0) {
        out.varint(fit.patches());
      }
      int m = fit.distances().length;
      for (int i = 0; i < m; i++) {
        long above = fit.distances()[i] - fit.least();
        if (fit.fits(above)) {
          packed[i] = above;
        } else {
          out.put(i);
          out.signed(above);
          packed[i] = 0;
        }
      }
      out.bits(packed, m, fit.width());
    }

    private long[] line(int from, int m, long slope) {
      long[] distances = new long[m];
      for (int i = 0; i < m; i++) {
        distances[i] = v[from + i] - v[from] - slope * i;
      }
      return distances;
    }

    private long[] steps(int from, int m) {
      long[] distances = new long[m];
      long last = previous;
      for (int i = 0; i < m; i++) {
        distances[i] = v[from + i] - last;
        last = v[from + i];
      }
      return distances;
    }

    private long[] changes(int from, int m) {
      long[] distances = steps(from, m);
      long last = step;
      for (int i = 0; i < m; i++) {
        long now = distances[i];
        distances[i] = now - last;
        last = now;
      }
      return distances;
    }
  }

  private static int bitsOf(long signed) {
    return 8 * ((64 - Long.numberOfLeadingZeros((signed << 1) ^ (signed >> 63))) / 7 + 1);
  }

  /// How the distances of a block are packed: so many bits each above the least; what lies outside
  /// is patched.
  private record Fit(long[] distances, long least, int width, int patches, long bits) {

    static Fit of(long[] distances) {
      int m = distances.length;
      long[] sorted = distances.clone();
      Arrays.sort(sorted);
      int full = 64 - Long.numberOfLeadingZeros(sorted[m - 1] - sorted[0]);
      long patchBits = 8 + 8L * ((full + 1) / 7 + 1);
      long best = (long) m * full;
      int bestWidth = full;
      int bestFirst = 0;
      int bestPatches = 0;
      for (int width = full - 1; width >= 0; width--) {
        int first = fullestWindow(sorted, mask(width));
        int patches = m - inWindow(sorted, first, mask(width));
        long bits = (long) m * width + patches * patchBits + 8;
        if (bits < best) {
          best = bits;
          bestWidth = width;
          bestFirst = first;
          bestPatches = patches;
        } else if (patches > m / 4) {
          break;
        }
      }
      long least = sorted[bestFirst];
      return new Fit(distances, least, bestWidth, bestPatches, best + 16 + bitsOf(least));
    }

    boolean fits(long above) {
      return Long.compareUnsigned(above, mask(width)) <= 0;
    }

    /// Where to start so that most values lie within this distance.
    private static int fullestWindow(long[] sorted, long mask) {
      int best = 0;
      int most = 0;
      int end = 0;
      for (int first = 0; first < sorted.length && sorted.length - first > most; first++) {
        while (end < sorted.length
            && Long.compareUnsigned(sorted[end] - sorted[first], mask) <= 0) {
          end++;
        }
        if (end - first > most) {
          most = end - first;
          best = first;
        }
      }
      return best;
    }

    private static int inWindow(long[] sorted, int first, long mask) {
      int end = first;
      while (end < sorted.length && Long.compareUnsigned(sorted[end] - sorted[first], mask) <= 0) {
        end++;
      }
      return end - first;
    }

    private static long mask(int width) {
      return width == 64 ? -1 : (1L << width) - 1;
    }
  }
}
