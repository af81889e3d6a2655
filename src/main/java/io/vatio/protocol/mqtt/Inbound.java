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
  static final int TOPIC_ALIASES = 32;
  private static final int REASON_TEXT_LENGTH = 500;

  private final Broker broker;
  private final Connection connection;
  private final Transport transport;
  private final Session session;
  private final Principal sender;
  private final boolean version5;
  private final boolean tellsReasons;
  private final long client;

  private final Map<String, PublishTopic> topics = new HashMap<>();
  private String @Nullable [] aliases;
  private final ArrayDeque<Arrival> arrivals = new ArrayDeque<>();
  private long pendingBytes;
  private int unacknowledged;
  private boolean paused;
  private final @Nullable Bucket messageRate;
  private final @Nullable Bucket byteRate;
  private boolean waitsForBudget;

  /// Packet ids of QoS 2 messages that the client has not released, and those among them that are
  /// committed.
  private @Nullable BitSet received2;

  private @Nullable BitSet stored2;

  Inbound(Broker broker, Connection connection, Session session, Login login, Principal sender) {
    this.broker = broker;
    this.connection = connection;
    this.transport = connection.transport();
    this.session = session;
    this.sender = sender;
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
    PublishTopic topic = topic(name);
    arrive(
        new Arrival(
            connection,
            topic,
            ByteBufUtil.getBytes(packet.payload()),
            qos,
            packet.fixedHeader().isRetain(),
            id,
            properties.isEmpty() ? null : PublishProperties.forwarded(properties),
            properties.isEmpty() ? Publication.FOREVER : broker.expiry(properties)),
        packet.fixedHeader().isDup());
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
      topic = new PublishTopic(name, session.access().mayPublish(name), broker.inbox().wants(name));
      topics.put(name, topic);
    }
    return topic;
  }

  /// Notes the id of a QoS 2 message; one that is known already is only answered again.
  private boolean firstTime(int id) {
    BitSet received = received2;
    BitSet stored = stored2;
    if (received == null || stored == null) {
      received = new BitSet();
      stored = new BitSet();
      received2 = received;
      stored2 = stored;
    }
    if (!received.get(id)) {
      received.set(id);
      return true;
    }
    if (stored.get(id)) {
      connection.reply(Packets.PUBREC, id);
    }
    return false;
  }

  private void arrive(Arrival arrival, boolean redelivered) {
    if (messageRate != null && byteRate != null) {
      long now = System.nanoTime();
      messageRate.draw(1, now);
      byteRate.draw(arrival.payload.length, now);
    }
    arrivals.add(arrival);
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
      broker
          .inbox()
          .refuse(
              raw(arrival, redelivered),
              new Rejection(
                  Rejection.Reason.TOPIC_NOT_ALLOWED,
                  Text.of("mqtt.topic_not_allowed", topic.name)))
          .whenComplete(arrival);
    } else if (topic.ingest && !forgets) {
      broker.inbox().accept(raw(arrival, redelivered)).whenComplete(arrival);
    } else {
      arrival.receipt = ROUTED;
    }
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
        || !transport.writable()
        || arrivals.size() >= most
        || pendingBytes >= broker.settings().pendingBytes()) {
      paused = true;
      transport.pause();
    }
  }

  void relax() {
    if (paused
        && connection.open()
        && !waitsForBudget
        && debtMs() == 0
        && transport.writable()
        && arrivals.size() <= broker.settings().receiveMaximum() / 2
        && pendingBytes <= broker.settings().pendingBytes() / 2) {
      paused = false;
      connection.heard();
      transport.resume();
    }
  }

  /// Routes and answers what is decided, in the order of arrival.
  void settle() {
    int count = 0;
    long bytes = 0;
    ByteBuf acks = null;
    for (Arrival head = arrivals.peek(); head != null && decided(head); head = arrivals.peek()) {
      arrivals.remove();
      count++;
      bytes += head.payload.length;
      if (head.packetId == 0 || !connection.open()) {
        continue;
      }
      Receipt receipt = head.receipt;
      int reason = reason(head, receipt);
      if (reason == Packets.SERVER_BUSY) {
        connection.end(Packets.SERVER_BUSY);
        continue;
      }
      acknowledged(head, reason);
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

  /// Whether a message can be answered now. Routes it when it is committed.
  private boolean decided(Arrival arrival) {
    Receipt receipt = arrival.receipt;
    if (receipt == null) {
      return false;
    }
    if (!arrival.routed) {
      arrival.routed = true;
      if (receipt instanceof Receipt.Stored || receipt instanceof Receipt.Duplicate) {
        route(arrival);
      }
    }
    CompletableFuture<?> kept = arrival.kept;
    return kept == null || arrival.qos == 0 || kept.isDone();
  }

  private void route(Arrival arrival) {
    Route[] routes = arrival.topic.routes(broker, session);
    if (routes.length == 0 && !arrival.retain) {
      return;
    }
    Publication publication = arrival.publication();
    if (arrival.retain) {
      var kept = broker.retained().put(publication);
      arrival.kept = kept;
      if (arrival.qos > 0 && !kept.isDone()) {
        kept.whenComplete((_, _) -> connection.wake());
      }
    }
    broker.deliver(publication, routes);
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

  private void acknowledged(Arrival arrival, int reason) {
    BitSet received = received2;
    BitSet stored = stored2;
    if (arrival.qos == 1 || received == null || stored == null) {
      unacknowledged--;
    } else if (version5 && reason != Packets.SUCCESS) {
      unacknowledged--;
      received.clear(arrival.packetId);
    } else if (received.get(arrival.packetId)) {
      stored.set(arrival.packetId);
    }
  }

  void pubRel(int id) {
    BitSet received = received2;
    BitSet stored = stored2;
    boolean present = received != null && stored != null && received.get(id);
    if (received != null && stored != null && present) {
      received.clear(id);
      stored.clear(id);
      unacknowledged--;
    }
    if (present || !version5) {
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
            PublishProperties.forwarded(will.properties()),
            broker.expiry(will.properties())),
        false);
    connection.wake();
  }
}
