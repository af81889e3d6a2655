package io.vatio.protocol.mqtt;

import io.netty.channel.EventLoop;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.vatio.ingest.Inbox;
import io.vatio.ingest.Origin;
import io.vatio.ingest.RawMessage;
import io.vatio.ingest.Receipt;
import io.vatio.kernel.Authenticator;
import io.vatio.kernel.Principal;
import io.vatio.platform.text.Messages;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// What all connections share. Thread safe.
final class Broker {
  private static final Subscription SHARED = new Subscription(2, false, false, 0);

  private final MqttSettings settings;
  private final Inbox inbox;
  private final Authenticator authenticator;
  private final Messages messages;
  private final Clock clock;
  private final RetainedMessages retained;
  private final SessionStore store;
  private final Sessions sessions;
  private final BrokerMeters meters;
  private final IngestBudget budget;
  private final AddressGate addresses;
  private final BiPredicate<Principal, String> sees;
  private final Quota devices;
  private final QueueBudget queues;

  private final SubscriptionTree<Subscriber, Subscription> subscriptions = new SubscriptionTree<>();
  private final Map<String, SharedGroup> groups = new ConcurrentHashMap<>();
  private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
  private final Map<EventLoop, LoopWaker> wakers = new ConcurrentHashMap<>();
  private final AtomicLong revocations = new AtomicLong();

  Broker(
      MqttSettings settings,
      EmbeddedBroker.Parts parts,
      RetainedMessages retained,
      SessionStore store) {
    this.settings = settings;
    this.inbox = parts.inbox();
    this.authenticator = parts.authenticator();
    this.messages = parts.messages();
    this.clock = parts.clock();
    this.sees = parts.sees();
    this.retained = retained;
    this.store = store;
    this.meters = new BrokerMeters(parts.meters());
    this.addresses = new AddressGate(settings.door());
    this.devices = new Quota(settings.door().sessions());
    this.budget = new IngestBudget(settings.ingestMessages(), settings.ingestBytes());
    SessionSettings limits = settings.sessions();
    this.queues = new QueueBudget(limits.allMessages(), limits.allBytes());
    this.sessions = new Sessions(this, store);
    meters.sessions(sessions, queues);
  }

