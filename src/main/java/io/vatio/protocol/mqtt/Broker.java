package io.vatio.protocol.mqtt;

import io.netty.channel.EventLoop;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.vatio.ingest.Inbox;
import io.vatio.kernel.Authenticator;
import io.vatio.kernel.Principal;
import io.vatio.platform.text.Messages;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// What all connections share. Thread safe.
final class Broker {
  private final MqttSettings settings;
  private final Inbox inbox;
  private final Authenticator authenticator;
  private final Messages messages;
  private final Clock clock;
  private final RetainedMessages retained;
  private final BrokerMeters meters;
  private final IngestBudget budget;
  private final AddressGate addresses;
  private final Quota devices;

  private final SubscriptionTree<Session, Subscription> subscriptions = new SubscriptionTree<>();
  private final Map<Key, Connection> connections = new ConcurrentHashMap<>();
  private final Map<EventLoop, LoopWaker> wakers = new ConcurrentHashMap<>();
  private final AtomicLong revocations = new AtomicLong();

  Broker(MqttSettings settings, EmbeddedBroker.Parts parts, RetainedMessages retained) {
    this.settings = settings;
    this.inbox = parts.inbox();
    this.authenticator = parts.authenticator();
    this.messages = parts.messages();
    this.clock = parts.clock();
    this.retained = retained;
    this.meters = new BrokerMeters(parts.meters());
    this.addresses = new AddressGate(settings.door());
    this.devices = new Quota(settings.door().sessions());
    this.budget = new IngestBudget(settings.ingestMessages(), settings.ingestBytes());
  }

  MqttSettings settings() {
    return settings;
  }

  Inbox inbox() {
    return inbox;
  }

  Authenticator authenticator() {
    return authenticator;
  }

  Messages messages() {
    return messages;
  }

  Clock clock() {
    return clock;
  }

  RetainedMessages retained() {
    return retained;
  }

  BrokerMeters meters() {
    return meters;
  }

  IngestBudget budget() {
    return budget;
  }

  AddressGate addresses() {
    return addresses;
  }

  /// The connections of each device.
  Quota devices() {
    return devices;
  }

  SubscriptionTree<Session, Subscription> subscriptions() {
    return subscriptions;
  }

  /// Wakes the connections of an event loop.
  LoopWaker waker(EventLoop loop) {
    return wakers.computeIfAbsent(loop, LoopWaker::new);
  }

  /// Grows whenever a device loses its access: who was authenticated before asks again.
  long revocations() {
    return revocations.get();
  }

  /// Enters a connection; an older one of the same client and the same owner ends.
  void enter(Key key, Connection connection) {
    Connection older = connections.put(key, connection);
    if (older != null && older != connection) {
      older.endSoon(Packets.TAKEN_OVER);
    }
  }

  void leave(Key key, Connection connection) {
    connections.remove(key, connection);
  }

  /// Ends the connections of everybody whom the question singles out.
  void disconnect(Predicate<Principal> who, int reason) {
    revocations.incrementAndGet();
    for (Connection connection : connections.values()) {
      Principal principal = connection.principal();
      if (principal != null && who.test(principal)) {
        connection.endSoon(reason);
      }
    }
  }

  /// Who gets a message of this topic, each once.
  ///
  /// @param publisher for whom "not what I published" counts; null = the server itself
  Route[] routes(String topic, @Nullable Session publisher) {
    Map<Session, List<Subscription>> found = new LinkedHashMap<>();
    subscriptions.match(
        Topics.levels(topic),
        (session, subscription) -> {
          if (session != publisher || !subscription.noLocal()) {
            found.computeIfAbsent(session, _ -> new ArrayList<>(2)).add(subscription);
          }
        });
    Route[] routes = new Route[found.size()];
    int i = 0;
    for (Map.Entry<Session, List<Subscription>> entry : found.entrySet()) {
      routes[i++] = merge(entry.getKey(), entry.getValue());
    }
    return routes;
  }

  private static Route merge(Session session, List<Subscription> subscriptions) {
    int qos = 0;
    boolean retainAsPublished = false;
    int[] identifiers = new int[subscriptions.size()];
    int count = 0;
    for (Subscription subscription : subscriptions) {
      qos = Math.max(qos, subscription.qos());
      retainAsPublished |= subscription.retainAsPublished();
      if (subscription.identifier() > 0) {
        identifiers[count++] = subscription.identifier();
      }
    }
    return new Route(session, qos, retainAsPublished, Arrays.copyOf(identifiers, count));
  }

  /// Gives a message to its subscribers.
  void deliver(Publication publication, Route[] routes) {
    for (Route route : routes) {
      route
          .session()
          .offer(
              new Outbox.Delivery(
                  publication,
                  Math.min(publication.qos, route.qos()),
                  publication.retain && route.retainAsPublished(),
                  route.identifiers()));
    }
  }

  /// When a message with these properties is of no use any more, milliseconds since 1970.
  long expiry(MqttProperties properties) {
    int seconds =
        PublishProperties.integer(properties, MqttProperties.PUBLICATION_EXPIRY_INTERVAL, -1);
    boolean given = properties.getProperty(MqttProperties.PUBLICATION_EXPIRY_INTERVAL) != null;
    return given ? clock.millis() + Integer.toUnsignedLong(seconds) * 1_000 : Publication.FOREVER;
  }

  /// A client id belongs to whoever uses it: the same one of another owner is another session.
  record Key(String owner, String clientId) {

    static Key of(Principal principal, String clientId) {
      return new Key(
          switch (principal) {
            case Principal.Device device -> "device:" + device.id();
            case Principal.User user -> "user:" + user.id();
            case Principal.ApiKey key -> "key:" + key.id();
            case Principal.Trusted trusted -> trusted.name();
            case Principal.Broker other -> other.name();
            case Principal.Anonymous anonymous -> anonymous.name();
          },
          clientId);
    }
  }
}
