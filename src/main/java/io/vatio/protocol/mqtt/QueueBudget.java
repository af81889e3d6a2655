package io.vatio.protocol.mqtt;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/// How much may wait for all kept sessions together.
///
/// No single one may hold more than is left free for the others: alone it can have half of all, one
/// of two a third, and there is always room for a newcomer. Thread safe.
final class QueueBudget {
  private final int maxMessages;
  private final long maxBytes;
  private final AtomicInteger messages = new AtomicInteger();
  private final AtomicLong bytes = new AtomicLong();

  QueueBudget(int maxMessages, long maxBytes) {
    this.maxMessages = maxMessages;
    this.maxBytes = maxBytes;
  }

  /// Takes room for one more message.
  ///
  /// @param held messages that the session holds already
  /// @param heldBytes their bytes
  /// @return false when there is none
  boolean take(int held, long heldBytes, int size) {
    if (held + 1 > maxMessages - messages.get() || heldBytes + size > maxBytes - bytes.get()) {
      return false;
    }
    messages.incrementAndGet();
    bytes.addAndGet(size);
    return true;
  }

  /// Counts what was there before the server started; the limit may have been larger then.
  void load(int size) {
    messages.incrementAndGet();
    bytes.addAndGet(size);
  }

  void give(int size) {
    messages.decrementAndGet();
    bytes.addAndGet(-size);
  }

  int messages() {
    return messages.get();
  }

  long bytes() {
    return bytes.get();
  }
}
