package io.vatio.live;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.vatio.device.Device;
import io.vatio.device.DeviceAccessRevoked;
import io.vatio.device.DeviceChanged;
import io.vatio.device.DeviceRegistry;
import io.vatio.device.Visibility;
import io.vatio.ingest.ReadingsStored;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.events.Events;
import io.vatio.reading.Reading;
import io.vatio.reading.ReadingStore;
import io.vatio.sensor.SeriesCatalogue;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Hears what changed and has all listeners told. Its own thread (`live`) encodes every event once
/// into one of two rings, device changes and readings, and wakes the listeners, which read there.
///
/// The rooms that ring only leave a note: a changed device in a bounded queue, or that there are
/// readings. Readings are fetched in rounds; when a round has more than
/// [LiveSettings#readingsPerRound], only the newest of each series is sent, the others are dropped.
final class LiveHub implements AutoCloseable {
  /// Streams of one person or key, from wherever they come.
  private static final int LISTENERS_PER_PRINCIPAL = 100;

  private static final Logger LOG = LoggerFactory.getLogger(LiveHub.class);

  private static final long IDLE_NS = Duration.ofSeconds(1).toNanos();
  private static final Duration RETRY_AFTER = Duration.ofSeconds(30);
  private static final int FRAME_OVERHEAD_BYTES = 100;
  private static final int CHANGES_WAITING = 8_192;
  private static final int REPLAYED = 500;
  private static final int FETCHED = 100_000;
  private static final int MARKS = 4_096;

  private final DeviceRegistry devices;
  private final Visibility visibility;
  private final SeriesCatalogue catalogue;
  private final ReadingStore readings;
  private final Clock clock;
  private final LiveSettings settings;
  private final Events.Subscription[] subscriptions;
  private final Counter resyncs;
  private final Counter cutOffs;
  private final Thread thread;

  /// Part of the ids of device changes: what was given out before a restart is not understood.
  private final String epoch;

  private final AtomicBoolean rung = new AtomicBoolean();
  private final ChangeQueue changed = new ChangeQueue(CHANGES_WAITING);
  private final Queue<Opening> openings = new ConcurrentLinkedQueue<>();
  private final AtomicInteger listenerCount = new AtomicInteger();
  private final Map<String, Integer> perAddress = new ConcurrentHashMap<>();
  private final Map<String, Integer> perPrincipal = new ConcurrentHashMap<>();
  private final List<Listener> listeners = new CopyOnWriteArrayList<>();
  private final FrameRing<Frame.Changed> changes;
  private final FrameRing<Frame> measured;
  private final Map<Long, Long> lastChange = new ConcurrentHashMap<>();
  private volatile boolean readingsWaiting;
  private volatile boolean closed;

  // Of the hub's thread only.
  private long fetchedSeq;
  private long sentSeq;
  private long nextRound = System.nanoTime();

  /// Readings that found no room in their round, newest of each series, in order of their seq.
  private final Map<Integer, Reading> postponed = new LinkedHashMap<>();

  /// By seq: the newest device change when readings up to that seq were sent.
  private final NavigableMap<Long, Long> marks = new TreeMap<>();

  LiveHub(
      Sources sources, Events events, Clock clock, LiveSettings settings, MeterRegistry meters) {
    this.devices = sources.devices();
    this.visibility = sources.visibility();
    this.catalogue = sources.catalogue();
    this.readings = sources.readings();
    this.clock = clock;
    this.settings = settings;
    this.changes = new FrameRing<>(settings.deviceFrames(), settings.frameBytes());
    this.measured = new FrameRing<>(settings.readingFrames(), settings.frameBytes());
    this.epoch = Long.toString(clock.millis(), Character.MAX_RADIX);
    this.resyncs = meters.counter("vatio.live.resyncs");
    this.cutOffs = meters.counter("vatio.live.cut_off");
    Gauge.builder("vatio.live.listeners", listenerCount, AtomicInteger::get).register(meters);
    this.fetchedSeq = readings.lastSeq();
    this.sentSeq = fetchedSeq;
    this.thread = Thread.ofPlatform().name("live").daemon().unstarted(this::run);
    this.subscriptions =
        new Events.Subscription[] {
          events.subscribe(DeviceChanged.class, event -> deviceChanged(event.device())),
          events.subscribe(DeviceAccessRevoked.class, event -> deviceRevoked(event.deviceId())),
          events.subscribe(ReadingsStored.class, _ -> readingsStored())
        };
  }

