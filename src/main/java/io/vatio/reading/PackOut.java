package io.vatio.reading;

import java.util.Arrays;

/// Bytes being written: small numbers in few bytes, or so many bits each.
final class PackOut {
  private byte[] bytes = new byte[512];
  private int size;

  void put(int b) {
    reserve(1);
    bytes[size++] = (byte) b;
  }

  /// Seven bits a byte, lowest first; negative numbers take ten bytes.
  void varint(long value) {
    reserve(10);
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      bytes[size++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    bytes[size++] = (byte) rest;
  }

  /// Small numbers of either sign in few bytes.
  void signed(long value) {
    varint((value << 1) ^ (value >> 63));
  }

  void fixed(long value) {
    reserve(8);
    for (int i = 0; i < 8; i++) {
      bytes[size++] = (byte) (value >>> (8 * i));
    }
  }

  void fixed(int value) {
    reserve(4);
    for (int i = 0; i < 4; i++) {
      bytes[size++] = (byte) (value >>> (8 * i));
    }
  }

  void raw(byte[] more) {
    reserve(more.length);
    System.arraycopy(more, 0, bytes, size, more.length);
    size += more.length;
  }

  /// The lowest bits of each of the first n values, without gaps, up to the next whole byte.
  ///
  /// @param values with nothing above those bits
  void bits(long[] values, int n, int width) {
    reserve((int) (((long) n * width + 7) / 8) + 8);
    long waiting = 0;
    int filled = 0;
    for (int i = 0; i < n && width > 0; i++) {
      long value = values[i];
      int room = 64 - filled;
      waiting |= value << filled;
      if (width < room) {
        filled += width;
      } else {
        fixed(waiting);
        waiting = room == 64 ? 0 : value >>> room;
        filled = width - room;
      }
    }
    for (; filled > 0; filled -= 8) {
      put((int) waiting);
      waiting >>>= 8;
    }
  }

  int size() {
    return size;
  }

  byte[] array() {
    return bytes;
  }

  byte[] toBytes() {
    return Arrays.copyOf(bytes, size);
  }

  private void reserve(int more) {
    if (size + more > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(size + more, bytes.length * 2));
    }
  }
}
