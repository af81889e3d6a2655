package io.vatio.protocol;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/// A 64-bit hash to know a message again that was sent twice. Not for anything that an attacker
/// could gain from: a collision only hurts the client's own message.
public final class Fingerprint {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long ODD = 0x9e3779b97f4a7c15L;

  private Fingerprint() {}

  public static long of(String text) {
    return of(text.getBytes(StandardCharsets.UTF_8), 1);
  }

  public static long of(byte[] bytes, long seed) {
    long hash = mix(seed + bytes.length);
    int i = 0;
    for (; i + Long.BYTES <= bytes.length; i += Long.BYTES) {
      hash = mix(hash ^ (long) LONGS.get(bytes, i));
    }
    long tail = 0;
    for (; i < bytes.length; i++) {
      tail = tail << 8 | (bytes[i] & 0xff);
    }
    return mix(hash ^ tail);
  }

  /// Of one message; never 0, which stands for none.
  public static long delivery(long client, int packetId, long topic, byte[] payload) {
    long hash = of(payload, client ^ mix(topic + packetId));
    return hash == 0 ? 1 : hash;
  }

  /// Spreads every bit over all of them; the seed is moved on first, so that zeros count.
  private static long mix(long value) {
    long x = value + ODD;
    x = (x ^ (x >>> 30)) * 0xbf58476d1ce4e5b9L;
    x = (x ^ (x >>> 27)) * 0x94d049bb133111ebL;
    return x ^ (x >>> 31);
  }
}
