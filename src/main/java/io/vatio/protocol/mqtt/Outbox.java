package io.vatio.protocol.mqtt;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// What waits to go to one subscriber, and what it has not acknowledged yet.
///
/// Bounded in messages and bytes. What may be lost (QoS 0) is dropped at half of it, so that what
/// may not be lost has the other half, and does not wait at all for a client that is away. When a
/// kept session is full, the newest message is dropped: nobody can push out what already waits for
/// it. A client without a kept session that does not take its messages is ended by the caller.
///
/// Any thread may offer; what concerns the connection happens on its event loop. One lock.
final class Outbox {
  private static final int PACKET_IDS = 65_535;
  private static final long PURGE_EVERY_MS = 1_000;

  private final Broker broker;
  private final Lock lock = new ReentrantLock();

  // Under the lock.
  private final ArrayDeque<Delivery> retained = new ArrayDeque<>(0);
  private final ArrayDeque<Delivery> waiting = new ArrayDeque<>(0);

  /// What has a packet id: sent and not acknowledged, or kept on the disk under this id.
  private final Map<Integer, Delivery> numbered = new LinkedHashMap<>(0);

  private final Map<Integer, Delivery> inFlight = new LinkedHashMap<>(0);
  private @Nullable Outgoing outgoing;
  private boolean kept;
  private boolean closed;
  private boolean overflowed;
  private int messages;
  private long bytes;
  private int lastId;
  private boolean refusing;
  private long nextPurge;

  Outbox(Broker broker) {
    this.broker = broker;
  }

  /// What became of a message that was offered.
  enum Offered {
    TAKEN,
    /// Also to be kept on the disk.
    TAKEN_TO_KEEP,
    /// There was nobody to take it, which is no loss.
    NOBODY,
    /// There was no room for a message that may be lost.
    NO_ROOM,
    /// There was no room in the queue of a kept session.
    QUEUE_FULL,
    /// There was no room for a message that must not be lost.
    FULL
  }

  /// Whether messages wait for the client while it is away.
  void keep(boolean wanted) {
    lock.lock();
    try {
      kept = wanted;
    } finally {
      lock.unlock();
    }
  }

  /// Starts sending to a connection, first again what it may have missed.
  void attach(Outgoing to) {
    lock.lock();
    try {
      outgoing = to;
      List<Delivery> again = new ArrayList<>(inFlight.values());
      inFlight.clear();
      for (int i = again.size() - 1; i >= 0; i--) {
        waiting.addFirst(again.get(i));
      }
    } finally {
      lock.unlock();
    }
  }

  /// Stops sending; gives what was on its way, is kept on the disk and may have to be sent again.
  List<Delivery> detach() {
    lock.lock();
    try {
      outgoing = null;
      for (Iterator<Delivery> each = waiting.iterator(); each.hasNext(); ) {
        Delivery delivery = each.next();
        if (delivery.qos == 0) {
          each.remove();
          release(delivery);
        }
      }
      retained.removeIf(delivery -> delivery.qos == 0);
      return inFlight.values().stream()
          .filter(delivery -> delivery.kept != null && !delivery.released)
          .toList();
    } finally {
      lock.unlock();
    }
  }

  /// Puts a message in. One to be kept gets its place on the disk and its packet id now, so that it
  /// has the same one whatever happens.
  ///
  /// @param message on the disk, for those that keep
  Offered offer(Delivery delivery, Kept message) {
    lock.lock();
    try {
      if (closed || (outgoing == null && (!kept || delivery.qos == 0))) {
        return Offered.NOBODY;
      }
      if (overflowed) {
        return Offered.FULL;
      }
      boolean keep = kept && delivery.qos > 0;
      if (!hasRoom(delivery, keep)) {
        return refused(delivery, keep);
      }
      refusing = false;
      count(delivery);
      if (keep) {
        delivery.kept = message.get();
        delivery.packetId = nextId();
        numbered.put(delivery.packetId, delivery);
      }
      waiting.add(delivery);
      return keep ? Offered.TAKEN_TO_KEEP : Offered.TAKEN;
    } finally {
      lock.unlock();
    }
  }

  private boolean hasRoom(Delivery delivery, boolean keep) {
    if (fits(delivery, keep)) {
      return true;
    }
    long now = broker.clock().millis();
    if (now < nextPurge) {
      return false;
    }
    nextPurge = now + PURGE_EVERY_MS;
    purge(now);
    return fits(delivery, keep);
  }

  private boolean fits(Delivery delivery, boolean keep) {
    int size = delivery.publication.size;
    MqttSettings settings = broker.settings();
    if (keep) {
      SessionSettings limits = settings.sessions();
      return messages < limits.queueMessages()
          && bytes + size <= limits.queueBytes()
          && broker.queues().take(messages, bytes, size);
    }
    int share = delivery.qos == 0 ? 2 : 1;
    return messages < settings.outboxMessages() / share
        && bytes + size <= settings.outboxBytes() / share;
  }

  private Offered refused(Delivery delivery, boolean keep) {
    if (!keep) {
      return delivery.qos == 0 ? Offered.NO_ROOM : Offered.FULL;
    }
    if (!refusing) {
      refusing = true;
      delivery.session.queueFull(messages, bytes);
    }
    return Offered.QUEUE_FULL;
  }

  /// Takes expired messages out that were not sent.
  private void purge(long nowMs) {
    for (Iterator<Delivery> each = waiting.iterator(); each.hasNext(); ) {
      Delivery delivery = each.next();
      if (!delivery.sent && delivery.publication.expired(nowMs)) {
        each.remove();
        broker.meters().dropped("expired");
        forget(delivery);
      }
    }
  }

