package io.vatio.protocol.mqtt;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttProperties.IntegerProperty;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttPublishVariableHeader;
import io.vatio.ingest.Origin;
import io.vatio.ingest.RawMessage;
import io.vatio.ingest.Receipt;
import io.vatio.ingest.Rejection;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Text;
import io.vatio.protocol.Fingerprint;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/// What one connection publishes, from the packet to its acknowledgement.
///
/// Messages wait in the order of arrival: the committing thread notes a receipt at each and wakes
/// the connection once, which answers all that are ready with one flush. Messages of a connection
/// that has gone are still routed when they are committed; nobody hears the answer. Event loop
/// only.
final class Inbound {
  private static final Receipt ROUTED = new Receipt.Stored(0);

  private static final int TOPICS_KNOWN = 512;
  private static final int MESSAGES_PER_FILTER = 10;
  static final int TOPIC_ALIASES = 32;
  private static final int REASON_TEXT_LENGTH = 500;

  /// How often a client that we do not read is looked at: between two looks it has to take
  /// something.
  private static final long LOOK_MS = 60_000;

  private final Broker broker;
  private final Connection connection;
  private final Transport transport;
  private final Session session;
  private final Principal sender;
  private final TopicAccess access;
  private final boolean version5;
  private final boolean tellsReasons;
  private final long client;

  private final Map<String, PublishTopic> topics = new HashMap<>();
  private String @Nullable [] aliases;
  private final ArrayDeque<Arrival> arrivals = new ArrayDeque<>(0);

  /// Those among them whose subscribers do not have them yet.
  private final ArrayDeque<Arrival> unrouted = new ArrayDeque<>(0);

  private long pendingBytes;
  private int unacknowledged;
  private boolean paused;
  private boolean watched;

  /// Whether the client has taken enough, since the last look, that more could be written.
  private boolean took;

  private final @Nullable Bucket messageRate;
  private final @Nullable Bucket byteRate;
  private boolean waitsForBudget;

  /// Packet ids of QoS 2 messages that came on this connection and are not released.
  private final BitSet unreleased = new BitSet(0);

  Inbound(Broker broker, Connection connection, Session session, Login login, Allowed allowed) {
    this.broker = broker;
    this.connection = connection;
    this.transport = connection.transport();
    this.session = session;
    this.sender = allowed.who();
    this.access = allowed.topics();
    this.version5 = login.version5();
    DoorLimits limits = broker.settings().door();
    boolean limited = sender instanceof Principal.Device || sender instanceof Principal.Anonymous;
    this.messageRate =
        limited ? new Bucket(limits.messagesPerSecond(), limits.messagesPerSecond()) : null;
    this.byteRate = limited ? new Bucket(limits.bytesPerSecond(), limits.bytesPerSecond()) : null;
    this.tellsReasons = login.tellsReasons();
    this.client = Fingerprint.of(String.valueOf(Broker.Key.of(sender, login.clientId())));
  }

  /// Whether reading stands still.
  boolean paused() {
    return paused;
  }

  void published(MqttPublishMessage packet) {
    MqttPublishVariableHeader header = packet.variableHeader();
    MqttProperties properties = header.properties();
    int qos = packet.fixedHeader().qosLevel().value();
    int id = qos == 0 ? 0 : header.packetId();
    String name = topicName(header.topicName(), properties);
    if (name == null) {
      return;
    }
    broker.meters().received();
    if (qos == 2 && !firstTime(id)) {
      return;
    }
    if (qos > 0 && version5 && ++unacknowledged > broker.settings().receiveMaximum()) {
      connection.end(Packets.RECEIVE_MAXIMUM_EXCEEDED);
      return;
    }
    Arrival arrival =
        new Arrival(
            connection,
            topic(name),
            ByteBufUtil.getBytes(packet.payload()),
            qos,
            packet.fixedHeader().isRetain(),
            id,
            properties.isEmpty() ? null : PublishProperties.forwarded(properties),
            properties.isEmpty() ? Publication.FOREVER : broker.expiry(properties));
    arrive(arrival, packet.fixedHeader().isDup(), PublishProperties.brokenText(properties, packet));
  }