  void start() {
    thread.start();
  }

  /// Keeps a place for one more listener; [#leave] gives it back.
  ///
  /// @throws Problem.Unavailable when there is none
  void reserve(String address, String who) {
    if (listenerCount.incrementAndGet() > settings.listeners()) {
      listenerCount.decrementAndGet();
      throw Problem.unavailable(Text.of("live.too_many"), RETRY_AFTER);
    }
    int ofAddress = perAddress.merge(address, 1, Integer::sum);
    int ofPrincipal = perPrincipal.merge(who, 1, Integer::sum);
    if (ofAddress > settings.listenersPerAddress() || ofPrincipal > LISTENERS_PER_PRINCIPAL) {
      release(address, who);
      throw Problem.unavailable(Text.of("live.too_many"), RETRY_AFTER);
    }
  }

  private void release(String address, String who) {
    listenerCount.decrementAndGet();
    perAddress.computeIfPresent(address, (_, count) -> count == 1 ? null : count - 1);
    perPrincipal.computeIfPresent(who, (_, count) -> count == 1 ? null : count - 1);
  }

  /// Begins to tell a listener, for which a place was reserved.
  ///
  /// @param lastEventId the last id it has seen, null for a new one
  void open(Listener listener, @Nullable String lastEventId) {
    openings.add(new Opening(listener, lastEventId));
    ring();
  }

  /// Gives the place of a listener back. Called once, by [Listener#leave].
  void leave(Listener listener) {
    listeners.remove(listener);
    release(listener.address(), listener.who());
  }

  /// Has all listeners ask at once whether they may still listen.
  void recheck() {
    listeners.forEach(Listener::recheck);
  }

  /// Looks at the clock now instead of within a second.
  void ring() {
    if (!rung.getAndSet(true)) {
      LockSupport.unpark(thread);
    }
  }

  long now() {
    return clock.millis();
  }

  LiveSettings settings() {
    return settings;
  }

  FrameRing<Frame.Changed> changes() {
    return changes;
  }

  FrameRing<Frame> measured() {
    return measured;
  }

  Visibility visibility() {
    return visibility;
  }

  /// The event id of a device change.
  String deviceId(long number) {
    return epoch + "-" + number;
  }

  /// A device as it is now, empty when it is gone.
  Optional<Frame.Changed> present(long deviceId) {
    return devices.findById(deviceId).map(LiveJson::changed);
  }

  /// The devices that changed after this number, in order of their change; all for a negative one.
  List<Long> changedSince(long number, Listener listener) {
    return devices.listAll().stream()
        .filter(device -> listener.wants(device) && lastChange(device.id()) > number)
        .map(Device::id)
        .sorted(Comparator.comparingLong(this::lastChange))
        .toList();
  }

  private long lastChange(long deviceId) {
    return lastChange.getOrDefault(deviceId, 0L);
  }

  void countResync() {
    resyncs.increment();
  }

  void countCutOff() {
    cutOffs.increment();
  }

  private void deviceChanged(Device device) {
    changed.add(device);
    ring();
  }

  private void deviceRevoked(long deviceId) {
    if (devices.findById(deviceId).isEmpty()) {
      lastChange.remove(deviceId);
    }
  }

  /// On the thread that commits: nothing but the note.
  private void readingsStored() {
    if (!readingsWaiting) {
      readingsWaiting = true;
      ring();
    }
  }

