package io.vatio.reading;

import io.vatio.kernel.Micros;
import io.vatio.platform.schedule.Upkeep;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps what hours and days of each series add up to, in the clock of the site.
///
/// Nothing is ever added to a sum: an hour that something happened to is dirty ([RollupDirty]) and
/// is added up again from its readings once it is over, and a day from its hours. So late,
/// duplicate, shuffled and corrected readings end in the same sums as timely ones. A durable cursor
/// says up to where readings have marked their hours; [Buckets] takes dirty hours from the
/// readings, so answers are right at every moment.
///
/// One thread of its own writes, in small transactions; the inbox goes first.
public final class Rollups implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Rollups.class);

  static final String CURSOR = "rollup";

  /// Prefix of the marks of series that still have to be added up from the beginning.
  private static final String REBUILD = "rollup_rebuild:";

  /// Prefix of the marks that say from where on the readings of a series are all there.
  private static final String RAW_FROM = "raw_from:";

  private static final int REPLAY = 5_000;

  /// So many of the newest readings are in memory for sure.
  private static final int IN_MEMORY = 30_000;

  private static final int DIRTY_ROWS = 1_000;
  private static final int CROWDED = 200_000;

  /// Rows of one transaction: some ten milliseconds.
  private static final int ROWS = 500;

  /// An hour with more readings than this keeps its minutes.
  private static final int MINUTES_PAY = 240;

  /// An hour is over this long after its end: what is under way then spares a second time.
  private static final long GRACE = 5_000_000;

  private static final long REBUILD_STEP = 31L * 86_400 * 1_000_000;
  private static final Duration PAUSE = Duration.ofSeconds(1);
  private static final long SAVE_CURSOR_EVERY = 5_000_000;

  /// Readings after which the cursor is saved at once: sealing waits for it.
  private static final long SAVE_CURSOR_AFTER = 100_000;

  private final ReadingStore readings;
  private final RollupStore store;
  private final HoldLimits holds;
  private final Supplier<List<Integer>> seriesIds;
  private final IntFunction<ZoneId> zones;
  private final Clock clock;
  private final RollupDirty dirty;
  private final RollupWriter writer;
  private final RollupZones follows;
  private final ReadingCursor cursor;
  private final Map<Integer, Long> rawFrom = new ConcurrentHashMap<>();
  private final Set<Integer> toRebuild = ConcurrentHashMap.newKeySet();
  private final Upkeep upkeep;

  /// Corrections under way; while there are some the cursor stands.
  private final AtomicInteger correcting = new AtomicInteger();

  /// Whoever moves `seen` has it; the inbox and people who correct do.
  private final Lock hearing = new ReentrantLock();

  private volatile long seen;
  private volatile boolean zonesChanged;
  private long cursorSavedAt;

  private Rollups(
      ReadingStore readings,
      RollupStore store,
      HoldLimits holds,
      Supplier<List<Integer>> seriesIds,
      IntFunction<ZoneId> zones,
      Clock clock) {
    this.readings = readings;
    this.store = store;
    this.holds = holds;
    this.seriesIds = seriesIds;
    this.zones = zones;
    this.clock = clock;
    this.dirty = new RollupDirty(zones);
    this.writer = new RollupWriter(readings, store, holds, this::zone);
    this.follows = new RollupZones(store, zones);
    this.cursor = readings.cursor(CURSOR);
    this.upkeep = new Upkeep("rollups", PAUSE, _ -> work());
  }

  /// Reads what was left to do, and marks what came since. Call before the first reading comes in.
  ///
  /// @param seriesIds gives all that exist
  /// @param zones whose clock the hours and days of a series follow, also of one that does not
  /// exist
  ///     yet; a series that follows another one than before is added up again
  public static Rollups open(
      io.vatio.platform.db.Database database,
      ReadingStore readings,
      Supplier<List<Integer>> seriesIds,
      IntFunction<ZoneId> zones,
      Clock clock) {
    Rollups rollups =
        new Rollups(
            readings, new RollupStore(database), new HoldLimits(database), seriesIds, zones, clock);
    rollups.load(seriesIds.get());
    return rollups;
  }

  private void load(List<Integer> seriesIds) {
    rawFrom.putAll(store.marks(RAW_FROM));
    rawFrom.forEach((series, from) -> dirty.of(series).freeze(from + holds.of(series)));
    toRebuild.addAll(store.marks(REBUILD).keySet());
    Set<Integer> moved = follows.moved(seriesIds);
    boolean missed = cursor.seq() < readings.heldSince();
    if (missed) {
      rebuildAll(seriesIds);
    }
    if (!moved.isEmpty()) {
      LOG.info("{} sensors follow another clock and are added up again", moved.size());
      follows.save(moved, REBUILD);
      toRebuild.addAll(moved);
    }
    toRebuild.forEach(id -> dirty.of(id).rebuilding());
    long now = now();
    store.dirty().forEach((id, hours) -> hours.forEach(from -> dirty.of(id).restore(from, now)));
    seen = cursor.seq();
    while (true) {
      List<Reading> missing = readings.after(seen, REPLAY);
      if (missing.isEmpty()) {
        break;
      }
      missing.forEach(reading -> mark(reading, now));
      seen = missing.getLast().seq();
    }
  }

  /// What the cursor has missed is nowhere marked: everything is added up again.
  private void rebuildAll(List<Integer> seriesIds) {
    long last = readings.lastSeq();
    store
        .database()
        .write(
            handle -> {
              seriesIds.forEach(id -> store.saveMark(handle, REBUILD + id, 1));
              cursor.advance(handle, last);
              return true;
            });
    cursor.advanced(last);
    toRebuild.addAll(seriesIds);
  }

  /// Says that a device has moved to another site, or that a site has another clock. Series that
  /// follow another clock now are added up again, soon. Cheap.
  void zonesChanged() {
    zonesChanged = true;
    upkeep.wake();
  }

  /// Does that now.
  synchronized void followZones() {
    zonesChanged = false;
    Set<Integer> moved = follows.moved(seriesIds.get());
    if (!moved.isEmpty()) {
      LOG.info("{} sensors follow another clock now and are added up again", moved.size());
      follows.save(moved, REBUILD);
      moved.forEach(id -> dirty.of(id).moveTo(zones.apply(id)));
      toRebuild.addAll(moved);
    }
  }

  /// Starts the writing thread; what was left to do comes at once.
  public void start() {
    upkeep.wake();
    upkeep.start();
  }

  /// Readings were committed; call before their senders hear of it. Cheap. Thread safe.
  ///
  /// @param fromSeq first seq of the commit
  /// @param toSeq last seq of the commit
  public void heard(long fromSeq, long toSeq) {
    hearing.lock();
    try {
      markUntil(fromSeq, toSeq);
    } finally {
      hearing.unlock();
    }
  }

  private void markUntil(long fromSeq, long toSeq) {
    long now = now();
    // From what was seen last, for a correction has a seq too, and nobody calls for it.
    long at = Math.min(seen, fromSeq - 1);
    while (at < toSeq) {
      List<Reading> next =
          toSeq - at < IN_MEMORY ? readings.recentSince(at, REPLAY) : readings.after(at, REPLAY);
      if (next.isEmpty()) {
        break;
      }
      for (Reading reading : next) {
        mark(reading, now);
      }
      at = next.getLast().seq();
    }
    seen = Math.max(seen, toSeq);
  }

  private void mark(Reading reading, long now) {
    dirty.of(reading.seriesId()).mark(reading, holds.of(reading.seriesId()), now);
  }

  /// Corrects readings, outside of the inbox, and has their hours added up again. The work names
  /// each correction once it is committed.
  public void correcting(Consumer<Consumer<Corrected>> work) {
    // The cursor stands meanwhile: a later commit may be heard of first.
    correcting.incrementAndGet();
    try {
      work.accept(
          done -> dirty.of(done.seriesId()).mark(done.ts(), holds.of(done.seriesId()), now()));
    } finally {
      correcting.decrementAndGet();
    }
  }

  /// Hours that wait to be added up.
  public long backlog() {
    return dirty.size();
  }

  /// Whether so many hours wait to be added up that whoever brings readings by the million should
  /// wait too: each takes some hundred bytes of memory.
  public boolean isCrowded() {
    return backlog() > CROWDED;
  }

  /// Does a piece of what there is to do.
  ///
  /// @return whether there may be more
  synchronized boolean work() {
    boolean more = false;
    if (zonesChanged) {
      followZones();
    }
    // All marks first: sealing waits for the cursor, nobody waits for the sums.
    while (saveMarks()) {
      more = true;
    }
    more |= addUp(now() - GRACE);
    more |= rebuildNext();
    return more;
  }

  /// Writes new marks, and with the last of them how far they reach.
  private boolean saveMarks() {
    long reached = seen;
    boolean still = correcting.get() == 0;
    List<RollupDirty.Hour> hours = new ArrayList<>();
    for (RollupDirty.OfSeries series : dirty.all()) {
      if (hours.size() <= DIRTY_ROWS) {
        hours.addAll(series.unsaved(DIRTY_ROWS + 1 - hours.size()));
      }
    }
    boolean all = hours.size() <= DIRTY_ROWS;
    if (!all) {
      hours.removeLast();
    }
    boolean advance =
        all
            && still
            && reached > cursor.seq()
            && (now() - cursorSavedAt >= SAVE_CURSOR_EVERY
                || reached - cursor.seq() >= SAVE_CURSOR_AFTER);
    if (hours.isEmpty() && !advance) {
      return false;
    }
    store
        .database()
        .write(
            handle -> {
              store.insertDirty(handle, hours.stream().map(RollupDirty.Hour::place).toList());
              if (advance) {
                cursor.advance(handle, reached);
              }
              return true;
            });
    hours.forEach(RollupDirty.Hour::saved);
    if (advance) {
      cursorSavedAt = now();
      cursor.advanced(reached);
    }
    return !all;
  }

  /// Adds up some of the dirty hours that ended before this moment.
  private boolean addUp(long endedBy) {
    List<Work> work = new ArrayList<>();
    for (RollupDirty.OfSeries series : dirty.all()) {
      if (!series.isRebuilding() && work.size() < ROWS) {
        series
            .closed(endedBy, ROWS - work.size())
            .forEach(hour -> work.add(new Work(series, hour, hour.version())));
      }
    }
    if (work.isEmpty()) {
      return false;
    }
    save(work, rows(work));
    return true;
  }

  /// The rows of hours that stand in order of series and time; what touches is read in one go.
  private List<RollupRow> rows(List<Work> work) {
    List<RollupRow> rows = new ArrayList<>(work.size());
    int i = 0;
    while (i < work.size()) {
      int end = i + 1;
      while (end < work.size()
          && work.get(end).series() == work.get(i).series()
          && work.get(end).hour().from == work.get(end - 1).hour().to) {
        end++;
      }
      long[] bounds = new long[end - i + 1];
      for (int k = i; k < end; k++) {
        bounds[k - i] = work.get(k).hour().from;
      }
      bounds[end - i] = work.get(end - 1).hour().to;
      rows.addAll(writer.addUp(work.get(i).series().seriesId(), bounds, MINUTES_PAY));
      i = end;
    }
    return rows;
  }

  private void save(List<Work> work, List<RollupRow> rows) {
    Set<RollupDirty.OfSeries> touched = new LinkedHashSet<>();
    work.forEach(w -> touched.add(w.series()));
    touched.forEach(RollupDirty.OfSeries::begin);
    try {
      writer.write(rows, work.stream().map(w -> w.hour().place()).toList());
      work.forEach(w -> w.series().clean(w.hour(), w.version()));
    } finally {
      touched.forEach(RollupDirty.OfSeries::end);
    }
  }

  /// Has a series added up again from its first reading on, for instance after its configuration
  /// changed.
  public void rebuild(int seriesId) {
    store
        .database()
        .write(
            handle -> {
              store.saveMark(handle, REBUILD + seriesId, 1);
              return true;
            });
    dirty.of(seriesId).rebuilding();
    toRebuild.add(seriesId);
  }

  /// Adds up the next series that has to be done from its beginning.
  private boolean rebuildNext() {
    var next = toRebuild.iterator();
    if (!next.hasNext()) {
      return false;
    }
    int id = next.next();
    RollupDirty.OfSeries series = dirty.of(id);
    long now = now() - GRACE;
    long first = readings.firstTs(id).orElse(Long.MAX_VALUE);
    long frozen = series.frozenBefore();
    long from = Math.max(first, frozen);
    if (frozen > Long.MIN_VALUE) {
      store
          .database()
          .write(
              handle -> {
                FrozenDays.rewrite(handle, store, id, frozen, series.zone());
                return true;
              });
    }
    if (from < now) {
      rebuild(series, Interval.DAY.floor(from, series.zone()), Math.max(from, frozen), now);
    }
    markOpen(series, now);
    List<RollupDirty.Hour> unsaved = series.unsaved(Integer.MAX_VALUE);
    store
        .database()
        .write(
            handle -> {
              store.insertDirty(handle, unsaved.stream().map(RollupDirty.Hour::place).toList());
              store.deleteMark(handle, REBUILD + id);
              return true;
            });
    unsaved.forEach(RollupDirty.Hour::saved);
    toRebuild.remove(id);
    series.rebuilt(now);
    return true;
  }

  /// Marks the hours that are not over, for they got no row.
  private void markOpen(RollupDirty.OfSeries series, long now) {
    long hold = holds.of(series.seriesId());
    long open = Interval.HOUR.floor(now, series.zone());
    readings.scan(
        series.seriesId(), open - hold, Long.MAX_VALUE, reading -> series.mark(reading, hold, now));
  }

  private void rebuild(RollupDirty.OfSeries series, long fromDay, long from, long now) {
    int id = series.seriesId();
    ZoneId zone = series.zone();
    long clean = Math.max(fromDay, Interval.HOUR.floor(from, zone));
    if (clean < series.frozenBefore()) {
      clean = Interval.HOUR.next(clean, zone);
    }
    long start = clean;
    // Also those before the first reading: hours of another clock may begin there.
    long gone = Math.min(start, series.frozenBefore());
    store
        .database()
        .write(
            handle -> {
              store.delete(handle, id, gone, Long.MAX_VALUE);
              return true;
            });
    long newest =
        readings.before(id, now).map(r -> r.ts() + holds.of(id) + 1).orElse(Long.MIN_VALUE);
    long end = Interval.HOUR.floor(Math.min(now, newest), zone);
    end = newest < now ? Interval.HOUR.next(end, zone) : end;
    for (long at = start; at < end && !upkeep.isClosed(); at += REBUILD_STEP) {
      long[] hours =
          Interval.HOUR.bounds(
              Interval.HOUR.floor(at, zone), Math.min(end, at + REBUILD_STEP), zone);
      long last = hours[hours.length - 1];
      List<RollupRow> rows = new ArrayList<>(writer.addUp(id, hours, MINUTES_PAY));
      rows.removeIf(row -> row.sums().isEmpty() || row.to() > now);
      for (int i = 0; i < rows.size(); i += ROWS) {
        List<RollupRow> part = rows.subList(i, Math.min(rows.size(), i + ROWS));
        writer.write(part, List.of());
      }
      LOG.debug("series {} is added up until {}", id, Micros.toInstant(last));
    }
  }

  /// Has every dirty hour of a series before a time added up now, and lets the minutes of the hours
  /// in between be kept; what retention does before readings go.
  synchronized void complete(int seriesId, long before) {
    while (toRebuild.contains(seriesId)) {
      rebuildNext();
    }
    RollupDirty.OfSeries series = dirty.of(seriesId);
    while (true) {
      List<Work> work = new ArrayList<>();
      series
          .closed(Math.min(before, now()), ROWS)
          .forEach(hour -> work.add(new Work(series, hour, hour.version())));
      if (work.isEmpty()) {
        return;
      }
      save(work, rows(work));
    }
  }

  /// Writes the minutes of all hours in a stretch of time, however few readings they have.
  synchronized void keepMinutes(int seriesId, long from, long to) {
    ZoneId zone = zone(seriesId);
    long firstHour = Interval.HOUR.floor(from, zone);
    if (firstHour < dirty.of(seriesId).frozenBefore()) {
      firstHour = Interval.HOUR.next(firstHour, zone);
    }
    long at = Interval.DAY.floor(from, zone);
    while (at < to && !upkeep.isClosed()) {
      long next = Interval.DAY.next(at, zone);
      long start = Math.max(at, firstHour);
      long[] hours = Interval.HOUR.bounds(start, Math.min(next, to), zone);
      if (hours.length > 1 && readings.count(seriesId, hours[0], hours[hours.length - 1]) > 0) {
        List<RollupRow> rows = new ArrayList<>(writer.addUp(seriesId, hours, 1));
        rows.removeIf(row -> row.sums().isEmpty());
        RollupDirty.OfSeries series = dirty.of(seriesId);
        series.begin();
        try {
          writer.write(rows, List.of());
        } finally {
          series.end();
        }
      }
      at = next;
    }
  }

  /// Says, before readings go, that they are no longer all there before this time: hours before it
  /// stay as they are.
  void freeze(int seriesId, long from) {
    store
        .database()
        .write(
            handle -> {
              store.saveMark(handle, RAW_FROM + seriesId, from);
              return true;
            });
    rawFrom.put(seriesId, from);
    dirty.of(seriesId).freeze(from + holds.of(seriesId));
  }

  /// From where on the readings of a series are all there; Long.MIN_VALUE for all of them.
  long rawFrom(int seriesId) {
    return rawFrom.getOrDefault(seriesId, Long.MIN_VALUE);
  }

  RollupDirty dirty() {
    return dirty;
  }

  RollupStore store() {
    return store;
  }

  ReadingStore readings() {
    return readings;
  }

  HoldLimits holds() {
    return holds;
  }

  /// The clock that hours and days of a series follow.
  ZoneId zone(int seriesId) {
    return dirty.of(seriesId).zone();
  }

  long now() {
    return Micros.of(clock.instant());
  }

  /// Stops the writing thread; what is left to do is on the disk or comes again.
  @Override
  public void close() {
    upkeep.close();
  }

  private record Work(RollupDirty.OfSeries series, RollupDirty.Hour hour, long version) {}
}