  /// The name that the packet means; null when it means none and the session is over.
  private @Nullable String topicName(String written, MqttProperties properties) {
    String name = written;
    if (!properties.isEmpty()) {
      if (properties.getProperty(MqttProperties.SUBSCRIPTION_IDENTIFIER) != null) {
        connection.end(Packets.PROTOCOL_ERROR);
        return null;
      }
      if (properties.getProperty(MqttProperties.TOPIC_ALIAS) instanceof IntegerProperty alias) {
        int number = alias.value();
        if (number < 1 || number > TOPIC_ALIASES) {
          connection.end(Packets.ALIAS_INVALID);
          return null;
        }
        String[] table = aliases;
        if (table == null) {
          table = new String[TOPIC_ALIASES + 1];
          aliases = table;
        }
        if (written.isEmpty()) {
          name = table[number];
          if (name == null) {
            connection.end(Packets.PROTOCOL_ERROR);
            return null;
          }
        } else {
          table[number] = written;
        }
      }
    }
    if (!topics.containsKey(name)
        && !Topics.isName(name, broker.settings().topicLength(), broker.settings().topicLevels())) {
      connection.end(Packets.TOPIC_INVALID);
      return null;
    }
    return name;
  }

  private PublishTopic topic(String name) {
    PublishTopic topic = topics.get(name);
    if (topic == null) {
      if (topics.size() >= TOPICS_KNOWN) {
        topics.clear();
      }
      topic = new PublishTopic(name, access.mayPublish(name), broker.inbox().wants(name));
      topics.put(name, topic);
    }
    return topic;
  }

  /// Notes the id of a QoS 2 message; one that is known already is only answered again.
  private boolean firstTime(int id) {
    switch (session.received().arrived(id)) {
      case NEW -> {
        unreleased.set(id);
        if (session.received().count() > broker.settings().receiveMaximum()) {
          session.received().release(id);
          connection.end(Packets.RECEIVE_MAXIMUM_EXCEEDED);
          return false;
        }
        return true;
      }
      case COMMITTED -> connection.reply(Packets.PUBREC, id);
      case COMMITTING -> {
        // Answered when it is committed.
      }
    }
    return false;
  }

  /// Filters that a client names count as messages, for each is looked for among what is retained.
  void asked(int filters) {
    if (messageRate != null) {
      messageRate.draw(filters * MESSAGES_PER_FILTER, System.nanoTime());
    }
  }

  private void arrive(Arrival arrival, boolean redelivered, boolean broken) {
    if (messageRate != null && byteRate != null) {
      long now = System.nanoTime();
      messageRate.draw(1, now);
      byteRate.draw(arrival.payload.length, now);
    }
    arrivals.add(arrival);
    unrouted.add(arrival);
    pendingBytes += arrival.payload.length;
    if (!broker.budget().take(arrival.payload.length) && !waitsForBudget) {
      waitsForBudget = true;
      broker
          .budget()
          .await(
              () ->
                  transport.execute(
                      () -> {
                        waitsForBudget = false;
                        relax();
                      }));
    }
    PublishTopic topic = arrival.topic;
    // An empty retained message is MQTT's way to forget one, not something measured.
    boolean forgets = arrival.retain && arrival.payload.length == 0;
    if (!topic.allowed) {
      broker.meters().denied();
      refuse(
          arrival,
          new Rejection(
              Rejection.Reason.TOPIC_NOT_ALLOWED, Text.of("mqtt.topic_not_allowed", topic.name)));
    } else if (broken) {
      refuse(
          arrival,
          new Rejection(Rejection.Reason.MALFORMED, Text.of("mqtt.payload_not_text", topic.name)));
    } else if (topic.ingest && !forgets) {
      broker.inbox().accept(raw(arrival, redelivered)).whenComplete(arrival);
    } else {
      arrival.receipt = ROUTED;
    }
  }

  private void refuse(Arrival arrival, Rejection rejection) {
    broker.inbox().refuse(raw(arrival, false), rejection).whenComplete(arrival);
  }

  private RawMessage raw(Arrival arrival, boolean redelivered) {
    return new RawMessage(
        Origin.MQTT,
        arrival.topic.name,
        arrival.payload,
        broker.clock().instant(),
        sender,
        arrival.packetId == 0
            ? 0
            : Fingerprint.delivery(
                client, arrival.packetId, arrival.topic.fingerprint, arrival.payload),
        redelivered);
  }

  /// How long a device has to wait before more of it is read, milliseconds.
  private long debtMs() {
    long now = System.nanoTime();
    return messageRate == null || byteRate == null
        ? 0
        : Math.max(messageRate.debtMs(now), byteRate.debtMs(now));
  }