  /// Which topics somebody may use.
  TopicAccess access(Principal who, String clientId) {
    return TopicAccess.of(who, clientId, inbox::wants, serial -> sees.test(who, serial));
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

  SessionStore store() {
    return store;
  }

  Sessions sessions() {
    return sessions;
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

  QueueBudget queues() {
    return queues;
  }

  SubscriptionTree<Subscriber, Subscription> subscriptions() {
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

  /// Enters a connection of which is known who it is.
  void enter(Connection connection) {
    connections.add(connection);
  }

  void leave(Connection connection) {
    connections.remove(connection);
  }

  /// Ends the connections of everybody whom the question singles out.
  void disconnect(Predicate<Principal> who, int reason) {
    revocations.incrementAndGet();
    for (Connection connection : connections) {
      Principal principal = connection.principal();
      if (principal != null && who.test(principal)) {
        connection.endSoon(reason);
      }
    }
  }

  // ---- shared subscriptions

  /// The members of a shared subscription; of nobody's when there are none.
  SharedGroup group(String filter) {
    SharedGroup group = groups.get(filter);
    return group == null ? new SharedGroup(filter, meters) : group;
  }

  /// @param inner what the group hears
  void join(String filter, String inner, Session session, Subscription subscription) {
    groups.compute(
        filter,
        (_, present) -> {
          SharedGroup group = present;
          if (group == null) {
            group = new SharedGroup(filter, meters);
            subscriptions.put(inner, group, SHARED);
          }
          group.put(session, subscription);
          return group;
        });
  }

  void leave(String filter, String inner, Session session) {
    groups.computeIfPresent(
        filter,
        (_, group) -> {
          group.remove(session);
          if (group.isEmpty()) {
            subscriptions.remove(inner, group);
            return null;
          }
          return group;
        });
  }

  /// Gives a message that a member did not finish to another.
  void handOn(Publication publication, String filter) {
    Delivery delivery = group(filter).offer(publication, new Once(publication));
    if (delivery != null) {
      store.queue(List.of(delivery), null);
    }
  }

  // ---- messages to subscribers

  /// Who gets a message of this topic, each once.
  ///
  /// @param publisher for whom "not what I published" counts; null = the server itself
  Route[] routes(String topic, @Nullable Session publisher) {
    Map<Subscriber, List<Subscription>> found = new LinkedHashMap<>();
    subscriptions.match(
        Topics.levels(topic),
        (subscriber, subscription) -> {
          if (subscriber != publisher || !subscription.noLocal()) {
            found.computeIfAbsent(subscriber, _ -> new ArrayList<>(2)).add(subscription);
          }
        });
    Route[] routes = new Route[found.size()];
    int i = 0;
    for (Map.Entry<Subscriber, List<Subscription>> entry : found.entrySet()) {
      routes[i++] = merge(entry.getKey(), entry.getValue());
    }
    return routes;
  }

  private static Route merge(Subscriber subscriber, List<Subscription> subscriptions) {
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
    return new Route(subscriber, qos, retainAsPublished, Arrays.copyOf(identifiers, count));
  }

  /// Gives a message to its subscribers.
  ///
  /// @param received what its publisher is not to send twice, null for none
  /// @return completes when it is on the disk for all who are to get it even if they are away;
  ///     null when there are none
  @Nullable CompletableFuture<Void> deliver(
      Publication publication, Route[] routes, SessionBatch.@Nullable PacketKey received) {
    Once message = new Once(publication);
    List<Delivery> keep = List.of();
    for (Route route : routes) {
      Delivery delivery =
          switch (route.subscriber()) {
            // On the disk it is another one: a member may hear the same message for itself as well.
            case SharedGroup group -> group.offer(publication, new Once(publication));
            case Session session ->
                session.offer(
                    new Delivery(
                        session,
                        publication,
                        Math.min(publication.qos, route.qos()),
                        publication.retain && route.retainAsPublished(),
                        route.identifiers(),
                        null),
                    message);
          };
      if (delivery != null) {
        keep = keep.isEmpty() ? new ArrayList<>() : keep;
        keep.add(delivery);
      }
    }
    return keep.isEmpty() && received == null ? null : store.queue(keep, received);
  }

  /// Publishes what a client left to be said, when nobody waits for an answer any more.
  void publish(Will.Left left) {
    Will will = left.will();
    String owner = Key.owner(left.sender());
    boolean forgets = will.retain() && will.payload().length == 0;
    if (inbox.wants(will.topic()) && !forgets) {
      inbox
          .accept(
              RawMessage.of(
                  Origin.MQTT, will.topic(), will.payload(), clock.instant(), left.sender()))
          .thenAccept(
              receipt -> {
                if (receipt instanceof Receipt.Stored) {
                  route(will, owner);
                }
              });
    } else {
      route(will, owner);
    }
  }

  private void route(Will will, String owner) {
    Publication publication = will.publication(clock.millis());
    if (will.retain()) {
      retained.put(publication, owner);
    }
    deliver(publication, routes(will.topic(), null), null);
  }

  /// When a message with these properties is of no use any more, milliseconds since 1970.
  long expiry(MqttProperties properties) {
    long seconds =
        PublishProperties.unsigned(properties, MqttProperties.PUBLICATION_EXPIRY_INTERVAL, -1);
    return seconds < 0 ? Publication.FOREVER : clock.millis() + seconds * 1_000;
  }

  /// The message on the disk, made when the first needs it.
  private final class Once implements Outbox.Kept {
    private final Publication publication;
    private @Nullable QueuedMessage message;

    Once(Publication publication) {
      this.publication = publication;
    }

    @Override
    public QueuedMessage get() {
      QueuedMessage present = message;
      if (present == null) {
        present = store.newMessage(publication);
        message = present;
      }
      return present;
    }
  }

  /// A client id belongs to whoever uses it: the same one of another owner is another session.
  record Key(String owner, String clientId) {

    static Key of(Principal principal, String clientId) {
      return new Key(owner(principal), clientId);
    }

    /// The same for everything that a principal owns.
    static String owner(Principal principal) {
      return switch (principal) {
        case Principal.Device device -> "device:" + device.id();
        case Principal.User user -> "user:" + user.id();
        case Principal.ApiKey key -> "key:" + key.id();
        case Principal.Trusted trusted -> trusted.name();
        case Principal.Broker other -> other.name();
        case Principal.Anonymous anonymous -> anonymous.name();
      };
    }
  }
}
