package io.vatio.protocol.mqtt;

import io.vatio.platform.db.Database;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Sessions and what waits for them, on the disk.
///
/// Memory is the truth while the server runs; one thread writes what has changed since its last
/// commit, so many messages share one. Whoever promised something waits for the commit; what only
/// tidies up waits a moment for company. A message that is acknowledged by its receiver before its
/// row was written is never written. When storage fails, whoever waits hears of it, messages that
/// were to be queued are given back, and everything else is tried again until it works. Thread
/// safe.
final class SessionStore implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SessionStore.class);

  /// So that one commit does not hold up the readings for long.
  private static final int BATCH = 2_000;

  private static final long LAZY_MS = 200;
  private static final long RETRY_MS = 1_000;

  private final Database database;
  private final SessionTables tables;
  private final AtomicLong lastSession;
  private final AtomicLong lastMessage;
  private final Thread writer;

  private final Lock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  // Under the lock.
  private final ArrayDeque<SessionBatch> full = new ArrayDeque<>();
  private SessionBatch batch = new SessionBatch();
  private boolean closed;

  private SessionStore(Database database, SessionTables tables, SessionTables.Newest newest) {
    this.database = database;
    this.tables = tables;
    this.lastSession = new AtomicLong(newest.session());
    this.lastMessage = new AtomicLong(newest.message());
    this.writer = Thread.ofPlatform().daemon().name("mqtt-sessions").unstarted(this::run);
  }

  /// Removes what nobody needs and starts the writing thread. Blocks.
  static SessionStore open(Database database) {
    SessionTables tables = new SessionTables();
    SessionStore store = new SessionStore(database, tables, database.write(tables::tidy));
    store.writer.start();
    return store;
  }

  /// What was kept, for the start. Blocks.
  SessionTables.Kept load() {
    return database.read(tables::load);
  }

  long newSessionId() {
    return lastSession.incrementAndGet();
  }

  QueuedMessage newMessage(Publication publication) {
    return new QueuedMessage(lastMessage.incrementAndGet(), publication);
  }

  /// @param urgent whether somebody waits for it
  CompletableFuture<Void> save(SessionBatch.SessionRow row, boolean urgent) {
    return change(b -> b.sessions.put(row.id(), row), urgent);
  }

  CompletableFuture<Void> delete(long session) {
    return change(
        b -> {
          b.sessions.remove(session);
          b.ended.add(session);
        },
        true);
  }

  CompletableFuture<Void> subscribed(long session, String filter, Optional<Subscription> now) {
    return change(
        b -> b.subscriptions.put(new SessionBatch.SubscriptionKey(session, filter), now), true);
  }

  /// Keeps one message for all who have to get it, and the packet id with which it came.
  ///
  /// @param received null for a message that may come twice
  CompletableFuture<Void> queue(
      Collection<Delivery> deliveries, SessionBatch.@Nullable PacketKey received) {
    return change(
        b -> {
          for (Delivery delivery : deliveries) {
            // It may have been sent and acknowledged on another thread already.
            if (delivery.row == Delivery.Row.NONE) {
              delivery.row = Delivery.Row.PENDING;
              delivery.batch = b;
              message(delivery).rows++;
              b.queued.add(delivery);
            }
          }
          if (received != null) {
            b.received.put(received, true);
          }
        },
        true);
  }

  /// The message was on its way when its connection ended.
  void sent(Delivery delivery) {
    change(b -> state(b, delivery, SessionTables.SENT), false);
  }

  /// The client has the message and is owed the release of its packet id.
  CompletableFuture<Void> released(Delivery delivery) {
    return change(b -> state(b, delivery, SessionTables.RELEASED), true);
  }

  private static void state(SessionBatch b, Delivery delivery, int state) {
    if (delivery.row != Delivery.Row.GONE) {
      b.states.put(delivery, state);
    }
  }

  /// Nobody needs the message any more.
  void done(Delivery delivery) {
    change(
        b -> {
          SessionBatch pending = delivery.batch;
          Delivery.Row before = delivery.row;
          delivery.row = Delivery.Row.GONE;
          delivery.batch = null;
          if (before == Delivery.Row.NONE || before == Delivery.Row.GONE) {
            return;
          }
          if (pending != null) {
            pending.queued.remove(delivery);
            pending.states.remove(delivery);
          } else {
            b.states.remove(delivery);
            b.done.add(delivery);
          }
          QueuedMessage message = message(delivery);
          if (--message.rows == 0 && message.written) {
            b.doneMessages.add(message.id);
          }
        },
        false);
  }

  private static QueuedMessage message(Delivery delivery) {
    QueuedMessage message = delivery.kept;
    if (message == null) {
      throw new IllegalStateException("not a message to keep");
    }
    return message;
  }

  /// The packet id of a QoS 2 message is the client's to use again.
  CompletableFuture<Void> free(SessionBatch.PacketKey received) {
    return change(b -> b.received.put(received, false), true);
  }

  private CompletableFuture<Void> change(Change change, boolean urgent) {
    lock.lock();
    try {
      change.in(batch);
      CompletableFuture<Void> saved = batch.saved;
      if (urgent && !batch.urgent) {
        batch.urgent = true;
        changed.signal();
      }
      if (batch.size() >= BATCH) {
        full.add(batch);
        batch = new SessionBatch();
        changed.signal();
      }
      return saved;
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    for (SessionBatch next = take(); next != null; next = take()) {
      try {
        SessionBatch work = next;
        if (!work.isEmpty()) {
          database.write(handle -> tables.write(handle, work));
        }
        for (Delivery delivery : work.queued) {
          delivery.stored = true;
          if (delivery.qos == 2) {
            delivery.session.wake();
          }
        }
        work.saved.complete(null);
      } catch (RuntimeException | Error e) {
        // This thread must not end while somebody waits for it.
        LOG.warn("changes of MQTT sessions not saved yet: {}", e.getMessage());
        next.saved.completeExceptionally(e);
        if (!keepForLater(next)) {
          LOG.error("stopped with unsaved MQTT sessions");
          return;
        }
      }
    }
  }

  /// Waits for changes; null once closed and everything is saved.
  private @Nullable SessionBatch take() {
    lock.lock();
    try {
      while (full.isEmpty() && batch.isEmpty() && !batch.urgent && !closed) {
        changed.awaitUninterruptibly();
      }
      long left = TimeUnit.MILLISECONDS.toNanos(LAZY_MS);
      while (full.isEmpty() && !batch.urgent && !closed && left > 0) {
        left = changed.awaitNanos(left);
      }
      SessionBatch taken = full.poll();
      if (taken == null) {
        if (closed && batch.isEmpty() && !batch.urgent) {
          return null;
        }
        taken = batch;
        batch = new SessionBatch();
      }
      for (Delivery delivery : taken.queued) {
        delivery.row = Delivery.Row.WRITTEN;
        delivery.batch = null;
        message(delivery).written = true;
      }
      return taken;
    } catch (InterruptedException e) {
      return null;
    } finally {
      lock.unlock();
    }
  }

  /// Gives queued messages back and merges the rest into what comes next.
  ///
  /// @return whether to go on
  private boolean keepForLater(SessionBatch failed) {
    lock.lock();
    try {
      for (Delivery delivery : failed.queued) {
        if (delivery.row == Delivery.Row.WRITTEN) {
          delivery.row = Delivery.Row.GONE;
        }
      }
      (full.isEmpty() ? batch : full.peek()).addOlder(failed);
      if (closed) {
        return false;
      }
      long left = TimeUnit.MILLISECONDS.toNanos(RETRY_MS);
      while (left > 0 && !closed) {
        left = changed.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      return false;
    } finally {
      lock.unlock();
    }
    failed.queued.forEach(delivery -> delivery.session.withdraw(delivery));
    return true;
  }

  /// Saves what is left, then ends. Blocks.
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    try {
      writer.join(TimeUnit.SECONDS.toMillis(10));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @FunctionalInterface
  private interface Change {
    void in(SessionBatch batch);
  }
}
