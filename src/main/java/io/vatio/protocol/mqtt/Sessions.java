package io.vatio.protocol.mqtt;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// All sessions, who is connected to which, and when they end. Thread safe; one lock.
final class Sessions {
  private static final Logger LOG = LoggerFactory.getLogger(Sessions.class);

  private final Broker broker;
  private final SessionStore store;
  private final SessionSettings settings;

  private final Lock lock = new ReentrantLock();
  private final Condition left = lock.newCondition();

  // Under the lock.
  private final Map<Broker.Key, Session> sessions = new HashMap<>();
  private final Map<Broker.Key, Waiting> successors = new HashMap<>();
  private final Set<Session> away = new LinkedHashSet<>();
  private final Map<String, Integer> keptOf = new HashMap<>();
  private int kept;
  private int connected;

  Sessions(Broker broker, SessionStore store) {
    this.broker = broker;
    this.store = store;
    this.settings = broker.settings().sessions();
  }

  /// Takes over what the last server left.
  void restore(SessionTables.Kept rows) {
    lock.lock();
    try {
      long now = broker.clock().millis();
      Map<Long, Session> byId = new HashMap<>();
      Set<Long> interrupted = new LinkedHashSet<>();
      for (SessionBatch.SessionRow row : rows.sessions()) {
        Session session = new Session(broker, row.key(), row.id(), row.createdAt());
        Long goneAt = row.goneAt();
        if (goneAt == null) {
          interrupted.add(row.id());
        }
        session.detach(goneAt == null ? now : goneAt);
        session.expiry(Math.min(row.expirySeconds(), settings.longest().toSeconds()));
        String will = row.will();
        session.will(will == null ? null : Will.read(will));
        byId.put(row.id(), session);
        sessions.put(row.key(), session);
        session.markStored();
        session.markKnown();
        away.add(session);
        count(session, 1);
      }
      rows.subscriptions()
          .forEach(
              (key, subscription) -> {
                Session session = byId.get(key.session());
                if (session != null) {
                  session.enter(key.filter(), subscription);
                }
              });
      for (SessionTables.Waiting row : rows.queue()) {
        Session session = byId.get(row.session());
        QueuedMessage message = rows.messages().get(row.message());
        if (session != null && message != null) {
          session.outbox().restore(delivery(session, message, row, interrupted));
        }
      }
      for (SessionBatch.PacketKey row : rows.received()) {
        Session session = byId.get(row.session());
        if (session != null) {
          session.received().restore(row.packetId());
        }
      }
      if (!byId.isEmpty()) {
        LOG.info("{} MQTT sessions with {} messages", byId.size(), rows.queue().size());
      }
    } finally {
      lock.unlock();
    }
  }

  private Delivery delivery(
      Session session, QueuedMessage message, SessionTables.Waiting row, Set<Long> interrupted) {
    Delivery delivery =
        new Delivery(
            session,
            message.publication,
            row.qos(),
            row.retain(),
            row.identifiers(),
            row.share().isEmpty() ? null : broker.group(row.share()));
    delivery.kept = message;
    delivery.packetId = row.packetId();
    delivery.row = Delivery.Row.WRITTEN;
    // Nobody noted what was sent when the server died in the middle of it.
    delivery.sent = row.state() > 0 || interrupted.contains(row.session());
    delivery.released = row.state() == SessionTables.RELEASED;
    message.rows++;
    return delivery;
  }

  /// Finds or makes the session of a client that has logged in. An older connection of it is ended
  /// first; the newest of several that wait gets it.
  ///
  /// @param ready called on any thread, perhaps before this returns
  void open(Connection connection, Login login, Inbound.Allowed allowed, Consumer<Opened> ready) {
    Waiting wants =
        new Waiting(
            connection, login, Broker.Key.of(allowed.who(), login.clientId()), allowed, ready);
    Opened opened;
    List<Will.Left> due = new ArrayList<>();
    lock.lock();
    try {
      Session session = sessions.get(wants.key());
      Connection older = session == null ? null : session.connection();
      if (older != null) {
        Waiting before = successors.put(wants.key(), wants);
        if (before != null) {
          before.connection().endSoon(Packets.TAKEN_OVER);
        }
        older.endSoon(Packets.TAKEN_OVER);
        return;
      }
      opened = attach(session, wants, due);
    } finally {
      lock.unlock();
    }
    due.forEach(broker::publish);
    ready.accept(opened);
  }

  private Opened attach(@Nullable Session found, Waiting wants, List<Will.Left> due) {
    Session session = found;
    CompletableFuture<Void> saved = null;
    if (session != null && wants.login().cleanStart()) {
      saved = end(session, due);
      session = null;
    }
    boolean present = session != null;
    long seconds = Math.min(wants.login().expirySeconds(), settings.longest().toSeconds());
    if (session == null) {
      seconds = seconds > 0 && makeRoom(wants.key().owner(), due) ? seconds : 0;
      session = new Session(broker, wants.key(), store.newSessionId(), broker.clock().millis());
      session.expiry(seconds);
      sessions.put(wants.key(), session);
      count(session, 1);
    } else {
      away.remove(session);
      count(session, -1);
      session.expiry(seconds);
      count(session, 1);
    }
    session.attach(wants.connection(), wants.login(), wants.allowed());
    connected++;
    if (present) {
      store.save(session.row(), false);
    } else if (session.kept()) {
      session.markStored();
      saved = store.save(session.row(), true);
    }
    return new Opened(session, present, saved);
  }

