package io.vatio.protocol.mqtt;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// Clients that share a subscription (`$share/name/filter`): each message goes to one of them.
///
/// They take turns: first those that can take the message at once, then those that are connected
/// and let it wait, and only then those that are away and may never come back. What none of them
/// has room for is lost, and counted once. Thread safe.
final class SharedGroup implements Subscriber {
  static final String PREFIX = "$share/";

  private final String filter;
  private final List<Member> members = new CopyOnWriteArrayList<>();
  private final AtomicInteger turn = new AtomicInteger();
  private final BrokerMeters meters;

  SharedGroup(String filter, BrokerMeters meters) {
    this.filter = filter;
    this.meters = meters;
  }

  /// What a shared subscription filters, null when it is not written as one.
  static @Nullable String inner(String filter) {
    int slash = filter.indexOf('/', PREFIX.length());
    if (slash <= PREFIX.length() || slash == filter.length() - 1) {
      return null;
    }
    String name = filter.substring(PREFIX.length(), slash);
    return name.indexOf('+') >= 0 || name.indexOf('#') >= 0 ? null : filter.substring(slash + 1);
  }

  /// The whole filter, as its members wrote it.
  String filter() {
    return filter;
  }

  void put(Session session, Subscription subscription) {
    remove(session);
    members.add(new Member(session, subscription));
  }

  void remove(Session session) {
    members.removeIf(member -> member.session == session);
  }

  boolean isEmpty() {
    return members.isEmpty();
  }

  /// Gives a message to one of the members.
  ///
  /// @return the delivery that has to be kept on the disk before the message is acknowledged
  @Nullable Delivery offer(Publication publication, Outbox.Kept message) {
    List<Member> present = List.copyOf(members);
    int first = present.isEmpty() ? 0 : Math.floorMod(turn.getAndIncrement(), present.size());
    String loss = null;
    for (Session.Readiness wanted : Session.Readiness.values()) {
      for (int i = 0; i < present.size(); i++) {
        Member member = present.get((first + i) % present.size());
        if (member.session.readiness() != wanted) {
          continue;
        }
        Delivery delivery = member.delivery(publication, this);
        switch (member.session.tryOffer(delivery, message)) {
          case TAKEN -> {
            return null;
          }
          case TAKEN_TO_KEEP -> {
            return delivery;
          }
          // The next one, perhaps.
          case QUEUE_FULL -> loss = BrokerMeters.QUEUE_FULL;
          case NO_ROOM, FULL -> loss = loss == null ? BrokerMeters.SLOW_SUBSCRIBER : loss;
          case NOBODY -> {}
        }
      }
    }
    if (loss != null) {
      meters.dropped(loss);
    }
    return null;
  }

  private record Member(Session session, Subscription subscription) {
    Delivery delivery(Publication publication, SharedGroup share) {
      return new Delivery(
          session,
          publication,
          Math.min(publication.qos, subscription.qos()),
          publication.retain && subscription.retainAsPublished(),
          subscription.identifier() == 0 ? null : new int[] {subscription.identifier()},
          share);
    }
  }
}