  /// Puts a message in that was on the disk at the start.
  void restore(Delivery delivery) {
    lock.lock();
    try {
      delivery.stored = true;
      delivery.counted = true;
      messages++;
      bytes += delivery.publication.size;
      broker.queues().load(delivery.publication.size);
      numbered.put(delivery.packetId, delivery);
      lastId = delivery.packetId;
      waiting.add(delivery);
    } finally {
      lock.unlock();
    }
  }

  /// Puts a retained message in for a new subscription; it goes before what was offered. These are
  /// shared with the store, so they do not count.
  void replay(Delivery delivery) {
    lock.lock();
    try {
      retained.add(delivery);
    } finally {
      lock.unlock();
    }
  }

  /// Retained messages that wait.
  int replaying() {
    lock.lock();
    try {
      return retained.size();
    } finally {
      lock.unlock();
    }
  }

  /// Nothing more is taken or sent: the connection is about to end.
  ///
  /// @return whether that is new
  boolean overflow() {
    lock.lock();
    try {
      boolean first = !overflowed;
      overflowed = true;
      return first;
    } finally {
      lock.unlock();
    }
  }

  /// Whether a message would leave at once.
  boolean idle() {
    lock.lock();
    try {
      return outgoing != null && inFlight.size() + waiting.size() < outgoing.window();
    } finally {
      lock.unlock();
    }
  }

  /// Messages that wait or are not acknowledged.
  int size() {
    lock.lock();
    try {
      return messages;
    } finally {
      lock.unlock();
    }
  }

  /// Writes as much as the client can take now. Event loop.
  void drain(long nowMs) {
    lock.lock();
    try {
      Outgoing to = outgoing;
      while (to != null && !overflowed && to.writable()) {
        ArrayDeque<Delivery> from =
            retained.isEmpty() || (!waiting.isEmpty() && waiting.peek().sent) ? waiting : retained;
        Delivery next = from.peek();
        if (next == null
            || !next.ready()
            || (next.qos > 0 && inFlight.size() >= to.window() && !next.released)) {
          return;
        }
        from.remove();
        send(to, next, nowMs);
      }
    } finally {
      lock.unlock();
    }
  }

  private void send(Outgoing to, Delivery delivery, long nowMs) {
    if (delivery.released) {
      inFlight.put(delivery.packetId, delivery);
      to.release(delivery.packetId);
      return;
    }
    if (!delivery.sent && delivery.publication.expired(nowMs)) {
      broker.meters().dropped("expired");
      forget(delivery);
      return;
    }
    boolean again = delivery.sent;
    if (delivery.qos > 0) {
      if (delivery.packetId == 0) {
        delivery.packetId = nextId();
        numbered.put(delivery.packetId, delivery);
      }
      inFlight.put(delivery.packetId, delivery);
      delivery.sent = true;
    }
    if (!to.publish(delivery, delivery.packetId, again, nowMs)) {
      broker.meters().dropped("too_large_for_subscriber");
      forget(delivery);
      return;
    }
    broker.meters().sent();
    if (delivery.qos == 0) {
      release(delivery);
    }
  }

  /// The smallest id after the last one that is not in use; the queue never needs all of them.
  private int nextId() {
    do {
      lastId = lastId == PACKET_IDS ? 1 : lastId + 1;
    } while (numbered.containsKey(lastId));
    return lastId;
  }

  /// PUBACK, PUBCOMP or a PUBREC that refuses: the message is done with.
  ///
  /// @return whether there was such a message
  boolean done(int id) {
    lock.lock();
    try {
      Delivery delivery = inFlight.get(id);
      if (delivery == null) {
        return false;
      }
      forget(delivery);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /// PUBREC: the client has the message; only the handshake is left.
  ///
  /// @return the message, null when there is no such
  @Nullable Delivery received(int id) {
    lock.lock();
    try {
      Delivery delivery = inFlight.get(id);
      if (delivery == null || delivery.qos != 2) {
        return null;
      }
      delivery.released = true;
      return delivery;
    } finally {
      lock.unlock();
    }
  }

  /// A message could not be kept: whoever published it will send it again.
  void withdraw(Delivery delivery) {
    lock.lock();
    try {
      if (!delivery.sent && waiting.remove(delivery)) {
        forget(delivery);
      }
    } finally {
      lock.unlock();
    }
  }

  /// Takes out what the test singles out and was not sent.
  void removeIf(Predicate<Publication> unwanted) {
    lock.lock();
    try {
      for (Iterator<Delivery> each = waiting.iterator(); each.hasNext(); ) {
        Delivery delivery = each.next();
        if (unwanted.test(delivery.publication)) {
          each.remove();
          forget(delivery);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /// Ends it for good; gives what was not done with, in order.
  List<Delivery> close() {
    lock.lock();
    try {
      closed = true;
      outgoing = null;
      List<Delivery> left = new ArrayList<>(inFlight.values());
      left.addAll(waiting);
      waiting.clear();
      left.forEach(this::forget);
      retained.clear();
      return left;
    } finally {
      lock.unlock();
    }
  }

  private void count(Delivery delivery) {
    delivery.counted = true;
    messages++;
    bytes += delivery.publication.size;
  }

  /// Frees its place, its packet id and its row.
  private void forget(Delivery delivery) {
    numbered.remove(delivery.packetId, delivery);
    inFlight.remove(delivery.packetId, delivery);
    release(delivery);
    if (delivery.kept != null) {
      broker.store().done(delivery);
    }
  }

  private void release(Delivery delivery) {
    if (delivery.counted) {
      delivery.counted = false;
      messages--;
      bytes -= delivery.publication.size;
      if (delivery.kept != null) {
        broker.queues().give(delivery.publication.size);
      }
    }
  }

  /// Makes the message on the disk when the first of several outboxes needs it.
  @FunctionalInterface
  interface Kept {
    QueuedMessage get();
  }
}
