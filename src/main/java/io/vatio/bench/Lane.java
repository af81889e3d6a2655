package io.vatio.bench;

import java.nio.ByteBuffer;

/// One connection of a load: what it says first, how it sends and how it reads answers. Driven by
/// [LoadLoop]'s thread only; never touches the socket itself.
abstract class Lane {
  static final int LOAD_BUFFER_BYTES = 64 * 1024;
  static final int IDLE_BUFFER_BYTES = 512;

  /// Bytes that arrived and are not read yet, ready for reading during [#read].
  final ByteBuffer in;

  /// Bytes to send, always ready for putting.
  final ByteBuffer out;

  private boolean ready;

  Lane(int bufferBytes) {
    this.in = ByteBuffer.allocateDirect(bufferBytes);
    this.out = ByteBuffer.allocateDirect(bufferBytes);
  }

  /// Puts the first bytes of the connection, or calls [#becomeReady] when there are none.
  abstract void greet();

  /// Reads whole answers from `in`, leaving a part of one there.
  abstract void read(long nowNanos, LatencyHistogram latencies);

  /// Sends as much as the window and the buffer allow.
  abstract void fill(long nowNanos);

  /// Requests without an answer yet.
  abstract int outstanding();

  /// Answers that accept.
  abstract long accepted();

  /// Answers that refuse; protocols without a word for it never have any.
  long refused() {
    return 0;
  }

  /// The code of the last refusal, or 0.
  int lastRefusal() {
    return 0;
  }

  final boolean isReady() {
    return ready;
  }

  final void becomeReady() {
    ready = true;
  }
}
