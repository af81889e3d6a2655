package io.vatio.ingest;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.vatio.device.Device;
import io.vatio.device.DeviceRegistry;
import io.vatio.device.DeviceTemplate;
import io.vatio.kernel.Micros;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Text;
import io.vatio.platform.db.Database;
import io.vatio.platform.db.StorageException;
import io.vatio.platform.events.Events;
import io.vatio.platform.text.Messages;
import io.vatio.reading.Appended;
import io.vatio.reading.NewReading;
import io.vatio.reading.Quality;
import io.vatio.reading.Reading;
import io.vatio.reading.ReadingStore;
import io.vatio.sensor.Series;
import io.vatio.sensor.SeriesCatalogue;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jdbi.v3.core.Handle;
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
///    devices and sensors (`Batch`), and commits it: `reading/ReadingStore`,
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
  private final SeriesCatalogue catalogue;
  private final ReadingStore readings;
  private final DeadLetterStore deadLetters;
  private final @Nullable Spool spool;
  private final Events events;
  private final Messages messages;
  private final MeterRegistry meters;

  private final BlockingQueue<Waiting> queue;
  private final AtomicLong waitingBytes = new AtomicLong();
  private final Thread writer;
  private volatile boolean closed;
  private volatile @Nullable StorageException storageFailure;

  private final Map<Origin, Counter> received = new EnumMap<>(Origin.class);
  private final Counter stored;
  private final Counter duplicates;
  private final Counter overloaded;
  private final Timer commits;
  private int letterCount;

  public Inbox(
      InboxSettings settings, Decoders decoders, Storage storage, Events events, Voice voice) {
    this.settings = settings;
    this.decoders = decoders;
    this.database = storage.database();
    this.devices = storage.devices();
    this.catalogue = storage.catalogue();
    this.readings = storage.readings();
    this.deadLetters = storage.deadLetters();
    this.spool = storage.spool();
    this.events = events;
    this.messages = voice.messages();
    this.meters = voice.meters();
    this.queue = new ArrayBlockingQueue<>(settings.messages());
    for (Origin origin : Origin.values()) {
      received.put(origin, meters.counter("vatio.messages.received", "origin", origin.name()));
    }
    this.stored = meters.counter("vatio.readings.stored");
    this.duplicates = meters.counter("vatio.readings.duplicate");
    this.overloaded = meters.counter("vatio.messages.overloaded");
    this.commits =
        Timer.builder("vatio.commit")
            .description("Time of one commit of the inbox")
            .publishPercentiles(0.5, 0.99)
            .register(meters);
    Gauge.builder("vatio.inbox.messages", queue, BlockingQueue::size).register(meters);
    Gauge.builder("vatio.inbox.bytes", waitingBytes, AtomicLong::get).register(meters);
    this.writer = Thread.ofPlatform().name("inbox").unstarted(this::run);
  }

  /// Starts the writing thread.
  public void start() {
    writer.start();
  }

  /// Takes a message in. Never blocks; may be called from any thread. The receipt completes on the
  /// writing thread, after the commit.
  public CompletableFuture<Receipt> accept(RawMessage message) {
    count(message.origin());
    return enqueue(message, decode(message));
  }

  /// Takes in what is understood already, such as lines of a file.
  CompletableFuture<Receipt> accept(RawMessage message, Decoding decoding) {
    count(message.origin());
    return enqueue(message, decoding);
  }

  /// Keeps a message that its adapter had to refuse (too large, topic not allowed): it is counted
  /// and put in the dead letters.
  public CompletableFuture<Receipt> refuse(RawMessage message, Rejection rejection) {
    count(message.origin());
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

  private void count(Origin origin) {
    Counter counter = received.get(origin);
    if (counter != null) {
      counter.increment();
    }
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
    int size = message.payload().length;
    if (closed || waitingBytes.get() + size > settings.bytes()) {
      return full();
    }
    Waiting waiting = Waiting.of(message, decoding);
    waitingBytes.addAndGet(size);
    if (!queue.offer(waiting)) {
      waitingBytes.addAndGet(-size);
      return full();
    }
    return waiting.receipt();
  }

  private CompletableFuture<Receipt> full() {
    overloaded.increment();
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
          batch.add(first);
          queue.drainTo(batch, MAX_BATCH - 1);
          if (hasRoom()) {
            storeAll(batch);
          } else {
            overloaded.increment(batch.size());
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
          waitingBytes.addAndGet(-waiting.message().payload().length);
          // Only those that nothing else completed: after a failure.
          waiting.receipt().complete(new Receipt.Overloaded(RETRY_WHEN_STORAGE_FAILS));
        }
        batch.clear();
      }
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
    Batch batch = new Batch(waiting);
    List<Runnable> receipts;
    try {
      receipts = commits.recordCallable(() -> commit(batch));
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
      overloaded.increment(waiting.size());
      return;
    }
    spool.lost();
    if (!waiting.getFirst().isFromSpool()) {
      putAside(spool, waiting, batch.suspect());
    }
  }

  /// Puts messages into the spool and tells their senders.
  private void putAside(Spool spool, List<Waiting> waiting, Spooled.@Nullable Suspect suspect) {
    Batch batch = new Batch(waiting);
    batch.judge();
    if (!spool.add(batch.spooled(suspect))) {
      overloaded.increment(waiting.size());
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
      storeAll(taken.stream().map(Inbox::waiting).toList());
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

  private static Waiting waiting(Spool.Taken taken) {
    Spooled spooled = taken.message();
    if (spooled != null) {
      return new Waiting(
          spooled.message(), spooled.decoding(), taken.number(), new CompletableFuture<>());
    }
    RawMessage unknown =
        RawMessage.of(
            Origin.SPOOL,
            Long.toString(taken.number()),
            taken.frame(),
            Instant.EPOCH,
            new Principal.Anonymous("spool"));
    Rejection damaged = new Rejection(Rejection.Reason.MALFORMED, Text.of("ingest.spool_damaged"));
    return new Waiting(
        unknown, new Decoding.Refused(damaged), taken.number(), new CompletableFuture<>());
  }

  /// Commits a batch; returns what to tell each sender.
  private List<Runnable> commit(Batch batch) {
    batch.createDevices();
    batch.createSeries();
    batch.collect();
    Committed committed;
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
    return batch.receipts(appended);
  }

  private Committed write(Batch batch) {
    try {
      return database.write(batch::write);
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
    stored.increment(count);
    duplicates.increment(appended.rows().size() - count);
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

  /// @param place its number in the spool, 0 when it did not come from there
  private record Waiting(
      RawMessage message, Decoding decoding, long place, CompletableFuture<Receipt> receipt) {
    static Waiting of(RawMessage message, Decoding decoding) {
      return new Waiting(message, decoding, 0, new CompletableFuture<>());
    }

    boolean isFromSpool() {
      return place > 0;
    }
  }

  private record Committed(Appended appended, DeviceRegistry.StateChanges states) {}

  /// One batch on its way through validation into the database.
  private final class Batch {
    private final List<Waiting> waiting;

    /// By position in waiting: why it is refused, null while it is not.
    private final @Nullable Rejection[] refused;

    /// By position in waiting: where its readings stand in rows, and how many they are.
    private final int[] firstRow;

    private final int[] rowCount;
    private final List<NewReading> rows = new ArrayList<>();
    private final List<DeviceRegistry.Report> reports = new ArrayList<>();
    private final Map<String, Device> known = new HashMap<>();

    /// What was about to be committed, null before that.
    private @Nullable Appended tried;

    Batch(List<Waiting> waiting) {
      this.waiting = waiting;
      this.refused = new Rejection[waiting.size()];
      this.firstRow = new int[waiting.size()];
      this.rowCount = new int[waiting.size()];
    }

    void createDevices() {
      Map<String, DeviceTemplate> wanted = new LinkedHashMap<>();
      int strangers = -1;
      for (int i = 0; i < waiting.size(); i++) {
        switch (waiting.get(i).decoding()) {
          case Decoding.Refused(Rejection rejection) -> refused[i] = rejection;
          case Decoding.Content content -> {
            Principal sender = waiting.get(i).message().sender();
            for (DeviceTemplate template : templates(content)) {
              Rejection rejection = mayReport(sender, template);
              if (rejection == null
                  && devices.findBySerial(template.serial()).isEmpty()
                  && !wanted.containsKey(template.serial())) {
                if (strangers < 0) {
                  strangers = devices.countUnclaimed();
                }
                rejection = mayCreate(sender, template, strangers);
                strangers += template.claimed() ? 0 : 1;
              }
              if (rejection != null) {
                refused[i] = rejection;
                break;
              }
              wanted.put(template.serial(), template);
            }
          }
        }
      }
      if (!wanted.isEmpty()) {
        known.putAll(devices.ensure(wanted.values()));
      }
    }

    private Set<DeviceTemplate> templates(Decoding.Content content) {
      Set<DeviceTemplate> templates = new HashSet<>();
      content.samples().forEach(sample -> templates.add(sample.device()));
      content.states().forEach(state -> templates.add(state.device()));
      return templates;
    }

    private @Nullable Rejection mayReport(Principal sender, DeviceTemplate template) {
      if (sender instanceof Principal.Device device && !device.serial().equals(template.serial())) {
        return new Rejection(
            Rejection.Reason.NOT_YOUR_DEVICE,
            Text.of("ingest.not_your_device", template.serial(), device.serial()));
      }
      return null;
    }

    private @Nullable Rejection mayCreate(
        Principal sender, DeviceTemplate template, int unclaimed) {
      if (sender.mayCreateDevices()) {
        return null;
      }
      boolean stranger =
          sender instanceof Principal.Anonymous || sender instanceof Principal.Broker;
      if (template.claimed() && !stranger) {
        return new Rejection(
            Rejection.Reason.UNKNOWN_DEVICE, Text.of("ingest.unknown_device", template.serial()));
      }
      // What strangers bring into use counts with everything, so that it is bounded too.
      int present = template.claimed() ? devices.count() : unclaimed;
      if (present >= settings.unclaimedDevices()) {
        return new Rejection(
            Rejection.Reason.LIMIT_REACHED,
            Text.of("ingest.too_many_devices", settings.unclaimedDevices()));
      }
      return null;
    }

    void createSeries() {
      List<SeriesCatalogue.Wanted> wanted = new ArrayList<>();
      Map<Long, Set<String>> fresh = new HashMap<>();
      for (int i = 0; i < waiting.size(); i++) {
        if (refused[i] != null
            || !(waiting.get(i).decoding() instanceof Decoding.Content content)) {
          continue;
        }
        for (Sample sample : content.samples()) {
          Device device = known.get(sample.device().serial());
          if (device == null || catalogue.find(device.id(), sample.sensor().key()).isPresent()) {
            continue;
          }
          Set<String> keys = fresh.computeIfAbsent(device.id(), _ -> new HashSet<>());
          keys.add(sample.sensor().key());
          if (catalogue.countOf(device.id()) + keys.size() > settings.seriesPerDevice()) {
            keys.remove(sample.sensor().key());
            refused[i] =
                new Rejection(
                    Rejection.Reason.LIMIT_REACHED,
                    Text.of("ingest.too_many_sensors", settings.seriesPerDevice()));
            break;
          }
          wanted.add(new SeriesCatalogue.Wanted(device.id(), sample.sensor()));
        }
      }
      catalogue.ensure(wanted);
    }

    void collect() {
      for (int i = 0; i < waiting.size(); i++) {
        firstRow[i] = rows.size();
        if (refused[i] == null && waiting.get(i).decoding() instanceof Decoding.Content content) {
          RawMessage message = waiting.get(i).message();
          content.samples().forEach(sample -> addRow(message, sample));
          content.states().forEach(state -> addReport(message, state));
        }
        rowCount[i] = rows.size() - firstRow[i];
      }
    }

    private void addRow(RawMessage message, Sample sample) {
      Device device = known.get(sample.device().serial());
      Series series =
          device == null ? null : catalogue.find(device.id(), sample.sensor().key()).orElse(null);
      if (device == null || series == null) {
        throw new IllegalStateException("no series for " + sample);
      }
      Instant at = sample.at() == null ? message.receivedAt() : sample.at();
      int quality = sample.quality() | Validator.clock(at, message.receivedAt());
      if (!series.inRange(sample.value())) {
        quality |= Quality.OUT_OF_RANGE.bit();
      }
      rows.add(
          new NewReading(
              series.id(),
              Micros.of(at),
              sample.at() != null,
              sample.value(),
              quality,
              sample.meta(),
              message.delivery() == 0 ? 0 : message.delivery() + series.id(),
              message.redelivered()));
    }

    private void addReport(RawMessage message, StateReport state) {
      Device device = known.get(state.device().serial());
      if (device != null) {
        reports.add(
            new DeviceRegistry.Report(
                device.id(),
                state.state(),
                state.parameters(),
                state.configuration(),
                message.receivedAt()));
      }
    }

    /// The devices that this batch speaks of.
    List<Long> heard() {
      return known.values().stream().map(Device::id).toList();
    }

    /// When its last message arrived.
    Instant newest() {
      return waiting.getLast().message().receivedAt();
    }

    Committed write(Handle handle) {
      Appended appended = readings.append(handle, rows);
      DeviceRegistry.StateChanges states = devices.apply(handle, reports);
      deadLetters.insert(handle, letters());
      if (spool != null && place() > 0) {
        spool.move(handle, place());
      }
      tried = appended;
      return new Committed(appended, states);
    }

    /// The place in the spool of its last message, 0 when it did not come from there.
    long place() {
      return waiting.getLast().place();
    }

    /// A reading that tells whether a commit without an answer took place; null when there cannot
    /// have been one, or when it does not matter.
    Spooled.@Nullable Suspect suspect() {
      if (tried != null) {
        for (Reading row : tried.rows()) {
          if (row != null) {
            return new Spooled.Suspect(row.seriesId(), row.ts(), row.seq());
          }
        }
      }
      return null;
    }

    /// Refuses what can be refused without the database.
    void judge() {
      for (int i = 0; i < waiting.size(); i++) {
        switch (waiting.get(i).decoding()) {
          case Decoding.Refused(Rejection rejection) -> refused[i] = rejection;
          case Decoding.Content content -> {
            for (DeviceTemplate template : templates(content)) {
              Principal sender = waiting.get(i).message().sender();
              Rejection rejection = mayReport(sender, template);
              Optional<Device> device = devices.findBySerial(template.serial());
              if (rejection == null && device.isEmpty()) {
                rejection = mayCreate(sender, template, 0);
              }
              if (rejection != null) {
                refused[i] = rejection;
                break;
              }
              device.ifPresent(present -> known.put(template.serial(), present));
            }
          }
        }
      }
    }

    /// Its messages as they go into the spool.
    List<Spooled> spooled(Spooled.@Nullable Suspect suspect) {
      List<Spooled> messages = new ArrayList<>(waiting.size());
      for (int i = 0; i < waiting.size(); i++) {
        Rejection rejection = refused[i];
        Decoding decoding =
            rejection == null ? waiting.get(i).decoding() : new Decoding.Refused(rejection);
        messages.add(new Spooled(waiting.get(i).message(), decoding, suspect));
      }
      return messages;
    }

    /// What to tell the senders of messages in the spool: they are on the disk.
    List<Runnable> promises() {
      List<Runnable> promises = new ArrayList<>(waiting.size());
      for (int i = 0; i < waiting.size(); i++) {
        CompletableFuture<Receipt> receipt = waiting.get(i).receipt();
        Rejection rejection = refused[i];
        Receipt answer =
            rejection != null
                ? new Receipt.Rejected(rejection)
                : new Receipt.Stored(sampleCount(waiting.get(i).decoding()));
        promises.add(() -> receipt.complete(answer));
      }
      return promises;
    }

    private static int sampleCount(Decoding decoding) {
      return decoding instanceof Decoding.Content content ? content.samples().size() : 0;
    }

    private List<DeadLetter> letters() {
      List<DeadLetter> letters = new ArrayList<>();
      for (int i = 0; i < waiting.size(); i++) {
        Rejection rejection = refused[i];
        if (rejection != null) {
          RawMessage message = waiting.get(i).message();
          letters.add(
              new DeadLetter(
                  0,
                  message.receivedAt(),
                  message.origin().name(),
                  message.address(),
                  message.sender().name(),
                  rejection.reason().code(),
                  messages.inDefaultLanguage(rejection.text()),
                  DeadLetterStore.head(message.payload()),
                  message.payload().length));
        }
      }
      return letters;
    }

    List<Runnable> receipts(Appended appended) {
      List<Runnable> receipts = new ArrayList<>(waiting.size());
      for (int i = 0; i < waiting.size(); i++) {
        CompletableFuture<Receipt> receipt = waiting.get(i).receipt();
        Receipt answer = answer(i, appended);
        receipts.add(() -> receipt.complete(answer));
      }
      return receipts;
    }

    private Receipt answer(int i, Appended appended) {
      Rejection rejection = refused[i];
      if (rejection != null) {
        letterCount++;
        meters.counter("vatio.messages.rejected", "reason", rejection.reason().code()).increment();
        return new Receipt.Rejected(rejection);
      }
      int fresh = 0;
      for (int row = firstRow[i]; row < firstRow[i] + rowCount[i]; row++) {
        if (appended.rows().get(row) != null) {
          fresh++;
        }
      }
      return rowCount[i] > 0 && fresh == 0 ? new Receipt.Duplicate() : new Receipt.Stored(fresh);
    }
  }
}
