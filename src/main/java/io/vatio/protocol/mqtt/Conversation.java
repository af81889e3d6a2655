package io.vatio.protocol.mqtt;

import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageIdVariableHeader;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttPubReplyMessageVariableHeader;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttSubscribeMessage;
import io.netty.handler.codec.mqtt.MqttTopicSubscription;
import io.netty.handler.codec.mqtt.MqttUnsubscribeMessage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What a client that is logged in says, packet by packet: what it publishes goes to its [Inbound],
/// what it has received to the [Outbox] of its session, and its subscriptions are answered when
/// they
/// are on the disk. Event loop only.
final class Conversation {
  private final Broker broker;
  private final Connection connection;
  private final Transport transport;
  private final Session session;
  private final Inbound inbound;
  private final boolean version5;

  Conversation(
      Broker broker, Connection connection, Session session, Inbound inbound, boolean version5) {
    this.broker = broker;
    this.connection = connection;
    this.transport = connection.transport();
    this.session = session;
    this.inbound = inbound;
    this.version5 = version5;
  }

  Session session() {
    return session;
  }

  Inbound inbound() {
    return inbound;
  }

  boolean version5() {
    return version5;
  }

  /// Takes a packet; it stays the caller's.
  void received(MqttMessage packet) {
    Outbox outbox = session.outbox();
    switch (packet.fixedHeader().messageType()) {
      case PUBLISH -> inbound.published((MqttPublishMessage) packet);
      case PUBACK -> outbox.done(packetId(packet));
      case PUBREC -> pubRec(packet, outbox);
      case PUBREL -> inbound.pubRel(packetId(packet));
      case PUBCOMP -> outbox.done(packetId(packet));
      case SUBSCRIBE -> {
        MqttSubscribeMessage asks = (MqttSubscribeMessage) packet;
        inbound.asked(asks.payload().topicSubscriptions().size());
        subscribe(asks);
      }
      case UNSUBSCRIBE -> unsubscribe((MqttUnsubscribeMessage) packet);
      case PINGREQ -> transport.write(MqttMessage.PINGRESP);
      case DISCONNECT -> connection.disconnected(packet, session);
      case CONNECT, CONNACK, SUBACK, UNSUBACK, PINGRESP, AUTH ->
          connection.end(Packets.PROTOCOL_ERROR);
    }
    inbound.throttle();
  }

  private static int packetId(MqttMessage packet) {
    return ((MqttMessageIdVariableHeader) packet.variableHeader()).messageId();
  }

  private void pubRec(MqttMessage packet, Outbox outbox) {
    int id = packetId(packet);
    boolean refused =
        packet.variableHeader() instanceof MqttPubReplyMessageVariableHeader header
            && (header.reasonCode() & 0xff) >= 0x80;
    Delivery delivery = refused ? null : outbox.received(id);
    if (refused) {
      outbox.done(id);
    } else if (delivery != null && delivery.kept != null) {
      // Were this forgotten, a client that has let go of the id would get the message twice.
      connection.whenSaved(
          broker.store().released(delivery), () -> connection.reply(Packets.PUBREL, id));
    } else if (delivery != null || !version5) {
      connection.reply(Packets.PUBREL, id);
    } else {
      transport.write(Packets.acknowledgement(Packets.PUBREL, id, Packets.ID_NOT_FOUND, null));
    }
  }

  private void subscribe(MqttSubscribeMessage packet) {
    int identifier =
        PublishProperties.integer(
            packet.idAndPropertiesVariableHeader().properties(),
            MqttProperties.SUBSCRIPTION_IDENTIFIER,
            0);
    List<MqttTopicSubscription> wanted = packet.payload().topicSubscriptions();
    boolean selfish =
        wanted.stream().anyMatch(w -> Session.isShared(w.topicFilter()) && w.option().isNoLocal());
    if (wanted.isEmpty() || selfish) {
      connection.end(Packets.PROTOCOL_ERROR);
      return;
    }
    List<Integer> codes = new ArrayList<>(wanted.size());
    // Each filter once, however often it is named: looking for what it matches takes time.
    Map<String, Runnable> replays = new LinkedHashMap<>();
    for (MqttTopicSubscription subscription : wanted) {
      codes.add(
          session.subscribe(
              subscription.topicFilter(),
              subscription.option(),
              identifier,
              (filter, granted) -> replays.put(filter, () -> replay(filter, granted))));
    }
    int id = packet.variableHeader().messageId();
    connection.whenSaved(
        session.saving(),
        () -> {
          if (connection.open()) {
            transport.write(Packets.subAck(id, codes));
            replays.values().forEach(Runnable::run);
          }
        });
  }

  private void replay(String filter, Subscription subscription) {
    // One packet may hold ten thousand filters; the first few were already too much.
    if (connection.open() && !session.replay(filter, subscription)) {
      broker.meters().slowSubscriber();
      connection.end(Packets.QUOTA_EXCEEDED);
    }
  }

  private void unsubscribe(MqttUnsubscribeMessage packet) {
    if (packet.payload().topics().isEmpty()) {
      connection.end(Packets.PROTOCOL_ERROR);
      return;
    }
    List<Short> codes = new ArrayList<>();
    for (String filter : packet.payload().topics()) {
      codes.add((short) (session.unsubscribe(filter) ? Packets.SUCCESS : Packets.NO_SUBSCRIPTION));
    }
    int id = packet.variableHeader().messageId();
    connection.whenSaved(
        session.saving(),
        () -> {
          if (connection.open()) {
            transport.write(Packets.unsubAck(id, version5, codes));
          }
        });
  }
}
