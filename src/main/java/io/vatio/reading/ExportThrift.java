package io.vatio.reading;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;

/// Writes Thrift's compact protocol, as far as the directory of a Parquet file needs it. The
/// fields of a struct come in rising order; [#end] ends the innermost struct, the first one too.
final class ExportThrift {
  static final int NUMBER = 5;
  static final int TEXT = 8;
  static final int STRUCT = 12;
  private static final int WIDE = 6;
  private static final int LIST = 9;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final Deque<Integer> outer = new ArrayDeque<>();
  private int last;

  ExportThrift number(int field, int value) {
    field(field, NUMBER);
    return value(value);
  }

  ExportThrift wide(int field, long value) {
    field(field, WIDE);
    varint(out, value << 1 ^ value >> 63);
    return this;
  }

  ExportThrift text(int field, String value) {
    field(field, TEXT);
    return value(value);
  }

  /// Begins a list; its values or items follow.
  ExportThrift list(int field, int size, int type) {
    field(field, LIST);
    if (size < 15) {
      out.write(size << 4 | type);
    } else {
      out.write(0xF0 | type);
      varint(out, size);
    }
    return this;
  }

  /// A number in a list.
  ExportThrift value(int value) {
    varint(out, (value << 1 ^ value >> 31) & 0xFFFFFFFFL);
    return this;
  }

  /// A text in a list.
  ExportThrift value(String value) {
    byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
    varint(out, utf8.length);
    out.writeBytes(utf8);
    return this;
  }

  /// Begins a struct in a list.
  ExportThrift item() {
    outer.push(last);
    last = 0;
    return this;
  }

  /// Begins a struct in a field.
  ExportThrift begin(int field) {
    field(field, STRUCT);
    return item();
  }

  ExportThrift end() {
    out.write(0);
    last = outer.isEmpty() ? 0 : outer.pop();
    return this;
  }

  byte[] bytes() {
    return out.toByteArray();
  }

  private void field(int field, int type) {
    out.write((field - last) << 4 | type);
    last = field;
  }

  static void varint(ByteArrayOutputStream out, long value) {
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      out.write((int) (rest & 0x7F | 0x80));
      rest >>>= 7;
    }
    out.write((int) rest);
  }
}
