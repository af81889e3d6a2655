package io.vatio.ingest;

import io.micrometer.core.instrument.MeterRegistry;
import io.vatio.device.DeviceRegistry;
import io.vatio.kernel.Text;
import io.vatio.platform.db.Database;
import io.vatio.platform.db.StorageException;
import io.vatio.platform.events.Events;
import io.vatio.platform.text.Messages;
import io.vatio.reading.Appended;
import io.vatio.reading.Reading;
import io.vatio.reading.ReadingStore;
import io.vatio.sensor.SeriesCatalogue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Where every message of every protocol comes in. The whole way, in the order of the code:
///
/// 1. **In.** An adapter (`protocol/mqtt/Inbound`, `platform/http` routes) makes a [RawMessage]
///    and calls [#accept].
/// 2. **Decode.** [Decoders] finds the [Decoder] of the address; it makes [Sample]s and
///    [StateReport]s, or a [Rejection]. This happens on the adapter's thread.
/// 3. **Validate and store.** One thread takes whatever waits as one batch, checks it against
///    devices and sensors ([Batch]), and commits it: `reading/ReadingStore`,
///    `device/DeviceRegistry`, `DeadLetterStore`. No fixed wait: what arrives during a commit is
///    the next batch.
/// 4. **Receipt.** After the commit was forced to the disk each sender hears [Receipt]; the adapter
///    says it in its protocol.
/// 5. **Publish.** [ReadingsStored] rings; `live/` shows it, others read on from their cursor.
/// 6. **React.** Rules, energy and commands start from there.
///
/// Bounded: a full inbox, or a store that lags too far behind, answers [Receipt.Overloaded] at
/// once.
/// When storage fails, messages wait in the [Spool] and are acknowledged from there, as long as it
/// has room; without one nothing is acknowledged, the senders hear Overloaded, and the next batch
/// tries again.
public final class Inbox implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Inbox.class);

  private static final int MAX_BATCH = 4_000;

  /// Readings of known sensors after which a batch takes no more; the last message may go beyond.
  private static final int MAX_READINGS = 20_000;
  private static final Duration RETRY_WHEN_FULL = Duration.ofSeconds(1);
  private static final Duration RETRY_WHEN_STORAGE_FAILS = Duration.ofSeconds(5);
  private static final long IDLE_POLL_MS = 250;
  private static final Duration ROOM_WITHIN = Duration.ofSeconds(10);

  /// Before a batch, just before the store is full.
  private static final double LONGEST_DELAY_NS = 500e6;

  private static final long ROOM_LOOK_NS = 5_000_000;

  /// How long what waited is taken in before newcomers get their turn.
  private static final long DRAIN_NS = Duration.ofMillis(500).toNanos();

  private final InboxSettings settings;
  private final Decoders decoders;
  private final Database database;
  private final DeviceRegistry devices;
  private final ReadingStore readings;
  private final DeadLetterStore deadLetters;
  private final @Nullable Spool spool;
  private final Events events;
  private final Storage storage;
  private final Messages messages;

  private final BlockingQueue<Waiting> queue;
  private final AtomicLong waitingBytes = new AtomicLong();
  private final Thread writer;
  private volatile boolean closed;
  private volatile @Nullable StorageException storageFailure;

  private final InboxMeters meters;
  private int letterCount;

  public Inbox(
      InboxSettings settings, Decoders decoders, Storage storage, Events events, Voice voice) {
    this.settings = settings;
    this.decoders = decoders;
    this.database = storage.database();
    this.devices = storage.devices();
    this.readings = storage.readings();
    this.deadLetters = storage.deadLetters();
    this.spool = storage.spool();
    this.events = events;
    this.storage = storage;
    this.messages = voice.messages();
    this.queue = new ArrayBlockingQueue<>(settings.messages());
    this.meters = new InboxMeters(voice.meters(), queue, waitingBytes);
    this.writer = Thread.ofPlatform().name("inbox").unstarted(this::run);
  }

  /// Starts the writing thread.
  public void start() {
    writer.start();
  }

  /// Takes a message in. Never blocks; may be called from any thread. The receipt completes on the
  /// writing thread, after the commit.
  public CompletableFuture<Receipt> accept(RawMessage message) {
    meters.received(message.origin());
    return enqueue(message, decode(message));
  }

  /// Takes in what is understood already, such as lines of a file or readings of known sensors.
  CompletableFuture<Receipt> accept(RawMessage message, Decoding decoding) {
    meters.received(message.origin());
    return enqueue(message, decoding);
  }

  /// Keeps a message that its adapter had to refuse (too large, topic not allowed): it is counted
  /// and put in the dead letters.
  public CompletableFuture<Receipt> refuse(RawMessage message, Rejection rejection) {
    meters.received(message.origin());
    return enqueue(message, new Decoding.Refused(rejection));
  }

  /// Whether some decoder understands messages to this address.
  public boolean wants(String address) {
    return decoders.find(address).isPresent();
  }

  /// Why the last commit failed, null while storage works.
  public @Nullable StorageException storageFailure() {
    return storageFailure;
  }

  /// How much waits in the spool, null when there is none.
  public Spool.@Nullable Status spooling() {
    return spool == null ? null : spool.status();
  }

  private Decoding decode(RawMessage message) {
    try {
      return decoders.decode(message);
    } catch (RuntimeException e) {
      // A decoder that fails is our fault; the message is kept, the sender and the others go on.
      LOG.error("decoder failed on {} from {}", message.address(), message.sender().name(), e);
      return new Decoding.Refused(
          new Rejection(Rejection.Reason.MALFORMED, Text.of("ingest.not_understood")));
    }
  }

  private CompletableFuture<Receipt> enqueue(RawMessage message, Decoding decoding) {
    Waiting waiting = Waiting.of(message, decoding);
    long size = waiting.bytes();
    if (closed || waitingBytes.get() + size > settings.bytes()) {
      return full();
    }
    waitingBytes.addAndGet(size);
    if (!queue.offer(waiting)) {
      waitingBytes.addAndGet(-size);
      return full();
    }
    return waiting.receipt();
  }

  private CompletableFuture<Receipt> full() {
    meters.overloaded(1);
    return CompletableFuture.completedFuture(new Receipt.Overloaded(RETRY_WHEN_FULL));
  }

  /// Gives the store time when it fills up faster than it can seal: the senders then wait longer
  /// for their answer, and slow down by it, instead of being refused.
  ///
  /// @return whether there is room
  private boolean hasRoom() {
    double fullness = readings.fullness();
    if (fullness > 0.5 && fullness < 1) {
      double strain = (fullness - 0.5) * 2;
      LockSupport.parkNanos((long) (strain * strain * LONGEST_DELAY_NS));
    }
    long limit = System.nanoTime() + ROOM_WITHIN.toNanos();
    while (readings.fullness() >= 1) {
      if (closed || System.nanoTime() > limit) {
        return false;
      }
      LockSupport.parkNanos(ROOM_LOOK_NS);
    }
    return true;
  }

  private void run() {
    List<Waiting> batch = new ArrayList<>(MAX_BATCH);
    while (true) {
      try {
        Waiting first = queue.poll(drain() ? 0 : IDLE_POLL_MS, TimeUnit.MILLISECONDS);
        if (first != null) {
          fill(batch, first);
          if (hasRoom()) {
            storeAll(batch);
          } else {
            meters.overloaded(batch.size());
          }
        } else if (closed) {
          return;
        }
        tidy(first == null);
      } catch (InterruptedException e) {
        closed = true;
      } catch (RuntimeException | Error e) {
        // This thread must not end while the doors are open.
        LOG.error("inbox: {} messages not stored", batch.size(), e);
      } finally {
        for (Waiting waiting : batch) {
          waitingBytes.addAndGet(-waiting.bytes());
          // Only those that nothing else completed: after a failure.
          waiting.receipt().complete(new Receipt.Overloaded(RETRY_WHEN_STORAGE_FAILS));
        }
        batch.clear();
      }
    }
  }

  /// Takes what waits, as much as one commit should hold.
  private void fill(List<Waiting> batch, Waiting first) {
    int readings = 0;
    Waiting next = first;
    while (next != null) {
      batch.add(next);
      readings += next.weight();
      next = batch.size() < MAX_BATCH && readings < MAX_READINGS ? queue.poll() : null;
    }
  }

  /// Stores a batch; when it fails for a reason that is not the storage's, one of its messages is
  /// to
  /// blame, and each is tried by itself so that it harms nobody else.
  private void storeAll(List<Waiting> batch) {
    if (spool != null && !spool.isEmpty() && !batch.getFirst().isFromSpool()) {
      // Behind those that came before.
      putAside(spool, batch, null);
      return;
    }
    try {
      store(batch);
    } catch (RuntimeException e) {
      LOG.error("inbox: a batch of {} failed, trying its messages one by one", batch.size(), e);
      for (Waiting waiting : batch) {
        if (waiting.isFromSpool() && storageFailure != null) {
          // It and all behind it stay where they are.
          return;
        }
        storeAlone(waiting);
      }
    }
  }

  private void storeAlone(Waiting waiting) {
    try {
      store(List.of(waiting));
    } catch (RuntimeException e) {
      LOG.error(
          "inbox: message to {} from {} cannot be stored",
          waiting.message().address(),
          waiting.message().sender().name(),
          e);
      Rejection rejection =
          new Rejection(Rejection.Reason.MALFORMED, Text.of("ingest.not_understood"));
      store(
          List.of(
              new Waiting(
                  waiting.message(),
                  new Decoding.Refused(rejection),
                  waiting.place(),
                  waiting.receipt())));
    }
  }

  private void store(List<Waiting> waiting) {
    Batch batch = new Batch(waiting, settings, storage, messages, meters);
    List<Runnable> receipts;
    try {
      receipts = meters.commits().recordCallable(() -> commit(batch));
      if (storageFailure != null) {
        LOG.info("storage works again");
        storageFailure = null;
      }
    } catch (StorageException e) {
      if (storageFailure == null) {
        LOG.error("storage fails: {}", e.getMessage());
      }
      storageFailure = e;
      putOff(waiting, batch);
      return;
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
    if (receipts != null) {
      receipts.forEach(Runnable::run);
    }
  }

  /// The database did not take a batch, or took it and could not say so.
  private void putOff(List<Waiting> waiting, Batch batch) {
    if (spool == null) {
      meters.overloaded(waiting.size());
      return;
    }
    spool.lost();
    if (!waiting.getFirst().isFromSpool()) {
      putAside(spool, waiting, batch.suspect());
    }
  }

  /// Puts messages into the spool and tells their senders.
  private void putAside(Spool spool, List<Waiting> waiting, Spooled.@Nullable Suspect suspect) {
    Batch batch = new Batch(waiting, settings, storage, messages, meters);
    batch.judge();
    if (!spool.add(batch.spooled(suspect))) {
      meters.overloaded(waiting.size());
      return;
    }
    devices.changes().lock();
    try {
      devices.heard(batch.heard(), batch.newest());
    } finally {
      devices.changes().unlock();
    }
    batch.promises().forEach(Runnable::run);
  }

  /// Takes in what waits in the spool, for a moment.
  ///
  /// @return whether more waits and the database takes it
  private boolean drain() {
    if (spool == null) {
      return false;
    }
    long start = System.nanoTime();
    try {
      while (!spool.isEmpty() && spool.isConnected()) {
        if (System.nanoTime() - start > DRAIN_NS) {
          return true;
        }
        drainBatch(spool);
      }
    } catch (StorageException e) {
      LOG.warn("what waits in the spool goes on waiting: {}", e.getMessage());
      spool.lost();
    }
    return false;
  }

  private void drainBatch(Spool spool) {
    List<Spool.Taken> taken = spool.next(MAX_BATCH);
    if (taken.isEmpty()) {
      LOG.error("spool: its files are gone up to message {}", spool.last());
      skip(spool, spool.last());
      return;
    }
    Spooled.Suspect suspect = suspect(taken.getFirst());
    if (suspect != null && wasCommitted(suspect)) {
      skip(spool, taken.getLast().number());
    } else {
      storeAll(taken.stream().map(Waiting::taken).toList());
    }
  }

  private static Spooled.@Nullable Suspect suspect(Spool.Taken taken) {
    Spooled message = taken.message();
    return message == null ? null : message.suspect();
  }

  private boolean wasCommitted(Spooled.Suspect suspect) {
    return database.write(
        handle -> readings.isCommitted(handle, suspect.seriesId(), suspect.ts(), suspect.seq()));
  }

  private void skip(Spool spool, long to) {
    database.write(
        handle -> {
          spool.move(handle, to);
          return true;
        });
    spool.taken(to);
  }

  /// Commits a batch; returns what to tell each sender.
  private List<Runnable> commit(Batch batch) {
    batch.createDevices();
    batch.createSeries();
    batch.collect();
    Batch.Committed committed;
    devices.changes().lock();
    try {
      committed = write(batch);
      readings.committed(committed.appended());
      devices.committed(committed.states());
      devices.heard(batch.heard(), batch.newest());
    } finally {
      devices.changes().unlock();
    }
    Appended appended = committed.appended();
    if (spool != null && batch.place() > 0) {
      spool.taken(batch.place());
    }
    announce(appended);
    letterCount += batch.refusals();
    return batch.receipts(appended);
  }

  private Batch.Committed write(Batch batch) {
    try {
      return database.writeFirst(batch::write);
    } catch (RuntimeException | Error e) {
      readings.abandoned();
      throw e;
    }
  }

  private void announce(Appended appended) {
    long from = Long.MAX_VALUE;
    long to = 0;
    int count = 0;
    for (Reading row : appended.rows()) {
      if (row != null) {
        from = Math.min(from, row.seq());
        to = Math.max(to, row.seq());
        count++;
      }
    }
    meters.stored(count, appended.rows().size() - count);
    if (count > 0) {
      events.publish(new ReadingsStored(from, to));
    }
  }

  private void tidy(boolean idle) {
    if (storageFailure != null) {
      return;
    }
    try {
      if (idle) {
        devices.pruneLogs(true);
        devices.saveHeard(false);
      } else {
        devices.pruneLogs(false);
      }
      if (letterCount > DeadLetterStore.KEPT / 10) {
        database.write(
            handle -> {
              deadLetters.prune(handle);
              return true;
            });
        letterCount = 0;
      }
    } catch (StorageException e) {
      LOG.warn("tidying was put off: {}", e.getMessage());
    }
  }

  /// Stores what still waits, then stops. New messages are refused from now on.
  @Override
  public void close() {
    closed = true;
    try {
      writer.join(Duration.ofSeconds(10));
      if (spool != null) {
        spool.close();
      }
      devices.saveHeard(true);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (StorageException e) {
      LOG.warn("when devices were last heard of was not saved: {}", e.getMessage());
    }
  }

  /// Where the inbox puts things.
  ///
  /// @param spool where messages wait while the database is away, null for nowhere
  public record Storage(
      Database database,
      DeviceRegistry devices,
      SeriesCatalogue catalogue,
      ReadingStore readings,
      DeadLetterStore deadLetters,
      @Nullable Spool spool) {
    /// Without a spool.
    public Storage(
        Database database,
        DeviceRegistry devices,
        SeriesCatalogue catalogue,
        ReadingStore readings,
        DeadLetterStore deadLetters) {
      this(database, devices, catalogue, readings, deadLetters, null);
    }
  }

  /// How the inbox speaks to people.
  public record Voice(Messages messages, MeterRegistry meters) {}
}