  /// Stops reading while too much waits for its commit, while a device publishes faster than it
  /// may, or while the client does not take our answers: they must not pile up here.
  void throttle() {
    if (paused || !connection.open()) {
      return;
    }
    // An MQTT 5 client that goes past the window must be seen to do so.
    int most = broker.settings().receiveMaximum() + (version5 ? 1 : 0);
    long debtMs = debtMs();
    if (debtMs > 0) {
      transport.schedule(this::relax, debtMs);
    }
    if (waitsForBudget
        || debtMs > 0
        || connection.owesMuch()
        || !transport.writable()
        || !broker.budget().fair(arrivals.size(), pendingBytes)
        || arrivals.size() >= most
        || pendingBytes >= broker.settings().pendingBytes()) {
      paused = true;
      transport.pause();
      if (!watched) {
        watch();
      }
    }
  }

  private void watch() {
    watched = true;
    took = false;
    transport.schedule(this::look, LOOK_MS);
  }

  /// Ends a client that takes nothing. As long as it is not read neither its silence is seen nor
  /// its end.
  private void look() {
    watched = false;
    if (!paused || !connection.open()) {
      return;
    }
    if (took || transport.writable()) {
      watch();
    } else {
      broker.meters().slowSubscriber();
      connection.end(Packets.QUOTA_EXCEEDED);
    }
  }

  void relax() {
    took |= transport.writable();
    if (paused
        && connection.open()
        && !waitsForBudget
        && debtMs() == 0
        && !connection.owesMuch()
        && transport.writable()
        && broker.budget().fair(2 * arrivals.size(), 2 * pendingBytes)
        && arrivals.size() <= broker.settings().receiveMaximum() / 2
        && pendingBytes <= broker.settings().pendingBytes() / 2) {
      paused = false;
      connection.heard();
      transport.resume();
    }
  }

  /// Routes and answers what is decided, in the order of arrival.
  void settle() {
    for (Arrival next = unrouted.peek();
        next != null && next.receipt != null;
        next = unrouted.peek()) {
      unrouted.remove();
      if (next.receipt instanceof Receipt.Stored || next.receipt instanceof Receipt.Duplicate) {
        route(next);
      }
    }
    int count = 0;
    long bytes = 0;
    ByteBuf acks = null;
    for (Arrival head = arrivals.peek(); head != null && answerable(head); head = arrivals.peek()) {
      arrivals.remove();
      count++;
      bytes += head.payload.length;
      if (head.packetId == 0) {
        continue;
      }
      Receipt receipt = head.receipt;
      int reason = reason(head, receipt);
      if (head.qos == 2) {
        decided(head, reason);
      }
      if (!connection.open()) {
        continue;
      }
      if (reason == Packets.SERVER_BUSY) {
        connection.end(Packets.SERVER_BUSY);
        continue;
      }
      if (head.qos == 1 || !unreleased.get(head.packetId)) {
        unacknowledged--;
      }
      int type = head.qos == 1 ? Packets.PUBACK : Packets.PUBREC;
      if (reason == Packets.SUCCESS || !version5) {
        if (acks == null) {
          acks = transport.alloc().ioBuffer(256);
        }
        acks.writeByte(type).writeByte(2).writeShort(head.packetId);
      } else {
        if (acks != null) {
          transport.write(acks);
          acks = null;
        }
        transport.write(Packets.acknowledgement(type, head.packetId, reason, reasonText(receipt)));
      }
    }
    if (acks != null) {
      if (connection.open()) {
        transport.write(acks);
      } else {
        acks.release();
      }
    }
    if (count > 0) {
      pendingBytes -= bytes;
      broker.budget().give(count, bytes);
      relax();
    }
  }

  /// Whether all that a message has to wait for is decided.
  private static boolean answerable(Arrival arrival) {
    return arrival.receipt != null
        && (arrival.qos == 0 || (isDone(arrival.kept) && isDone(arrival.queued)));
  }

  private static boolean isDone(@Nullable CompletableFuture<?> future) {
    return future == null || future.isDone();
  }