  private void run() {
    while (!closed) {
      rung.set(false);
      try {
        round();
      } catch (RuntimeException e) {
        LOG.error("a round of live events failed", e);
      }
      long wait = waitNanos();
      if (!rung.get() && wait > 0) {
        LockSupport.parkNanos(this, wait);
      }
    }
  }

  private long waitNanos() {
    return readingsWaiting || !postponed.isEmpty()
        ? Math.min(IDLE_NS, nextRound - System.nanoTime())
        : IDLE_NS;
  }

  private void round() {
    boolean news = takeChanges();
    news |= takeReadings();
    for (Opening opening = openings.poll(); opening != null; opening = openings.poll()) {
      admit(opening);
    }
    long now = clock.millis();
    for (Listener listener : listeners) {
      if (news || listener.isDue(now)) {
        listener.wake();
      }
    }
  }

  private boolean takeChanges() {
    List<Device> fresh = changed.drain();
    for (Device device : fresh) {
      Frame.Changed frame = LiveJson.changed(device);
      // Before the ring has it, or a listener could miss it between the two.
      lastChange.put(device.id(), changes.newest() + 1);
      changes.add(frame, frame.json().length + FRAME_OVERHEAD_BYTES);
    }
    return !fresh.isEmpty();
  }

  private boolean takeReadings() {
    boolean due = readingsWaiting || !postponed.isEmpty();
    if (!due || System.nanoTime() - nextRound < 0) {
      return false;
    }
    nextRound = System.nanoTime() + settings.round().toNanos();
    readingsWaiting = false;
    if (listeners.stream().noneMatch(listener -> listener.interest().wantsReadings())) {
      skipReadings();
      return false;
    }
    long before = fetchedSeq;
    List<Reading> fresh = readings.recentSince(before, FETCHED);
    if (!fresh.isEmpty()) {
      fetchedSeq = fresh.getLast().seq();
      if (isForgotten(before)) {
        measured.add(new Frame.Gap(), FRAME_OVERHEAD_BYTES);
      }
    }
    send(chosen(fresh));
    mark();
    return true;
  }

  /// Nobody listens: what comes now is only to be known by its number.
  private void skipReadings() {
    fetchedSeq = readings.lastSeq();
    sentSeq = fetchedSeq;
    postponed.clear();
    mark();
  }

  /// What goes out in this round, rising by seq; what has to wait stays in postponed. All that
  /// waits is newer than all that went out, so an event id covers everything before it.
  private List<Reading> chosen(List<Reading> fresh) {
    if (postponed.isEmpty() && fresh.size() <= settings.readingsPerRound()) {
      return fresh;
    }
    for (Reading reading : fresh) {
      Reading older = postponed.get(reading.seriesId());
      // A late reading does not push a newer one out.
      if (older == null || older.ts() <= reading.ts()) {
        postponed.remove(reading.seriesId());
        postponed.put(reading.seriesId(), reading);
      }
    }
    List<Reading> now = new ArrayList<>();
    Iterator<Reading> waiting = postponed.values().iterator();
    while (waiting.hasNext() && now.size() < settings.readingsPerRound()) {
      now.add(waiting.next());
      waiting.remove();
    }
    return now;
  }

  private void send(List<Reading> chosen) {
    for (Reading reading : chosen) {
      encode(reading)
          .ifPresent(
              frame -> {
                byte[] energy = frame.energy();
                measured.add(
                    frame,
                    frame.json().length
                        + (energy == null ? 0 : energy.length)
                        + FRAME_OVERHEAD_BYTES);
              });
      sentSeq = reading.seq();
    }
  }

  /// Empty when its device was deleted in the meantime.
  private Optional<Frame.Measured> encode(Reading reading) {
    return catalogue
        .findById(reading.seriesId())
        .flatMap(
            series ->
                devices
                    .findById(series.deviceId())
                    .map(device -> LiveJson.measured(reading, series, device)));
  }

