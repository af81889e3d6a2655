package io.vatio.reading;

import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/// Which hours of which series do not agree with their roll-up, or have none yet: known in memory
/// before the sender of a reading hears that it is stored, and on the disk soon after. Thread safe.
///
/// Whoever asks takes a dirty hour from the readings themselves.
final class RollupDirty {
  private final IntFunction<ZoneId> zones;
  private final Map<Integer, OfSeries> series = new ConcurrentHashMap<>();
  private final AtomicLong size = new AtomicLong();

  /// @param zones whose clock the hours of a series follow at first
  RollupDirty(IntFunction<ZoneId> zones) {
    this.zones = zones;
  }

  /// Dirty hours of all series.
  long size() {
    return size.get();
  }

  OfSeries of(int seriesId) {
    OfSeries known = series.get(seriesId);
    return known != null ? known : series.computeIfAbsent(seriesId, OfSeries::new);
  }

  List<OfSeries> all() {
    return new ArrayList<>(series.values());
  }

  /// The hours of one series. Its methods lock it.
  final class OfSeries {
    private final int seriesId;
    private final NavigableMap<Long, Hour> hours = new TreeMap<>();
    private ZoneId zone;

    /// Those of them that are not on the disk.
    private final Set<Hour> unsaved = new LinkedHashSet<>();

    /// Odd while the rows of this series are being written, another one afterwards.
    private long stamp;

    private long frozenBefore = Long.MIN_VALUE;
    private boolean rebuilding;
    private @Nullable Hour newest;

    /// The day whose rows are known, and what they add up to; see [#knownDay].
    private long dayFrom = Long.MIN_VALUE;

    private long dayStamp = -1;
    private Aggregate day = new Aggregate();

    OfSeries(int seriesId) {
      this.seriesId = seriesId;
      this.zone = zones.apply(seriesId);
    }

    /// The clock its hours and days follow.
    synchronized ZoneId zone() {
      return zone;
    }

    /// Forgets the hours of one clock for those of another; has to be added up from the beginning.
    synchronized void moveTo(ZoneId other) {
      zone = other;
      size.addAndGet(-hours.size());
      hours.clear();
      unsaved.clear();
      newest = null;
      rebuilding();
    }

    int seriesId() {
      return seriesId;
    }

    /// Marks the hours that a new reading has a part in.
    ///
    /// @param hold for how long its value may count
    /// @param now hours that end later have no row yet
    void mark(Reading reading, long hold, long now) {
      mark(reading.ts(), reading, hold, now);
    }

    /// The same for one that was changed.
    void mark(long ts, long hold, long now) {
      mark(ts, null, hold, now);
    }

    private synchronized void mark(long ts, @Nullable Reading reading, long hold, long now) {
      Hour hour = newest;
      if (hour == null || ts < hour.from || ts >= hour.to) {
        hour = hour(ts, now);
      }
      while (hour != null) {
        hour.touched(ts, reading);
        if (hour.to > ts + hold) {
          newest = hour;
          return;
        }
        Hour next = hours.get(hour.to);
        hour = next == null ? hour(hour.to, now) : next;
      }
    }

    /// The hour of this moment, made dirty; null for a frozen one.
    private @Nullable Hour hour(long ts, long now) {
      Map.Entry<Long, Hour> known = hours.floorEntry(ts);
      if (known != null && ts < known.getValue().to) {
        return known.getValue();
      }
      long from = Interval.HOUR.floor(ts, zone);
      long to = Interval.HOUR.next(from, zone);
      if (from < frozenBefore) {
        return to <= frozenBefore ? hourBehind(to, now) : null;
      }
      Hour hour = new Hour(this, from, to, to > now);
      hours.put(from, hour);
      unsaved.add(hour);
      size.incrementAndGet();
      if (!hour.rowless) {
        // Sums of the day that are known count the row of this hour.
        stamp += 2;
      }
      return hour;
    }

    private @Nullable Hour hourBehind(long from, long now) {
      return from < frozenBefore ? null : hour(from, now);
    }

    /// Marks an hour as it was found on the disk.
    synchronized void restore(long from, long now) {
      Hour hour = hour(from, now);
      if (hour != null) {
        unsaved.remove(hour);
      }
    }

    /// The dirty hours that begin in [from, to).
    synchronized NavigableMap<Long, Hour> between(long from, long to) {
      return new TreeMap<>(hours.subMap(from, to));
    }

    /// Hours that are not on the disk yet.
    ///
    /// @param limit at most so many
    synchronized List<Hour> unsaved(int limit) {
      return unsaved.stream().limit(limit).toList();
    }

    /// Dirty hours that ended, oldest first.
    ///
    /// @param limit at most so many
    synchronized List<Hour> closed(long now, int limit) {
      return hours.values().stream().takeWhile(hour -> hour.to <= now).limit(limit).toList();
    }

    synchronized long stamp() {
      return stamp;
    }

    /// Rows are about to be written.
    synchronized void begin() {
      stamp++;
    }

    /// The rows are written, or not.
    synchronized void end() {
      stamp++;
    }

