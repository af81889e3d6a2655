package io.vatio.reading;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// How many readings each series has on each UTC day, and which of them people took out of the
/// lists: so lists are counted, and far pages found, without looking at readings. In memory, some
/// ten bytes for a day of a series; filled when first asked for, then kept up to date by whoever
/// commits. Thread safe.
final class ReadingDays {
  private static final NavigableSet<Long> NONE = new TreeSet<>();

  /// Days that fit in an array: some hundred years.
  private static final int DENSE = 50_000;

  private enum State {
    UNKNOWN,
    LOADING,
    KNOWN
  }

  private State state = State.UNKNOWN;
  private Map<Integer, OfSeries> bySeries = new HashMap<>();
  private Map<Integer, NavigableSet<Long>> discarded = new HashMap<>();

  /// Moves on with every change, by day.
  private final Map<Long, Long> stamps = new HashMap<>();

  private long stamp;

  /// What happened since the loading began.
  private final List<Runnable> meanwhile = new ArrayList<>();

  synchronized boolean isKnown() {
    return state == State.KNOWN;
  }

  /// Everything that happens from now on is noted, and counts on top of what will be loaded.
  synchronized void begin() {
    state = State.LOADING;
    meanwhile.clear();
  }

  /// Takes what was found, unless it was forgotten since [#begin].
  synchronized void load(Loading loading) {
    if (state == State.LOADING) {
      bySeries = loading.bySeries;
      discarded = loading.discarded;
      state = State.KNOWN;
      meanwhile.forEach(Runnable::run);
    }
    meanwhile.clear();
  }

  /// Says that all of it may be wrong, for instance because readings were deleted.
  synchronized void forget() {
    stamps.clear();
    state = State.UNKNOWN;
    bySeries = new HashMap<>();
    discarded = new HashMap<>();
    meanwhile.clear();
  }

  /// New readings were committed.
  synchronized void added(List<@Nullable Reading> rows) {
    touch(rows);
    if (state == State.LOADING) {
      List<@Nullable Reading> copy = new ArrayList<>(rows);
      meanwhile.add(() -> add(copy));
    } else if (state == State.KNOWN) {
      add(rows);
    }
  }

  private void touch(List<@Nullable Reading> rows) {
    long last = Long.MIN_VALUE;
    for (Reading row : rows) {
      if (row != null && UtcDay.of(row.ts()) != last) {
        last = UtcDay.of(row.ts());
        stamps.remove(last);
      }
    }
  }

  private void add(List<@Nullable Reading> rows) {
    OfSeries of = null;
    int last = 0;
    for (Reading row : rows) {
      if (row == null) {
        continue;
      }
      if (of == null || row.seriesId() != last) {
        last = row.seriesId();
        of = bySeries.computeIfAbsent(last, _ -> new OfSeries());
      }
      of.add(row.ts());
    }
  }

  /// A reading was corrected.
  synchronized void changed(Reading row) {
    stamps.remove(UtcDay.of(row.ts()));
    if (state == State.LOADING) {
      meanwhile.add(() -> change(row));
    } else if (state == State.KNOWN) {
      change(row);
    }
  }

  private void change(Reading row) {
    if ((row.quality() & Quality.DISCARDED.bit()) != 0) {
      discarded.computeIfAbsent(row.seriesId(), _ -> new TreeSet<>()).add(row.ts());
    } else {
      NavigableSet<Long> known = discarded.get(row.seriesId());
      if (known != null) {
        known.remove(row.ts());
      }
    }
  }

  /// A number that is the same as long as nothing changes on this day.
  synchronized long stamp(long day) {
    return stamps.computeIfAbsent(day, _ -> ++stamp);
  }

  /// How many readings these series have, without those that were taken out.
  synchronized long count(int[] seriesIds) {
    long count = 0;
    for (int id : seriesIds) {
      OfSeries of = bySeries.get(id);
      count += of == null ? 0 : of.total;
    }
    return count - discarded(seriesIds, Long.MIN_VALUE, Long.MAX_VALUE);
  }

  /// How many with from ≤ ts < to were taken out.
  synchronized long discarded(int[] seriesIds, long from, long to) {
    if (discarded.isEmpty() || from >= to) {
      return 0;
    }
    long count = 0;
    for (int id : seriesIds) {
      count += discarded.getOrDefault(id, NONE).subSet(from, to).size();
    }
    return count;
  }

  /// How many readings these series have on whole days, also those that were taken out.
  ///
  /// @param fromDay first UTC day
  /// @param toDay first day behind them
  synchronized long onDays(int[] seriesIds, long fromDay, long toDay) {
    long count = 0;
    for (int id : seriesIds) {
      OfSeries of = bySeries.get(id);
      count += of == null ? 0 : of.between(fromDay, toDay);
    }
    return count;
  }

  /// The days with readings of these series in [fromDay, toDay), and how many they have together,
  /// in order of time.
  synchronized Totals totals(int[] seriesIds, long fromDay, long toDay) {
    int first = Integer.MAX_VALUE;
    int last = Integer.MIN_VALUE;
    List<OfSeries> all = new ArrayList<>();
    for (int id : seriesIds) {
      OfSeries of = bySeries.get(id);
      if (of != null && of.size > 0) {
        first = Math.min(first, of.days[0]);
        last = Math.max(last, of.days[of.size - 1]);
        all.add(of);
      }
    }
    first = (int) Math.max(first, fromDay);
    last = (int) Math.min(last, toDay - 1);
    if (all.isEmpty() || first > last) {
      return new Totals(new int[0], new long[0]);
    }
    return last - (long) first < DENSE ? dense(all, first, last) : sparse(all, first, last);
  }

