package io.vatio.protocol.mqtt;

import io.netty.handler.codec.mqtt.MqttSubscriptionOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One client's place in the broker: what it subscribed to and what waits for it. It may outlive
/// connections, and the server.
///
/// Any thread offers messages. While there is a connection its event loop does the rest; while
/// there
/// is none, [Sessions] does, under its lock.
final class Session implements Subscriber {
  private static final Logger LOG = LoggerFactory.getLogger(Session.class);

  private final Broker broker;
  private final Broker.Key key;
  private final long id;
  private final long createdAt;
  private final Outbox outbox;
  private final ReceivedIds received = new ReceivedIds();
  private final Map<String, Subscription> subscriptions = new HashMap<>(4);

  private volatile @Nullable Connection connection;
  private volatile boolean kept;
  private volatile boolean known;
  private boolean stored;
  private boolean version5;
  private @Nullable TopicAccess access;
  private long expirySeconds;
  private long goneAt;
  private Will.@Nullable Left will;

  /// The last change of a subscription on its way to the disk.
  private @Nullable CompletableFuture<Void> saving;

  Session(Broker broker, Broker.Key key, long id, long createdAt) {
    this.broker = broker;
    this.key = key;
    this.id = id;
    this.createdAt = createdAt;
    this.goneAt = createdAt;
    this.outbox = new Outbox(broker);
  }

  Broker.Key key() {
    return key;
  }

  long id() {
    return id;
  }

  Outbox outbox() {
    return outbox;
  }

  ReceivedIds received() {
    return received;
  }

  /// Whether it outlives its connection.
  boolean kept() {
    return kept;
  }

  /// Whether its client was ever told that it is there. Until then it is nobody's.
  boolean known() {
    return known;
  }

  void markKnown() {
    known = true;
  }

  /// Whether there are rows of it.
  boolean stored() {
    return stored;
  }

  void markStored() {
    stored = true;
  }

  /// Null while the client is away.
  @Nullable Connection connection() {
    return connection;
  }

  long expirySeconds() {
    return expirySeconds;
  }

  /// Milliseconds since 1970, while there is no connection.
  long endsAt() {
    return goneAt + expirySeconds * 1_000;
  }

  /// What is to be published when the client does not come back, null for nothing.
  Will.@Nullable Left will() {
    return will;
  }

  /// When, in milliseconds since 1970.
  long willDueAt() {
    Will.Left left = will;
    return left == null
        ? Long.MAX_VALUE
        : goneAt + Math.min(left.will().delaySeconds(), expirySeconds) * 1_000;
  }

  void will(Will.@Nullable Left last) {
    will = last;
  }

  /// As it stands in the database.
  SessionBatch.SessionRow row() {
    Will.Left left = will;
    return new SessionBatch.SessionRow(
        id,
        key,
        expirySeconds,
        connection == null ? goneAt : null,
        left == null ? null : left.will().text(left.sender()),
        createdAt);
  }

  // ---- its connections

  /// @param seconds that it is kept without a connection
  void expiry(long seconds) {
    expirySeconds = seconds;
    kept = seconds > 0;
    outbox.keep(kept);
  }

  void attach(Connection to, Login login, Inbound.Allowed allowed) {
    TopicAccess rules = allowed.topics();
    version5 = login.version5();
    access = rules;
    List<String> lost = new ArrayList<>();
    for (String filter : subscriptions.keySet()) {
      if (!rules.maySubscribe(inner(filter))) {
        lost.add(filter);
      }
    }
    if (!lost.isEmpty()) {
      LOG.info("{} may no longer hear {}", allowed.who().name(), lost);
      lost.forEach(this::unsubscribe);
      outbox.removeIf(publication -> !rules.maySubscribe(publication.topic));
    }
    Will last = login.will();
    will =
        kept && last != null && rules.mayPublish(last.topic())
            ? new Will.Left(last, allowed.who())
            : null;
    connection = to;
    outbox.attach(new Outgoing(to.transport(), login));
  }

  /// @return what was on its way, and is kept on the disk
  List<Delivery> detach(long nowMs) {
    connection = null;
    access = null;
    goneAt = nowMs;
    return outbox.detach();
  }

  // ---- messages for it

  /// Puts a message in the outbox; a client that does not take what must not be lost is ended.
  ///
  /// @return the delivery that has to be kept on the disk before the message is acknowledged
  @Nullable Delivery offer(Delivery delivery, Outbox.Kept message) {
    return switch (tryOffer(delivery, message)) {
      case TAKEN_TO_KEEP -> delivery;
      case TAKEN, NOBODY -> null;
      case NO_ROOM -> {
        broker.meters().dropped(BrokerMeters.SLOW_SUBSCRIBER);
        yield null;
      }
      case QUEUE_FULL -> {
        broker.meters().dropped(BrokerMeters.QUEUE_FULL);
        yield null;
      }
      case FULL -> {
        Connection slow = connection;
        if (slow != null && outbox.overflow()) {
          broker.meters().slowSubscriber();
          slow.endSoon(Packets.QUOTA_EXCEEDED);
        }
        yield null;
      }
    };
  }