    /// Forgets an hour whose row was written from what was known at that version.
    synchronized void clean(Hour hour, long version) {
      if (hour.version == version) {
        hours.remove(hour.from);
        unsaved.remove(hour);
        size.decrementAndGet();
        newest = newest == hour ? null : newest;
      } else {
        // Its mark on the disk went with the row, but somebody came in between.
        unsaved.add(hour);
        hour.rowless = false;
      }
    }

    synchronized void freeze(long before) {
      frozenBefore = Math.max(frozenBefore, before);
      NavigableMap<Long, Hour> frozen = hours.headMap(frozenBefore, false);
      size.addAndGet(-frozen.size());
      unsaved.removeAll(frozen.values());
      frozen.clear();
      newest = null;
    }

    synchronized long frozenBefore() {
      return frozenBefore;
    }

    synchronized void rebuilding() {
      rebuilding = true;
      stamp += 2;
    }

    /// Hours that ended by this time may have a row from now on, also those that were open when
    /// they were marked.
    synchronized void rebuilt(long rowsUntil) {
      rebuilding = false;
      hours.values().forEach(hour -> hour.rowless &= hour.to > rowsUntil);
      stamp += 2;
    }

    synchronized boolean isRebuilding() {
      return rebuilding;
    }

    /// What the rows of this day's clean hours add up to, null when that is not known.
    synchronized @Nullable Aggregate knownDay(long from) {
      return dayFrom == from && dayStamp == stamp ? day : null;
    }

    synchronized void knowDay(long from, long stampThen, Aggregate sums) {
      dayFrom = from;
      dayStamp = stampThen;
      day = sums;
    }
  }

  /// An hour that has to be added up again.
  static final class Hour {
    /// Readings that are held for the next question; it may never come.
    private static final int FRESH = 64;

    private final OfSeries series;
    final long from;
    final long to;
    private long version;
    private boolean rowless;

    /// What came since the sums were last asked for, in order of time; null when they have to be
    /// read again.
    private @Nullable List<Reading> fresh;

    /// Guards the one below; taken before the series, never inside.
    private final Object folding = new Object();

    private @Nullable AggregateFold fold;

    /// What is later than all that is in it; guarded by the series.
    private long folded;

    /// The version that the newest question began with.
    private long readAt;

    private Hour(OfSeries series, long from, long to, boolean rowless) {
      this.series = series;
      this.from = from;
      this.to = to;
      this.rowless = rowless;
    }

    private void touched(long ts, @Nullable Reading reading) {
      version++;
      List<Reading> known = fresh;
      if (known == null || ts >= to) {
        return;
      }
      boolean next =
          reading != null
              && ts >= folded
              && (known.isEmpty() || ts > known.getLast().ts())
              && known.size() < FRESH;
      if (next) {
        known.add(reading);
      } else {
        fresh = null;
      }
    }

    RollupStore.Place place() {
      return new RollupStore.Place(series.seriesId, from);
    }

    long version() {
      synchronized (series) {
        return version;
      }
    }

    /// Whether it has no row, because it was open all the time.
    boolean isRowless() {
      synchronized (series) {
        return rowless;
      }
    }

    void saved() {
      synchronized (series) {
        series.unsaved.remove(this);
      }
    }

    /// Its sums from the readings. What was added up by an earlier question is not read again,
    /// unless something came out of order in between.
    Aggregate sums(ReadingStore readings, long hold, long now) {
      synchronized (folding) {
        List<Reading> came = take();
        AggregateFold sums = fold;
        if (came == null || sums == null) {
          return read(readings, hold, now);
        }
        List<Reading> future = new ArrayList<>();
        for (Reading reading : came) {
          if (reading.ts() > now) {
            future.add(reading);
          } else {
            sums.accept(reading);
          }
        }
        return finish(sums, future, now);
      }
    }

    private Aggregate read(ReadingStore readings, long hold, long now) {
      AggregateFold sums = new AggregateFold(new long[] {from, to}, hold, Long.MAX_VALUE);
      List<Reading> future = new ArrayList<>();
      fold = sums;
      long[] last = {sums.readFrom()};
      readings.scan(
          series.seriesId,
          sums.readFrom(),
          to,
          reading -> {
            if (reading.ts() > now) {
              future.add(reading);
            } else {
              sums.accept(reading);
            }
            last[0] = reading.ts() + 1;
          });
      synchronized (series) {
        // What was marked while this was read may be in it or not.
        if (version == readAt) {
          folded = last[0];
          fresh = new ArrayList<>();
        }
      }
      return finish(sums, future, now);
    }

    /// Readings from the future count, but only now.
    private Aggregate finish(AggregateFold sums, List<Reading> future, long now) {
      if (!future.isEmpty()) {
        synchronized (series) {
          fresh = null;
        }
      }
      AggregateFold present = sums.copy(now);
      future.forEach(present);
      return present.results()[0];
    }

    private @Nullable List<Reading> take() {
      synchronized (series) {
        List<Reading> came = fresh;
        readAt = version;
        if (came != null && !came.isEmpty()) {
          folded = came.getLast().ts() + 1;
          fresh = new ArrayList<>();
        }
        return came;
      }
    }
  }
}