  private void route(Arrival arrival) {
    Route[] routes = arrival.topic.routes(broker, session);
    SessionBatch.PacketKey received =
        arrival.qos == 2 && arrival.packetId != 0 && session.kept()
            ? new SessionBatch.PacketKey(session.id(), arrival.packetId)
            : null;
    if (routes.length == 0 && !arrival.retain && received == null) {
      return;
    }
    Publication publication = arrival.publication();
    if (arrival.retain) {
      arrival.kept = broker.retained().put(publication, session.key().owner());
      wakeAfter(arrival.qos, arrival.kept);
    }
    arrival.queued = broker.deliver(publication, routes, received);
    wakeAfter(arrival.qos, arrival.queued);
  }

  private void wakeAfter(int qos, @Nullable CompletableFuture<?> future) {
    if (future != null && qos > 0 && !future.isDone()) {
      future.whenComplete((_, _) -> connection.wake());
    }
  }

  private static int reason(Arrival arrival, @Nullable Receipt receipt) {
    return switch (receipt) {
      case null -> Packets.SERVER_BUSY;
      case Receipt.Overloaded _ -> Packets.SERVER_BUSY;
      case Receipt.Rejected(Rejection rejection) ->
          switch (rejection.reason()) {
            case MALFORMED, INVALID_VALUE, TOO_LARGE -> Packets.PAYLOAD_INVALID;
            case TOPIC_NOT_ALLOWED, NOT_YOUR_DEVICE, UNKNOWN_DEVICE -> Packets.NOT_AUTHORIZED;
            case LIMIT_REACHED -> Packets.QUOTA_EXCEEDED;
          };
      case Receipt.Stored _, Receipt.Duplicate _ -> {
        var queued = arrival.queued;
        if (queued != null && queued.state() != Future.State.SUCCESS) {
          yield Packets.SERVER_BUSY;
        }
        var kept = arrival.kept;
        if (kept == null) {
          yield Packets.SUCCESS;
        }
        yield switch (kept.state()) {
          case SUCCESS ->
              // A reading that is stored is stored, whether or not it can be retained as well.
              kept.resultNow() == RetainedMessages.Outcome.KEPT || arrival.topic.ingest
                  ? Packets.SUCCESS
                  : Packets.QUOTA_EXCEEDED;
          default -> Packets.SERVER_BUSY;
        };
      }
    };
  }

  private @Nullable String reasonText(@Nullable Receipt receipt) {
    if (!tellsReasons) {
      return null;
    }
    Text text =
        receipt instanceof Receipt.Rejected(Rejection rejection)
            ? rejection.text()
            : Text.of("mqtt.too_many_retained");
    String sentence = broker.messages().inDefaultLanguage(text);
    return sentence.length() <= REASON_TEXT_LENGTH
        ? sentence
        : sentence.substring(0, REASON_TEXT_LENGTH);
  }

  /// Notes what became of a QoS 2 message; its client may be waiting on another connection by now.
  private void decided(Arrival arrival, int reason) {
    int id = arrival.packetId;
    boolean taken = reason == Packets.SUCCESS || (!version5 && reason != Packets.SERVER_BUSY);
    if (!taken) {
      unreleased.clear(id);
    }
    boolean asked = session.received().decided(id, taken);
    Connection present = session.connection();
    if (asked && present != null && present != connection) {
      if (taken) {
        present.replySoon(Packets.PUBREC, id);
      } else {
        present.endSoon(Packets.SERVER_BUSY);
      }
    }
  }

  void pubRel(int id) {
    boolean present = session.received().release(id);
    if (unreleased.get(id)) {
      unreleased.clear(id);
      unacknowledged--;
    }
    if (present && session.kept()) {
      // Were this forgotten, the next message with this id would be taken for the old one.
      connection.whenSaved(
          broker.store().free(new SessionBatch.PacketKey(session.id(), id)),
          () -> connection.reply(Packets.PUBCOMP, id));
    } else if (present || !version5) {
      connection.reply(Packets.PUBCOMP, id);
    } else {
      transport.write(Packets.acknowledgement(Packets.PUBCOMP, id, Packets.ID_NOT_FOUND, null));
    }
  }

  /// Publishes the client's last message.
  void arrive(Will will) {
    arrive(
        new Arrival(
            connection,
            topic(will.topic()),
            will.payload(),
            will.qos(),
            will.retain(),
            0,
            will.properties(),
            will.expiresAt(broker.clock().millis())),
        false,
        false);
    connection.wake();
  }

  /// Who a connection is, and which topics are open to it.
  record Allowed(Principal who, TopicAccess topics) {}
}