  private static Totals dense(List<OfSeries> all, int first, int last) {
    long[] sums = new long[last - first + 1];
    for (OfSeries of : all) {
      for (int i = of.lowerBound(first); i < of.size && of.days[i] <= last; i++) {
        sums[of.days[i] - first] += of.counts[i];
      }
    }
    int size = (int) Arrays.stream(sums).filter(sum -> sum > 0).count();
    int[] days = new int[size];
    long[] counts = new long[size];
    int at = 0;
    for (int i = 0; i < sums.length; i++) {
      if (sums[i] > 0) {
        days[at] = first + i;
        counts[at++] = sums[i];
      }
    }
    return new Totals(days, counts);
  }

  private static Totals sparse(List<OfSeries> all, int first, int last) {
    Map<Integer, Long> sums = new TreeMap<>();
    for (OfSeries of : all) {
      for (int i = of.lowerBound(first); i < of.size && of.days[i] <= last; i++) {
        sums.merge(of.days[i], (long) of.counts[i], Long::sum);
      }
    }
    return new Totals(
        sums.keySet().stream().mapToInt(Integer::intValue).toArray(),
        sums.values().stream().mapToLong(Long::longValue).toArray());
  }

  /// Those of these series that may have readings with from ≤ ts < to.
  synchronized int[] within(int[] seriesIds, long from, long to) {
    if (from >= to) {
      return new int[0];
    }
    long fromDay = UtcDay.of(from);
    long toDay = UtcDay.of(to - 1) + 1;
    return Arrays.stream(seriesIds)
        .filter(
            id -> {
              OfSeries of = bySeries.get(id);
              return of != null && of.max >= from && of.min < to && of.between(fromDay, toDay) > 0;
            })
        .toArray();
  }

  /// The time of the newest reading of these series, Long.MIN_VALUE for none.
  synchronized long max(int[] seriesIds) {
    long max = Long.MIN_VALUE;
    for (int id : seriesIds) {
      OfSeries of = bySeries.get(id);
      max = of == null ? max : Math.max(max, of.max);
    }
    return max;
  }

  /// The time of the oldest reading of these series, Long.MAX_VALUE for none.
  synchronized long min(int[] seriesIds) {
    long min = Long.MAX_VALUE;
    for (int id : seriesIds) {
      OfSeries of = bySeries.get(id);
      min = of == null ? min : Math.min(min, of.min);
    }
    return min;
  }

  /// Days in order of time, and how many readings each has.
  record Totals(int[] days, long[] counts) {}

  /// What is found in the tables, before it is taken.
  static final class Loading {
    private final Map<Integer, OfSeries> bySeries = new HashMap<>();
    private final Map<Integer, NavigableSet<Long>> discarded = new HashMap<>();

    /// Days of a series must come in order.
    void add(int seriesId, long day, long count, long firstTs, long lastTs) {
      bySeries
          .computeIfAbsent(seriesId, _ -> new OfSeries())
          .add(Math.toIntExact(day), Math.toIntExact(count), firstTs, lastTs);
    }

    void add(int seriesId, long ts) {
      bySeries.computeIfAbsent(seriesId, _ -> new OfSeries()).add(ts);
    }

    void discard(int seriesId, long ts) {
      discarded.computeIfAbsent(seriesId, _ -> new TreeSet<>()).add(ts);
    }

    /// The time of the newest reading so far, Long.MIN_VALUE for none.
    long max(int seriesId) {
      OfSeries of = bySeries.get(seriesId);
      return of == null ? Long.MIN_VALUE : of.max;
    }
  }

  /// The days of one series, in order.
  private static final class OfSeries {
    private int[] days = new int[2];
    private int[] counts = new int[2];
    private int size;
    private long total;
    private long min = Long.MAX_VALUE;
    private long max = Long.MIN_VALUE;

    void add(long ts) {
      add((int) UtcDay.of(ts), 1, ts, ts);
    }

    void add(int day, int count, long firstTs, long lastTs) {
      int at = size > 0 && days[size - 1] == day ? size - 1 : lowerBound(day);
      if (at == size || days[at] != day) {
        if (size == days.length) {
          days = Arrays.copyOf(days, size + (size >> 1) + 1);
          counts = Arrays.copyOf(counts, days.length);
        }
        System.arraycopy(days, at, days, at + 1, size - at);
        System.arraycopy(counts, at, counts, at + 1, size - at);
        days[at] = day;
        counts[at] = 0;
        size++;
      }
      counts[at] += count;
      total += count;
      min = Math.min(min, firstTs);
      max = Math.max(max, lastTs);
    }

    long between(long fromDay, long toDay) {
      long count = 0;
      for (int i = lowerBound(fromDay); i < size && days[i] < toDay; i++) {
        count += counts[i];
      }
      return count;
    }

    int lowerBound(long day) {
      int low = 0;
      int high = size;
      while (low < high) {
        int middle = (low + high) >>> 1;
        if (days[middle] < day) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      return low;
    }
  }
}