  /// Whether one more session may be kept. An owner's own that is away for longest gives way.
  private boolean makeRoom(String owner, List<Will.Left> due) {
    if (keptOf.getOrDefault(owner, 0) >= settings.sessionsPerOwner()) {
      away.stream()
          .filter(session -> session.key().owner().equals(owner))
          .min(
              Comparator.comparingLong(
                  session -> session.endsAt() - session.expirySeconds() * 1_000))
          .ifPresent(
              oldest -> {
                LOG.info(
                    "{} has too many MQTT sessions: {} is ended", owner, oldest.key().clientId());
                end(oldest, due);
              });
    }
    boolean room =
        keptOf.getOrDefault(owner, 0) < settings.sessionsPerOwner() && kept < settings.sessions();
    if (!room) {
      broker.meters().dropped("too_many_sessions");
    }
    return room;
  }

  private void count(Session session, int by) {
    if (session.kept()) {
      kept += by;
      keptOf.merge(session.key().owner(), by, (a, b) -> a + b == 0 ? null : a + b);
    }
  }

  /// A client says, at its end, how long its session is to be kept.
  ///
  /// @return false when that is not allowed
  boolean expire(Session session, long seconds) {
    lock.lock();
    try {
      if (session.expirySeconds() == 0 && seconds > 0) {
        return false;
      }
      count(session, -1);
      session.expiry(Math.min(seconds, settings.longest().toSeconds()));
      count(session, 1);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /// A connection has ended.
  ///
  /// @param will what it leaves to be said, null for nothing
  /// @return what is to be said at once, null for nothing
  @Nullable Will left(Session session, Connection connection, @Nullable Will will) {
    Will atOnce = null;
    List<Will.Left> due = new ArrayList<>();
    Waiting next;
    Opened opened = null;
    lock.lock();
    try {
      if (session.connection() != connection) {
        return null;
      }
      connected--;
      Will.Left noted = session.will();
      List<Delivery> sent = session.detach(broker.clock().millis());
      boolean stays = session.kept() && session.known();
      boolean later = will != null && noted != null && will.delaySeconds() > 0 && stays;
      if (!later) {
        session.will(null);
        atOnce = session.known() ? will : null;
      }
      if (stays) {
        away.add(session);
        sent.forEach(store::sent);
        store.save(session.row(), false);
      } else {
        end(session, due);
      }
      next = successors.remove(session.key());
      if (next != null) {
        opened = attach(sessions.get(session.key()), next, due);
      }
      left.signalAll();
    } finally {
      lock.unlock();
    }
    due.forEach(broker::publish);
    if (next != null && opened != null) {
      next.ready().accept(opened);
    }
    return atOnce;
  }

  /// A connection that waited for its session has ended.
  void gaveUp(Connection connection) {
    lock.lock();
    try {
      successors.values().removeIf(waiting -> waiting.connection() == connection);
    } finally {
      lock.unlock();
    }
  }

  private @Nullable CompletableFuture<Void> end(Session session, List<Will.Left> due) {
    Will.Left last = session.will();
    if (last != null) {
      due.add(last);
      session.will(null);
    }
    sessions.remove(session.key(), session);
    away.remove(session);
    count(session, -1);
    session.end();
    return session.stored() ? store.delete(session.id()) : null;
  }

  /// Says the wills that are due and ends the sessions whose time is over.
  void tick() {
    List<Will.Left> due = new ArrayList<>();
    lock.lock();
    try {
      long now = broker.clock().millis();
      for (Session session : List.copyOf(away)) {
        if (now >= session.endsAt()) {
          end(session, due);
        } else if (now >= session.willDueAt()) {
          Will.Left last = session.will();
          session.will(null);
          if (last != null) {
            due.add(last);
          }
          store.save(session.row(), false);
        }
      }
    } finally {
      lock.unlock();
    }
    due.forEach(broker::publish);
  }

  /// Ends the sessions of whoever does not exist any more, without a last word.
  void remove(Predicate<Broker.Key> whose) {
    lock.lock();
    try {
      for (Session session : List.copyOf(sessions.values())) {
        if (whose.test(session.key())) {
          session.will(null);
          Connection present = session.connection();
          if (present == null) {
            end(session, new ArrayList<>());
          } else {
            count(session, -1);
            session.expiry(0);
            present.endSoon(Packets.ADMINISTRATIVE);
          }
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /// How many are kept, connected or not.
  int kept() {
    lock.lock();
    try {
      return kept;
    } finally {
      lock.unlock();
    }
  }

  /// Waits until no connection has a session any more, so that all is known that is to be saved.
  void awaitAllLeft(long timeoutMs) {
    lock.lock();
    try {
      long nanos = TimeUnit.MILLISECONDS.toNanos(timeoutMs);
      while (connected > 0 && nanos > 0) {
        nanos = left.awaitNanos(nanos);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }

  /// A session that a connection has now.
  ///
  /// @param present whether it was there before
  /// @param saved completes when what the client is told is on the disk; null for nothing to wait
  /// for
  record Opened(Session session, boolean present, @Nullable CompletableFuture<Void> saved) {}

  private record Waiting(
      Connection connection,
      Login login,
      Broker.Key key,
      Inbound.Allowed allowed,
      Consumer<Opened> ready) {}
}
