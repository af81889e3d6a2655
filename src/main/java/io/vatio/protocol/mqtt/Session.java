package io.vatio.protocol.mqtt;

import io.netty.handler.codec.mqtt.MqttSubscriptionOption;
import java.util.HashMap;
import java.util.Map;

/// One client's place in the broker: what it subscribed to and what waits for it.
///
/// Any thread [#offer]s messages; everything else happens on the event loop of its connection.
final class Session {
  private static final int OUTBOUND_WINDOW = 1_000;

  private final Broker broker;
  private final Connection connection;
  private final boolean version5;
  private final TopicAccess access;
  private final Outbox outbox;
  private final Map<String, Subscription> subscriptions = new HashMap<>(4);

  Session(Broker broker, Connection connection, Login login, TopicAccess access) {
    this.broker = broker;
    this.connection = connection;
    this.version5 = login.version5();
    this.access = access;
    this.outbox = new Outbox(broker.meters(), broker.settings());
    outbox.open(version5, Math.min(OUTBOUND_WINDOW, login.window()), login.maxPacket());
  }

  Outbox outbox() {
    return outbox;
  }

  TopicAccess access() {
    return access;
  }

  /// Puts a message in the outbox; a client that does not take what must not be lost is ended.
  void offer(Outbox.Delivery delivery) {
    if (outbox.offer(delivery)) {
      connection.wake();
    } else {
      outbox.close();
      broker.meters().slowSubscriber();
      connection.endSoon(Packets.QUOTA_EXCEEDED);
    }
  }

  /// Enters a subscription, or says why not.
  ///
  /// @return the granted quality of service, or the reason of the refusal
  int subscribe(String filter, MqttSubscriptionOption option, int identifier, Replays replays) {
    int refusal = refusal(filter);
    if (refusal != Packets.SUCCESS) {
      return version5 ? refusal : Packets.UNSPECIFIED;
    }
    int qos = option.qos().value();
    Subscription subscription =
        new Subscription(qos, option.isNoLocal(), option.isRetainAsPublished(), identifier);
    Subscription before = subscriptions.put(filter, subscription);
    broker.subscriptions().put(filter, this, subscription);
    boolean replay =
        switch (option.retainHandling()) {
          case SEND_AT_SUBSCRIBE -> true;
          case SEND_AT_SUBSCRIBE_IF_NOT_YET_EXISTS -> before == null;
          case DONT_SEND_AT_SUBSCRIBE -> false;
        };
    if (replay) {
      replays.add(filter, subscription);
    }
    return qos;
  }

  /// Why a filter is not granted, or success.
  private int refusal(String filter) {
    MqttSettings settings = broker.settings();
    if (filter.startsWith("$share/")) {
      return Packets.NO_SHARED_SUBSCRIPTIONS;
    }
    if (!Topics.isFilter(filter, settings.topicLength(), settings.topicLevels())) {
      return Packets.FILTER_INVALID;
    }
    if (!access.maySubscribe(filter)) {
      broker.meters().denied();
      return Packets.NOT_AUTHORIZED;
    }
    return !subscriptions.containsKey(filter) && subscriptions.size() >= settings.subscriptions()
        ? Packets.QUOTA_EXCEEDED
        : Packets.SUCCESS;
  }

  /// Puts the retained messages of a new subscription in the outbox.
  ///
  /// @return false when more wait than anybody needs
  boolean replay(String filter, Subscription subscription) {
    int[] identifiers =
        subscription.identifier() == 0 ? null : new int[] {subscription.identifier()};
    broker
        .retained()
        .match(
            filter,
            publication ->
                outbox.replay(
                    new Outbox.Delivery(
                        publication,
                        Math.min(publication.qos, subscription.qos()),
                        true,
                        identifiers)));
    return outbox.replaying() <= 2 * broker.settings().retainedMessages();
  }

  /// @return whether there was such a subscription
  boolean unsubscribe(String filter) {
    boolean had = subscriptions.remove(filter) != null;
    if (had) {
      broker.subscriptions().remove(filter, this);
    }
    return had;
  }

  /// Takes it out of everything that the broker knows.
  void end() {
    subscriptions.keySet().forEach(filter -> broker.subscriptions().remove(filter, this));
    subscriptions.clear();
    outbox.close();
  }

  /// Subscriptions whose retained messages are wanted once the client has its answer.
  interface Replays {
    void add(String filter, Subscription subscription);
  }
}