  private void mark() {
    marks.put(sentSeq, changes.newest());
    while (marks.size() > MARKS) {
      marks.pollFirstEntry();
    }
  }

  /// Whether memory no longer holds everything that came after this seq.
  private boolean isForgotten(long seq) {
    List<Reading> oldest = readings.recentSince(0, 1);
    return oldest.isEmpty() ? seq != readings.lastSeq() : oldest.getFirst().seq() > seq + 1;
  }

  private void admit(Opening opening) {
    Listener listener = opening.listener();
    boolean firstForReadings =
        listener.interest().wantsReadings()
            && listeners.stream().noneMatch(other -> other.interest().wantsReadings());
    if (firstForReadings) {
      skipReadings();
    }
    listener.begin(
        switch (listener.interest().dialect()) {
          case DISPOSITIVOS -> startOfDevices(listener, opening.lastEventId());
          case API -> startOfAll(listener, opening.lastEventId());
        });
    listeners.add(listener);
    if (listener.hasLeft()) {
      // It left before it was here, so leaving did not take it out.
      listeners.remove(listener);
    }
    listener.wake();
  }

  private Start startOfDevices(Listener listener, @Nullable String lastEventId) {
    long newest = changes.newest();
    if (lastEventId == null) {
      return start(newest, List.of(), deviceId(newest));
    }
    long seen = numberOf(lastEventId);
    boolean remembered =
        seen >= 0 && seen <= newest && (seen == newest || changes.find(seen + 1).isPresent());
    return remembered
        ? start(seen, List.of(), deviceId(seen))
        : start(newest, changedSince(seen <= newest ? seen : -1, listener), "");
  }

  private static Start start(long deviceNumber, List<Long> changed, String helloId) {
    return new Start(deviceNumber, changed, 0, List.of(), false, helloId);
  }

  /// The number of an id that this hub gave out, else -1.
  private long numberOf(String id) {
    int dash = id.indexOf('-');
    return dash >= 0 && id.substring(0, dash).equals(epoch) ? number(id.substring(dash + 1)) : -1;
  }

  private Start startOfAll(Listener listener, @Nullable String lastEventId) {
    Interest interest = listener.interest();
    mark();
    String now = Long.toString(sentSeq);
    if (lastEventId == null) {
      return new Start(changes.newest(), List.of(), measured.newest(), List.of(), false, now);
    }
    long seen = number(lastEventId);
    Map.Entry<Long, Long> mark = marks.floorEntry(seen);
    List<Reading> missed =
        interest.wantsReadings() ? readings.recentSince(seen, FETCHED) : List.of();
    List<Frame.Measured> replay =
        missed.stream()
            .takeWhile(reading -> reading.seq() <= sentSeq)
            .flatMap(reading -> encode(reading).stream())
            .filter(listener::wants)
            .limit(REPLAYED + 1L)
            .toList();
    boolean lost =
        seen < 0
            || seen > sentSeq
            || mark == null
            || (interest.wantsReadings() && isForgotten(seen))
            || replay.size() > REPLAYED;
    if (lost || mark == null) {
      countResync();
      return new Start(changes.newest(), List.of(), measured.newest(), List.of(), true, now);
    }
    return new Start(
        changes.newest(),
        changedSince(mark.getValue(), listener),
        measured.newest(),
        replay,
        false,
        Long.toString(seen));
  }

  private static long number(String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException _) {
      return -1;
    }
  }

  /// Ends all streams.
  @Override
  public void close() {
    closed = true;
    for (Events.Subscription subscription : subscriptions) {
      subscription.close();
    }
    LockSupport.unpark(thread);
    listeners.forEach(Listener::end);
  }

  /// Where events come from.
  record Sources(
      DeviceRegistry devices,
      Visibility visibility,
      SeriesCatalogue catalogue,
      ReadingStore readings) {}

  private record Opening(Listener listener, @Nullable String lastEventId) {}
}
