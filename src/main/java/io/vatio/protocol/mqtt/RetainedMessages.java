package io.vatio.protocol.mqtt;

import io.vatio.kernel.Micros;
import io.vatio.platform.db.Database;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The newest retained message of each topic: in memory for subscribers, in the database for the
/// next start.
///
/// Memory changes at once; one thread writes what has changed since its last commit, the newest of
/// each topic only. When storage fails it tries again until it works, and whoever waited hears of
/// the failure. Thread safe.
final class RetainedMessages implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RetainedMessages.class);

  private static final CompletableFuture<Outcome> FULL =
      CompletableFuture.completedFuture(Outcome.FULL);
  private static final CompletableFuture<Outcome> KEPT =
      CompletableFuture.completedFuture(Outcome.KEPT);
  private static final long RETRY_MS = 1_000;

  /// Owner of what the server says itself.
  static final String SERVER = "";

  private static final String ALL =
      """
      SELECT topic, payload, qos, properties, expires_at, owner
        FROM mqtt_retained
      """;

  private static final String SAVE =
      """
      INSERT INTO mqtt_retained (topic, payload, qos, properties, expires_at, updated_at, owner)
      VALUES (:topic, :payload, :qos, :properties, :expiresAt, :now, :owner)
      ON CONFLICT (topic) DO UPDATE
         SET payload = excluded.payload, qos = excluded.qos, properties = excluded.properties,
             expires_at = excluded.expires_at, updated_at = excluded.updated_at,
             owner = excluded.owner
      """;

  private static final String DELETE = "DELETE FROM mqtt_retained WHERE topic = :topic";

  private static final String DELETE_EXPIRED =
      "DELETE FROM mqtt_retained WHERE expires_at IS NOT NULL AND expires_at <= :now";

  private final Database database;
  private final Clock clock;
  private final int maxMessages;
  private final long maxBytes;

  private final TopicTree<Kept> tree = new TopicTree<>();
  private final Lock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Thread writer;

  // Under the lock.
  private final Map<String, Share> shares = new HashMap<>();
  private int count;
  private long bytes;
  private Map<String, Change> unsaved = new LinkedHashMap<>();
  private boolean closed;

  private RetainedMessages(Database database, Clock clock, int maxMessages, long maxBytes) {
    this.database = database;
    this.clock = clock;
    this.maxMessages = maxMessages;
    this.maxBytes = maxBytes;
    this.writer = Thread.ofPlatform().daemon().name("mqtt-retained").unstarted(this::run);
  }

  /// Reads what was kept. Blocks.
  static RetainedMessages open(Database database, Clock clock, MqttSettings settings) {
    RetainedMessages messages =
        new RetainedMessages(
            database, clock, settings.retainedMessages(), settings.retainedBytes());
    long now = Micros.of(clock.instant());
    List<Kept> kept = database.read(handle -> load(handle, now));
    kept.forEach(messages::remember);
    messages.writer.start();
    return messages;
  }

  private static List<Kept> load(Handle handle, long now) {
    List<Kept> found = new ArrayList<>();
    handle
        .createQuery(ALL)
        .map(
            (row, _) -> {
              long expiry = row.getLong(5);
              return new Kept(
                  new Publication(
                      row.getString(1),
                      row.getBytes(2),
                      row.getInt(3),
                      true,
                      PublishProperties.read(row.getString(4)),
                      expiry == 0 ? Publication.FOREVER : expiry / 1_000),
                  row.getString(6));
            })
        .forEach(
            kept -> {
              if (!kept.publication().expired(now / 1_000)) {
                found.add(kept);
              }
            });
    return found;
  }

  /// Keeps a message as its topic's newest; one without payload forgets the topic's.
  ///
  /// @param owner whose it is: nobody but the server may keep more than is left free for the others
  /// @return completes on the writing thread once it is on the disk, exceptionally when storage
  ///     fails
  CompletableFuture<Outcome> put(Publication publication, String owner) {
    lock.lock();
    try {
      if (publication.payload.length == 0) {
        if (tree.find(publication.topic) == null) {
          return KEPT;
        }
        forget(publication.topic);
        return note(new Kept(publication, owner));
      }
      Kept wanted = new Kept(publication, owner);
      if (!fits(wanted)) {
        return FULL;
      }
      remember(wanted);
      return note(wanted);
    } finally {
      lock.unlock();
    }
  }

  /// Gives every kept message that the filter matches.
  void match(String filter, Consumer<Publication> found) {
    long now = clock.millis();
    List<Kept> expired = new ArrayList<>(0);
    tree.match(
        Topics.levels(filter),
        kept -> {
          if (kept.publication().expired(now)) {
            expired.add(kept);
          } else {
            found.accept(kept.publication());
          }
        });
    expired.forEach(this::drop);
  }

  /// How many are kept.
  int count() {
    lock.lock();
    try {
      return count;
    } finally {
      lock.unlock();
    }
  }

  private void drop(Kept expired) {
    String topic = expired.publication().topic;
    lock.lock();
    try {
      if (expired.equals(tree.find(topic))) {
        forget(topic);
        note(
            new Kept(
                new Publication(topic, new byte[0], 0, true, null, Publication.FOREVER),
                expired.owner()));
      }
    } finally {
      lock.unlock();
    }
  }

  private boolean fits(Kept wanted) {
    int size = wanted.publication().size;
    Kept before = tree.find(wanted.publication().topic);
    int more = before == null ? 1 : 0;
    long grown = bytes + size - (before == null ? 0 : before.publication().size);
    if (count + more > maxMessages || grown > maxBytes) {
      return false;
    }
    boolean own = before != null && before.owner().equals(wanted.owner());
    Share share = shares.getOrDefault(wanted.owner(), Share.NONE);
    return wanted.owner().equals(SERVER)
        || own
        || (share.messages() + 1 <= maxMessages - count
            && share.bytes() + size <= maxBytes - bytes);
  }

  private void remember(Kept kept) {
    Kept before = tree.put(kept.publication().topic, kept);
    if (before != null) {
      count(before, -1);
    }
    count(kept, 1);
  }

  private void forget(String topic) {
    Kept before = tree.remove(topic);
    if (before != null) {
      count(before, -1);
    }
  }

  private void count(Kept kept, int by) {
    int size = kept.publication().size;
    count += by;
    bytes += (long) by * size;
    shares.merge(kept.owner(), new Share(by, (long) by * size), Share::plus);
  }

  private CompletableFuture<Outcome> note(Kept kept) {
    String topic = kept.publication().topic;
    Change before = unsaved.get(topic);
    CompletableFuture<Outcome> saved = before == null ? new CompletableFuture<>() : before.saved();
    unsaved.put(topic, new Change(kept, saved));
    changed.signal();
    return saved;
  }

  private void run() {
    while (true) {
      Map<String, Change> changes = take();
      if (changes.isEmpty()) {
        return;
      }
      try {
        database.write(handle -> save(handle, changes.values()));
        changes.values().forEach(change -> change.saved().complete(Outcome.KEPT));
      } catch (RuntimeException | Error e) {
        // This thread must not end while somebody waits for it.
        LOG.warn("{} retained messages not saved yet: {}", changes.size(), e.getMessage());
        keepForLater(changes);
        changes.values().forEach(change -> change.saved().completeExceptionally(e));
        if (!pause()) {
          return;
        }
      }
    }
  }

  /// Waits for changes; empty once closed and everything is saved.
  private Map<String, Change> take() {
    lock.lock();
    try {
      while (unsaved.isEmpty() && !closed) {
        changed.awaitUninterruptibly();
      }
      Map<String, Change> changes = unsaved;
      unsaved = new LinkedHashMap<>();
      return changes;
    } finally {
      lock.unlock();
    }
  }

  private void keepForLater(Map<String, Change> changes) {
    lock.lock();
    try {
      changes.forEach(
          (topic, change) ->
              unsaved.putIfAbsent(topic, new Change(change.kept(), new CompletableFuture<>())));
    } finally {
      lock.unlock();
    }
  }

  /// Lets the storage come to itself.
  ///
  /// @return false when it is time to end
  private boolean pause() {
    lock.lock();
    try {
      long left = TimeUnit.MILLISECONDS.toNanos(RETRY_MS);
      while (left > 0 && !closed) {
        left = changed.awaitNanos(left);
      }
      return !closed;
    } catch (InterruptedException e) {
      return false;
    } finally {
      lock.unlock();
    }
  }

  /// @return how many
  private int save(Handle handle, Collection<Change> changes) {
    long now = Micros.of(clock.instant());
    var saves = handle.prepareBatch(SAVE);
    var deletes = handle.prepareBatch(DELETE);
    for (Change change : changes) {
      Publication publication = change.kept().publication();
      if (publication.payload.length == 0) {
        deletes.bind("topic", publication.topic).add();
      } else {
        saves
            .bind("topic", publication.topic)
            .bind("payload", publication.payload)
            .bind("qos", publication.qos)
            .bind("properties", PublishProperties.write(publication.properties))
            .bind(
                "expiresAt",
                publication.expiresAt == Publication.FOREVER ? null : publication.expiresAt * 1_000)
            .bind("now", now)
            .bind("owner", change.kept().owner())
            .add();
      }
    }
    if (saves.size() > 0) {
      saves.execute();
    }
    if (deletes.size() > 0) {
      deletes.execute();
    }
    handle.createUpdate(DELETE_EXPIRED).bind("now", now).execute();
    return changes.size();
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

  /// What became of a message to be kept.
  enum Outcome {
    KEPT,
    /// There is no room for more.
    FULL
  }

  /// A kept message and whose it is.
  private record Kept(Publication publication, String owner) {}

  private record Change(Kept kept, CompletableFuture<Outcome> saved) {}

  /// What one owner has kept; null, which a map forgets, for nothing.
  private record Share(int messages, long bytes) {
    static final Share NONE = new Share(0, 0);

    static @Nullable Share plus(Share a, Share b) {
      return a.messages + b.messages == 0
          ? null
          : new Share(a.messages + b.messages, a.bytes + b.bytes);
    }
  }
}
