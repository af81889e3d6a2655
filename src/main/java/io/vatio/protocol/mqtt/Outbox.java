package io.vatio.protocol.mqtt;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.mqtt.MqttFixedHeader;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttPublishVariableHeader;
import io.netty.handler.codec.mqtt.MqttQoS;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// What waits to go to one subscriber, and what it has not acknowledged yet.
///
/// Any thread offers; everything else happens on the connection's event loop. Bounded in messages
/// and bytes: what may be lost (QoS 0) is dropped at half of it, so that what may not be lost has
/// the other half; the caller ends a connection whose outbox is full.
final class Outbox {
  private static final int PACKET_IDS = 65_535;

  private final BrokerMeters meters;
  private final int maxMessages;
  private final int maxBytes;

  private final Queue<Delivery> offered = new ConcurrentLinkedQueue<>();
  private final AtomicInteger messages = new AtomicInteger();
  private final AtomicInteger bytes = new AtomicInteger();
  private volatile boolean closed;

  // Event loop only.
  private final ArrayDeque<Delivery> retained = new ArrayDeque<>();
  private final Map<Integer, Delivery> unacknowledged = new HashMap<>();
  private boolean version5;
  private int window = PACKET_IDS;
  private int maxPacket = Integer.MAX_VALUE;
  private int lastId;

  Outbox(BrokerMeters meters, MqttSettings settings) {
    this.meters = meters;
    this.maxMessages = settings.outboxMessages();
    this.maxBytes = settings.outboxBytes();
  }

  /// What the client said about itself.
  ///
  /// @param window most messages without acknowledgement
  /// @param maxPacket most bytes of one packet
  void open(boolean version5, int window, int maxPacket) {
    this.version5 = version5;
    this.window = window;
    this.maxPacket = maxPacket;
  }

  /// Puts a message in.
  ///
  /// @return false when there is no room for a message that must not be lost
  boolean offer(Delivery delivery) {
    if (closed) {
      return true;
    }
    int size = delivery.publication.size;
    int share = delivery.qos == 0 ? 2 : 1;
    if (messages.get() >= maxMessages / share || bytes.get() + size > maxBytes / share) {
      if (delivery.qos == 0) {
        meters.dropped("slow_subscriber");
        return true;
      }
      return false;
    }
    messages.incrementAndGet();
    bytes.addAndGet(size);
    offered.add(delivery);
    return true;
  }

  /// Puts a retained message in for a new subscription; it goes before what was offered. These are
  /// shared with the store, so they do not count.
  void replay(Delivery delivery) {
    retained.add(delivery);
  }

  /// Retained messages that wait.
  int replaying() {
    return retained.size();
  }

  /// Writes as much as the client can take now.
  ///
  /// @return whether something was written
  boolean drain(Transport transport, long nowMs) {
    boolean wrote = false;
    while (transport.writable()) {
      boolean replay = !retained.isEmpty();
      Delivery next = replay ? retained.peek() : offered.peek();
      if (next == null || (next.qos > 0 && unacknowledged.size() >= window)) {
        break;
      }
      if (replay) {
        retained.remove();
      } else {
        offered.remove();
      }
      next.counted = !replay;
      wrote |= send(transport, next, nowMs);
    }
    return wrote;
  }

  private boolean send(Transport transport, Delivery delivery, long nowMs) {
    Publication publication = delivery.publication;
    if (publication.expired(nowMs)) {
      meters.dropped("expired");
      release(delivery);
      return false;
    }
    MqttProperties properties =
        version5
            ? PublishProperties.outgoing(
                publication.properties,
                delivery.subscriptions,
                publication.expiresAt == Publication.FOREVER
                    ? -1
                    : (publication.expiresAt - nowMs + 999) / 1_000)
            : MqttProperties.NO_PROPERTIES;
    if (maxPacket != Integer.MAX_VALUE
        && PublishProperties.packetLength(publication, delivery.qos, properties) > maxPacket) {
      meters.dropped("too_large_for_subscriber");
      release(delivery);
      return false;
    }
    int id = 0;
    if (delivery.qos > 0) {
      id = nextId();
      unacknowledged.put(id, delivery);
    } else {
      release(delivery);
    }
    transport.write(
        new MqttPublishMessage(
            new MqttFixedHeader(
                MqttMessageType.PUBLISH, false, MqttQoS.valueOf(delivery.qos), delivery.retain, 0),
            new MqttPublishVariableHeader(publication.topic, id, properties),
            Unpooled.wrappedBuffer(publication.payload)));
    meters.sent();
    return true;
  }

  /// The smallest id after the last one that is not in use; the window is never all of them.
  private int nextId() {
    do {
      lastId = lastId == PACKET_IDS ? 1 : lastId + 1;
    } while (unacknowledged.containsKey(lastId));
    return lastId;
  }

  /// PUBACK, PUBCOMP or a PUBREC that refuses: the message is done with.
  ///
  /// @return whether there was such a message
  boolean done(int id) {
    Delivery delivery = unacknowledged.remove(id);
    if (delivery == null) {
      return false;
    }
    release(delivery);
    return true;
  }

  /// PUBREC: the client has the message; only the handshake is left.
  ///
  /// @return whether there was such a message
  boolean received(int id) {
    Delivery delivery = unacknowledged.get(id);
    return delivery != null && delivery.qos == 2;
  }

  void close() {
    closed = true;
    offered.clear();
    retained.clear();
    unacknowledged.clear();
  }

  private void release(Delivery delivery) {
    if (delivery.counted) {
      delivery.counted = false;
      messages.decrementAndGet();
      bytes.addAndGet(-delivery.publication.size);
    }
  }

  /// One message for one subscriber.
  static final class Delivery {
    private static final int[] NO_SUBSCRIPTIONS = new int[0];

    final Publication publication;
    final int qos;
    final boolean retain;
    final int[] subscriptions;
    private boolean counted;

    Delivery(Publication publication, int qos, boolean retain, int @Nullable [] subscriptions) {
      this.publication = publication;
      this.qos = qos;
      this.retain = retain;
      this.subscriptions = subscriptions == null ? NO_SUBSCRIPTIONS : subscriptions;
    }
  }
}