  Outbox.Offered tryOffer(Delivery delivery, Outbox.Kept message) {
    Outbox.Offered offered = outbox.offer(delivery, message);
    if (offered == Outbox.Offered.TAKEN || offered == Outbox.Offered.TAKEN_TO_KEEP) {
      wake();
    }
    return offered;
  }

  /// How soon it would send a message.
  enum Readiness {
    AT_ONCE,
    /// When its client has taken others.
    SOON,
    AWAY
  }

  Readiness readiness() {
    if (outbox.idle()) {
      return Readiness.AT_ONCE;
    }
    return connection == null ? Readiness.AWAY : Readiness.SOON;
  }

  /// Makes its connection look at the outbox soon.
  void wake() {
    Connection present = connection;
    if (present != null) {
      present.wake();
    }
  }

  void withdraw(Delivery delivery) {
    outbox.withdraw(delivery);
  }

  void queueFull(int messages, long bytes) {
    LOG.warn(
        "session {} of {} is full ({} messages, {} bytes): new messages for it are dropped",
        key.clientId(),
        key.owner(),
        messages,
        bytes);
  }

  // ---- subscriptions

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
    boolean first = enter(filter, subscription);
    if (kept) {
      saving = broker.store().subscribed(id, filter, Optional.of(subscription));
    }
    boolean replay =
        switch (option.retainHandling()) {
          case SEND_AT_SUBSCRIBE -> true;
          case SEND_AT_SUBSCRIBE_IF_NOT_YET_EXISTS -> first;
          case DONT_SEND_AT_SUBSCRIBE -> false;
        };
    if (replay && !isShared(filter)) {
      replays.add(filter, subscription);
    }
    return qos;
  }

  /// Why a filter is not granted, or success.
  private int refusal(String filter) {
    MqttSettings settings = broker.settings();
    String inner = inner(filter);
    if (filter.length() > settings.topicLength()
        || !Topics.isFilter(inner, settings.topicLength(), settings.topicLevels())) {
      return Packets.FILTER_INVALID;
    }
    TopicAccess rules = access;
    if (rules == null || !rules.maySubscribe(inner)) {
      broker.meters().denied();
      return Packets.NOT_AUTHORIZED;
    }
    return !subscriptions.containsKey(filter) && subscriptions.size() >= settings.subscriptions()
        ? Packets.QUOTA_EXCEEDED
        : Packets.SUCCESS;
  }

  static boolean isShared(String filter) {
    return filter.startsWith(SharedGroup.PREFIX);
  }

  /// What a filter filters; empty, which no filter is, for a shared one that is not written well.
  private static String inner(String filter) {
    if (!isShared(filter)) {
      return filter;
    }
    String inner = SharedGroup.inner(filter);
    return inner == null ? "" : inner;
  }

  /// @return whether there was no such subscription
  boolean enter(String filter, Subscription subscription) {
    if (isShared(filter)) {
      broker.join(filter, inner(filter), this, subscription);
    } else {
      broker.subscriptions().put(filter, this, subscription);
    }
    return subscriptions.put(filter, subscription) == null;
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
                    new Delivery(
                        this,
                        publication,
                        Math.min(publication.qos, subscription.qos()),
                        true,
                        identifiers,
                        null)));
    return outbox.replaying() <= 2 * broker.settings().retainedMessages();
  }

  /// @return whether there was such a subscription
  boolean unsubscribe(String filter) {
    boolean had = subscriptions.remove(filter) != null;
    if (had) {
      leave(filter);
      if (kept) {
        saving = broker.store().subscribed(id, filter, Optional.empty());
      }
    }
    return had;
  }

  private void leave(String filter) {
    if (isShared(filter)) {
      broker.leave(filter, inner(filter), this);
    } else {
      broker.subscriptions().remove(filter, this);
    }
  }

  /// Completes when all changes of subscriptions are on the disk; null for nothing to wait for.
  @Nullable CompletableFuture<Void> saving() {
    return saving;
  }

  /// Takes it out of everything that the broker knows. What members of a shared subscription may
  /// take instead goes to them; a message that may have arrived and must not arrive twice does not.
  void end() {
    subscriptions.keySet().forEach(this::leave);
    subscriptions.clear();
    for (Delivery left : outbox.close()) {
      SharedGroup share = left.share;
      if (share != null && left.qos > 0 && !(left.qos == 2 && left.sent)) {
        broker.handOn(left.publication.withQos(left.qos), share.filter());
      }
    }
  }

  /// Subscriptions whose retained messages are wanted once the client has its answer.
  interface Replays {
    void add(String filter, Subscription subscription);
  }
}
