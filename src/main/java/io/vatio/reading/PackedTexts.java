package io.vatio.reading;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/// A column of texts, most of them absent or alike: every different text once, deflated when that
/// pays, and which of them stands where.
final class PackedTexts {
  private static final int NONE = 0;
  private static final int PLAIN = 1;
  private static final int DEFLATED = 2;

  /// Shorter ones do not get shorter.
  private static final int WORTH_DEFLATING = 120;

  /// More than any column of readings can have: its texts are bounded where they come in.
  private static final int MAX_BYTES = 256 << 20;

  private PackedTexts() {}

  static void write(PackOut out, List<@Nullable String> texts) {
    Map<String, Integer> different = new LinkedHashMap<>();
    long[] which = new long[texts.size()];
    for (int i = 0; i < which.length; i++) {
      String text = texts.get(i);
      which[i] = text == null ? 0 : different.computeIfAbsent(text, _ -> different.size() + 1);
    }
    if (different.isEmpty()) {
      out.put(NONE);
      return;
    }
    PackOut words = new PackOut();
    for (String text : different.keySet()) {
      byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
      words.varint(utf8.length);
      words.raw(utf8);
    }
    byte[] plain = words.toBytes();
    byte[] deflated = plain.length < WORTH_DEFLATING ? plain : deflate(plain);
    boolean pays = deflated.length < plain.length;
    out.put(pays ? DEFLATED : PLAIN);
    out.varint(different.size());
    out.varint(plain.length);
    if (pays) {
      out.varint(deflated.length);
    }
    out.raw(pays ? deflated : plain);
    PackedLongs.write(out, which, which.length);
  }

  static List<@Nullable String> read(PackIn in, int n) {
    List<@Nullable String> texts = new ArrayList<>(n);
    int kind = in.get();
    if (kind == NONE) {
      for (int i = 0; i < n; i++) {
        texts.add(null);
      }
      return texts;
    }
    int different = in.count(n);
    int length = in.count(MAX_BYTES);
    byte[] plain =
        switch (kind) {
          case PLAIN -> in.raw(length);
          case DEFLATED -> inflate(in.raw(in.count(MAX_BYTES)), length);
          default -> throw new IllegalArgumentException("texts of kind " + kind);
        };
    List<String> words = new ArrayList<>(different);
    PackIn of = new PackIn(plain, 0);
    for (int i = 0; i < different; i++) {
      words.add(new String(of.raw(of.count(length)), StandardCharsets.UTF_8));
    }
    for (long which : PackedLongs.read(in, n)) {
      texts.add(which == 0 ? null : words.get(Math.toIntExact(which - 1)));
    }
    return texts;
  }

  private static byte[] deflate(byte[] plain) {
    try (Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, true)) {
      deflater.setInput(plain);
      deflater.finish();
      ByteArrayOutputStream result = new ByteArrayOutputStream(plain.length / 2);
      byte[] part = new byte[4_096];
      while (!deflater.finished()) {
        result.write(part, 0, deflater.deflate(part));
      }
      return result.toByteArray();
    }
  }

  private static byte[] inflate(byte[] deflated, int length) {
    try (Inflater inflater = new Inflater(true)) {
      inflater.setInput(deflated);
      byte[] plain = new byte[length];
      if (inflater.inflate(plain) != length) {
        throw new IllegalArgumentException("texts of another length");
      }
      return plain;
    } catch (DataFormatException e) {
      throw new IllegalArgumentException("texts that cannot be inflated", e);
    }
  }
}
