package io.vatio.reading;

/// A column of numbers, bit for bit.
///
/// Sensors give decimals: 21.35 is written as 2135 and the number of digits, when dividing gives
/// back the very same bits. Values that passed through a 32-bit float on their way are treated
/// likewise. A few that are not such decimals are patched in; when they are many, the raw bits are
/// packed as whole numbers.
final class PackedDoubles {
  private static final int DECIMAL = 0;
  private static final int FLOAT_DECIMAL = 1;
  private static final int BITS = 2;

  private static final double[] POWERS = {
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10,
  };

  /// Below this a double holds every whole number.
  private static final double EXACT = 1L << 53;

  private PackedDoubles() {}

  /// Writes the first n values.
  static void write(PackOut out, double[] values, int n) {
    if (n == 0) {
      return;
    }
    int allowed = n / 16;
    int bestKind = BITS;
    int bestDigits = 0;
    int fewest = allowed + 1;
    for (int kind = DECIMAL; kind <= FLOAT_DECIMAL && fewest > 0; kind++) {
      for (int digits = 0; digits < POWERS.length && fewest > 0; digits++) {
        int others = countOthers(values, n, kind, digits, fewest);
        if (others < fewest) {
          fewest = others;
          bestKind = kind;
          bestDigits = digits;
        }
      }
    }
    out.put(bestKind);
    if (bestKind == BITS) {
      writeBits(out, values, n);
    } else {
      out.put(bestDigits);
      writeDecimals(out, values, n, bestKind, bestDigits, fewest);
    }
  }

  /// Reads n values.
  static double[] read(PackIn in, int n) {
    double[] values = new double[n];
    if (n == 0) {
      return values;
    }
    int kind = in.get();
    switch (kind) {
      case BITS -> {
        long[] bits = PackedLongs.read(in, n);
        for (int i = 0; i < n; i++) {
          values[i] = Double.longBitsToDouble(bits[i]);
        }
      }
      case DECIMAL, FLOAT_DECIMAL -> readDecimals(in, values, kind);
      default -> throw new IllegalArgumentException("numbers of kind " + kind);
    }
    return values;
  }

  private static void writeBits(PackOut out, double[] values, int n) {
    long[] bits = new long[n];
    for (int i = 0; i < n; i++) {
      bits[i] = Double.doubleToRawLongBits(values[i]);
    }
    PackedLongs.write(out, bits, n);
  }

  private static void writeDecimals(
      PackOut out, double[] values, int n, int kind, int digits, int others) {
    out.varint(others);
    long[] scaled = new long[n];
    long last = 0;
    int lastPlace = 0;
    for (int i = 0; i < n; i++) {
      if (isExact(values[i], kind, digits)) {
        last = scale(values[i], digits);
      } else {
        out.varint(i - lastPlace);
        out.fixed(Double.doubleToRawLongBits(values[i]));
        lastPlace = i;
      }
      scaled[i] = last;
    }
    PackedLongs.write(out, scaled, n);
  }

  private static void readDecimals(PackIn in, double[] values, int kind) {
    int n = values.length;
    int digits = in.get();
    int others = in.count(n);
    int[] places = new int[others];
    double[] raw = new double[others];
    int place = 0;
    for (int i = 0; i < others; i++) {
      place += in.count(n - 1);
      places[i] = place;
      raw[i] = Double.longBitsToDouble(in.fixed());
    }
    long[] scaled = PackedLongs.read(in, n);
    for (int i = 0; i < n; i++) {
      values[i] = unscale(scaled[i], kind, digits);
    }
    for (int i = 0; i < others; i++) {
      values[places[i]] = raw[i];
    }
  }

  /// How many values are not such decimals; stops counting at a limit.
  private static int countOthers(double[] values, int n, int kind, int digits, int limit) {
    int others = 0;
    for (int i = 0; i < n && others < limit; i++) {
      if (!isExact(values[i], kind, digits)) {
        others++;
      }
    }
    return others;
  }

  private static boolean isExact(double value, int kind, int digits) {
    // Also false for what is not a number.
    if (!(Math.abs(value) * POWERS[digits] < EXACT)) {
      return false;
    }
    double back = unscale(scale(value, digits), kind, digits);
    return Double.doubleToRawLongBits(back) == Double.doubleToRawLongBits(value);
  }

  private static long scale(double value, int digits) {
    return (long) Math.rint(value * POWERS[digits]);
  }

  private static double unscale(long scaled, int kind, int digits) {
    double value = scaled / POWERS[digits];
    return kind == DECIMAL ? value : (float) value;
  }
}
