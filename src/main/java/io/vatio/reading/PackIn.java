package io.vatio.reading;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// Reads what [PackOut] wrote.
///
/// Throws IndexOutOfBoundsException or IllegalArgumentException on bytes that it cannot have
/// written.
final class PackIn {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final byte[] bytes;
  private int at;

  PackIn(byte[] bytes, int from) {
    this.bytes = bytes;
    this.at = from;
  }

  int get() {
    return bytes[at++] & 0xff;
  }

  long varint() {
    long value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      int b = bytes[at++];
      value |= (b & 0x7fL) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw new IllegalArgumentException("a number of more than ten bytes");
  }

  /// A number that counts something.
  int count(int max) {
    long value = varint();
    if (value < 0 || value > max) {
      throw new IllegalArgumentException("a count of " + value + ", at most " + max);
    }
    return (int) value;
  }

  long signed() {
    long value = varint();
    return (value >>> 1) ^ -(value & 1);
  }

  long fixed() {
    long value = (long) LONG.get(bytes, at);
    at += 8;
    return value;
  }

  byte[] raw(int length) {
    byte[] part = new byte[length];
    System.arraycopy(bytes, at, part, 0, length);
    at += length;
    return part;
  }

  void bits(long[] values, int from, int n, int width) {
    if (width < 0 || width > 64) {
      throw new IllegalArgumentException("a width of " + width + " bits");
    }
    int end = at + (int) (((long) n * width + 7) / 8);
    if (end > bytes.length) {
      throw new IndexOutOfBoundsException(end);
    }
    long mask = width == 64 ? -1 : (1L << width) - 1;
    long bit = 0;
    for (int i = 0; i < n; i++) {
      int place = at + (int) (bit >>> 3);
      int shift = (int) bit & 7;
      long value = word(place) >>> shift;
      if (shift + width > 64) {
        value |= (bytes[place + 8] & 0xffL) << (64 - shift);
      }
      values[from + i] = value & mask;
      bit += width;
    }
    at = end;
  }

  private long word(int place) {
    if (place + 8 <= bytes.length) {
      return (long) LONG.get(bytes, place);
    }
    long value = 0;
    for (int i = place; i < bytes.length; i++) {
      value |= (bytes[i] & 0xffL) << (8 * (i - place));
    }
    return value;
  }
}
