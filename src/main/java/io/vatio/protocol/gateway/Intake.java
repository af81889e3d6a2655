package io.vatio.protocol.gateway;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.vatio.ingest.Inbox;
import io.vatio.ingest.Origin;
import io.vatio.ingest.RawMessage;
import io.vatio.ingest.Receipt;
import io.vatio.kernel.Principal;
import io.vatio.protocol.Fingerprint;
import java.time.Instant;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// What came from the broker and is not acknowledged yet. Used on the gateway's thread only.
///
/// A message is acknowledged when its receipt says that it is on the disk (or in the dead letters).
/// One that the inbox could not take waits here and is offered again, in the order of arrival; it
/// is never dropped, and never acknowledged before. After a break the broker repeats what it has no
/// acknowledgement for, marked with DUP; the store knows it again by its fingerprint, as it does
/// with devices that connect directly.
final class Intake {
  /// Between two offers to an inbox that is full or whose storage fails; doubles.
  private static final long FIRST_REST_MS = 20;

  private static final long LONGEST_REST_MS = 1_000;

  private static final int OVERHEAD = 300;

  private final GatewaySettings settings;
  private final Inbox inbox;
  private final Principal sender;

  /// Fingerprint of our client id; packet ids are unique beside it.
  private final long client;

  private final ScheduledExecutorService thread;

  private final PriorityQueue<Held> queue =
      new PriorityQueue<>(Comparator.comparingLong(Held::number));

  private final Counter received;
  private final Counter repeated;
  private final Counter dropped;
  private long numbers;
  private int inFlight;
  private long inFlightBytes;
  private volatile long heldBytes;
  private boolean resting;
  private long restMs = FIRST_REST_MS;
  private boolean closed;

  Intake(
      GatewaySettings settings,
      Inbox inbox,
      Principal sender,
      String clientId,
      ScheduledExecutorService thread,
      MeterRegistry meters) {
    this.settings = settings;
    this.inbox = inbox;
    this.sender = sender;
    this.client = Fingerprint.of(clientId);
    this.thread = thread;
    this.received = meters.counter("vatio.gateway.messages.received");
    this.repeated = meters.counter("vatio.gateway.messages.repeated");
    this.dropped = meters.counter("vatio.gateway.messages.dropped");
    meters.gauge("vatio.gateway.bytes.waiting", this, intake -> intake.heldBytes);
  }

  /// Takes a message; false when there is no room for it.
  boolean arrived(Link.Delivery delivery, Instant at) {
    if (closed) {
      return true;
    }
    received.increment();
    if (delivery.repeated()) {
      repeated.increment();
    }
    Held held = new Held(numbers++, delivery, at);
    if (heldBytes + held.size() > settings.heldBytes()) {
      dropped.increment();
      return delivery.qos() == 0;
    }
    heldBytes += held.size();
    queue.add(held);
    pump();
    return true;
  }

  /// Whether half of the room is free again.
  boolean hasRoom() {
    return heldBytes <= settings.heldBytes() / 2;
  }

  /// Whether nothing is on its way through the inbox.
  boolean isQuiet() {
    return inFlight == 0;
  }

  /// Takes nothing more; what is in the inbox is still acknowledged.
  void close() {
    closed = true;
    queue.clear();
  }

  private void pump() {
    while (!resting && inFlight < settings.windowMessages()) {
      Held held = queue.peek();
      if (held == null || (inFlight > 0 && inFlightBytes + held.size() > settings.windowBytes())) {
        return;
      }
      queue.remove();
      inFlight++;
      inFlightBytes += held.size();
      inbox
          .accept(message(held))
          .whenComplete((receipt, failure) -> later(() -> answered(held, receipt)));
    }
  }

  private RawMessage message(Held held) {
    Link.Delivery delivery = held.delivery;
    return new RawMessage(
        Origin.MQTT,
        delivery.topic(),
        delivery.payload(),
        held.at,
        sender,
        delivery.packetId() == 0
            ? 0
            : Fingerprint.delivery(
                client, delivery.packetId(), Fingerprint.of(delivery.topic()), delivery.payload()),
        delivery.repeated());
  }

  private void later(Runnable task) {
    try {
      thread.execute(task);
    } catch (RejectedExecutionException _) {
      // The gateway is closed; the broker will send it again.
    }
  }

  private void answered(Held held, @Nullable Receipt receipt) {
    inFlight--;
    inFlightBytes -= held.size();
    switch (receipt) {
      case Receipt.Stored _, Receipt.Duplicate _, Receipt.Rejected _ -> {
        heldBytes -= held.size();
        restMs = FIRST_REST_MS;
        held.delivery.acknowledge().run();
        pump();
      }
      case Receipt.Overloaded _ -> again(held);
      case null -> again(held);
    }
  }

  private void again(Held held) {
    if (closed) {
      return;
    }
    queue.add(held);
    if (!resting) {
      resting = true;
      thread.schedule(
          () -> {
            resting = false;
            pump();
          },
          restMs,
          TimeUnit.MILLISECONDS);
      restMs = Math.min(restMs * 2, LONGEST_REST_MS);
    }
  }

  private record Held(long number, Link.Delivery delivery, Instant at) {
    /// Bytes of memory, roughly: an empty message takes room too.
    int size() {
      return OVERHEAD + 2 * delivery.topic().length() + delivery.payload().length;
    }
  }
}
