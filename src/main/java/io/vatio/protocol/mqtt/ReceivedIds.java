package io.vatio.protocol.mqtt;

import java.util.BitSet;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

/// Packet ids of the QoS 2 messages that a client has sent and not released. They outlive its
/// connection, so that a message sent again is taken once. Thread safe: a commit of an older
/// connection may end while a newer one is there.
final class ReceivedIds {
  private final Lock lock = new ReentrantLock();

  // Under the lock.
  private final BitSet held = new BitSet(0);
  private final BitSet committed = new BitSet(0);
  private final BitSet repeated = new BitSet(0);
  private int count;

  /// What is known of an id.
  enum Known {
    NEW,
    /// Its message is on the way to the disk.
    COMMITTING,
    COMMITTED
  }

  /// Notes a message; gives what was known of its id before.
  Known arrived(int id) {
    lock.lock();
    try {
      if (!held.get(id)) {
        held.set(id);
        count++;
        return Known.NEW;
      }
      if (committed.get(id)) {
        return Known.COMMITTED;
      }
      repeated.set(id);
      return Known.COMMITTING;
    } finally {
      lock.unlock();
    }
  }

  /// The message of an id is safe, or (see `taken`) is not and may come again.
  ///
  /// @return whether it came again meanwhile, and waits for an answer
  boolean decided(int id, boolean taken) {
    lock.lock();
    try {
      if (!held.get(id)) {
        return false;
      }
      if (taken) {
        committed.set(id);
      } else {
        held.clear(id);
        count--;
      }
      boolean asked = repeated.get(id);
      repeated.clear(id);
      return asked;
    } finally {
      lock.unlock();
    }
  }

  /// The client will not send it again.
  ///
  /// @return whether the id was held
  boolean release(int id) {
    lock.lock();
    try {
      boolean present = held.get(id);
      held.clear(id);
      count -= present ? 1 : 0;
      committed.clear(id);
      repeated.clear(id);
      return present;
    } finally {
      lock.unlock();
    }
  }

  /// An id that was on the disk at the start.
  void restore(int id) {
    lock.lock();
    try {
      held.set(id);
      committed.set(id);
      count++;
    } finally {
      lock.unlock();
    }
  }

  int count() {
    lock.lock();
    try {
      return count;
    } finally {
      lock.unlock();
    }
  }
}
