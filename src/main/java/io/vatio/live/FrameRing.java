package io.vatio.live;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/// The newest frames, numbered from 1 on, bounded in number and bytes: the oldest go. Written by
/// one thread, read by any without a lock.
final class FrameRing<F> {
  private final AtomicReferenceArray<@Nullable Slot<F>> slots;
  private final long maxBytes;
  private long bytes;
  private long oldest = 1;
  private volatile long newest;

  FrameRing(int frames, long maxBytes) {
    this.slots = new AtomicReferenceArray<>(frames);
    this.maxBytes = maxBytes;
  }

  /// @param size of the frame in memory, about
  void add(F frame, int size) {
    long number = newest + 1;
    bytes += size;
    while (oldest < number && (number - oldest >= slots.length() || bytes > maxBytes)) {
      Slot<F> gone = slots.getAndSet(index(oldest++), null);
      bytes -= gone == null ? 0 : gone.size();
    }
    slots.set(index(number), new Slot<>(number, frame, size));
    newest = number;
  }

  /// Number of the newest frame, 0 before the first.
  long newest() {
    return newest;
  }

  /// The frame of this number, empty when it has gone already.
  Optional<F> find(long number) {
    Slot<F> slot = slots.get(index(number));
    return slot != null && slot.number() == number ? Optional.of(slot.frame()) : Optional.empty();
  }

  private int index(long number) {
    return (int) (number % slots.length());
  }

  private record Slot<F>(long number, F frame, int size) {}
}
