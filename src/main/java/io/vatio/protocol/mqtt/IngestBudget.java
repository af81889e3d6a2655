package io.vatio.protocol.mqtt;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/// How much all connections together may have waiting for a commit. Whoever goes past it stops
/// reading until half of it is free again. Thread safe.
final class IngestBudget {
  private static final int SHARE = 8;

  private final int maxMessages;
  private final long maxBytes;
  private final AtomicInteger messages = new AtomicInteger();
  private final AtomicLong bytes = new AtomicLong();
  private final Queue<Runnable> waiting = new ConcurrentLinkedQueue<>();

  IngestBudget(int maxMessages, long maxBytes) {
    this.maxMessages = maxMessages;
    this.maxBytes = maxBytes;
  }

  /// Counts a message in.
  ///
  /// @return false when the budget is used up and the caller should stop reading
  boolean take(int size) {
    int messageCount = messages.incrementAndGet();
    long byteCount = bytes.addAndGet(size);
    return messageCount < maxMessages && byteCount < maxBytes;
  }

  /// Whether a connection that has so much waiting may have more. Its share is a part of what is
  /// free: a few that flood share most of the budget and there is always some left for the others.
  boolean fair(int messageCount, long byteCount) {
    return messageCount <= Math.max(1, (maxMessages - messages.get()) / SHARE)
        && byteCount <= Math.max(1, (maxBytes - bytes.get()) / SHARE);
  }

  void give(int messageCount, long byteCount) {
    int messagesLeft = messages.addAndGet(-messageCount);
    long bytesLeft = bytes.addAndGet(-byteCount);
    if (messagesLeft <= maxMessages / 2 && bytesLeft <= maxBytes / 2) {
      wakeAll();
    }
  }

  /// Calls back, on any thread, when there is room again.
  void await(Runnable wake) {
    waiting.add(wake);
    if (messages.get() <= maxMessages / 2 && bytes.get() <= maxBytes / 2) {
      wakeAll();
    }
  }

  private void wakeAll() {
    for (Runnable wake = waiting.poll(); wake != null; wake = waiting.poll()) {
      wake.run();
    }
  }
}
