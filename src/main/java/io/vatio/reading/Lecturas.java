package io.vatio.reading;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Readings of many series as one list, in order of time and then of series: counted, cut into
/// pages, found by number. What people took out of it is not in it.
///
/// A reading keeps the number it came in with, also when it is corrected. Thread safe; blocks on
/// the store.
public final class Lecturas {
  /// So many readings may be looked at to find the few of a page; more are first counted away.
  static final long NEAR = 3_000;

  /// How many readings a stretch of time should have, for each one that is needed.
  private static final double GENEROUS = 1.5;

  private static final Comparator<Reading> ORDER =
      Comparator.comparingLong(Reading::ts).thenComparingInt(Reading::seriesId);

  private final ReadingStore store;
  private final long near;
  private final int manySeries;
  private final DayIndex.Kept indexes = new DayIndex.Kept();

  public Lecturas(ReadingStore store) {
    this(store, NEAR, DayIndex.Kept.MANY_SERIES);
  }

  /// @param near so many readings may be looked at to find the few of a page
  /// @param manySeries from so many on a day's readings are put in order once
  Lecturas(ReadingStore store, long near, int manySeries) {
    this.store = store;
    this.near = near;
    this.manySeries = manySeries;
  }

  /// Which readings of a list.
  ///
  /// @param seriesIds of these series
  /// @param from not before, microseconds since 1970 UTC
  /// @param to before
  record Range(int[] seriesIds, long from, long to) {
    Range until(long end) {
      return new Range(seriesIds, from, Math.min(to, end));
    }

    Range since(long start) {
      return new Range(seriesIds, Math.max(from, start), to);
    }
  }

  /// A place between two readings.
  record Place(long ts, int seriesId) {}

  /// Whether somebody took it out.
  public static boolean isDiscarded(Reading reading) {
    return (reading.quality() & Quality.DISCARDED.bit()) != 0;
  }

  /// The reading of this series at this very microsecond, also one that was taken out.
  public Optional<Reading> find(int seriesId, long ts) {
    return store.find(seriesId, ts).map(reading -> store.withFirstSeq(List.of(reading)).getFirst());
  }

  /// The reading with this number.
  Optional<Reading> findById(long id) {
    return store
        .findBySeq(id)
        .filter(reading -> !isDiscarded(reading))
        .map(reading -> store.withFirstSeq(List.of(reading)).getFirst());
  }

  /// How many some series have, without looking at them.
  public long count(int[] seriesIds) {
    return store.days().count(seriesIds);
  }

  /// How many there are.
  long count(Range range) {
    ReadingDays days = store.days();
    if (range.from() == Long.MIN_VALUE && range.to() == Long.MAX_VALUE) {
      return days.count(range.seriesIds());
    }
    return count(days, range);
  }

  private long count(ReadingDays days, Range range) {
    long from = Math.max(range.from(), days.min(range.seriesIds()));
    long max = days.max(range.seriesIds());
    long to = Math.min(range.to(), max == Long.MAX_VALUE ? max : max + 1);
    return from >= to
        ? 0
        : all(days, range.seriesIds(), from, to) - days.discarded(range.seriesIds(), from, to);
  }

  /// How many there are, also those that were taken out.
  private long all(ReadingDays days, int[] seriesIds, long from, long to) {
    long firstDay = UtcDay.start(from) == from ? UtcDay.of(from) : UtcDay.of(from) + 1;
    long endDay = UtcDay.of(to);
    if (firstDay > endDay) {
      return edge(days, seriesIds, from, to);
    }
    return edge(days, seriesIds, from, firstDay * UtcDay.MICROS)
        + days.onDays(seriesIds, firstDay, endDay)
        + edge(days, seriesIds, endDay * UtcDay.MICROS, to);
  }

  /// A part of one day.
  private long edge(ReadingDays days, int[] seriesIds, long from, long to) {
    if (from >= to) {
      return 0;
    }
    int[] there = days.within(seriesIds, from, to);
    return there.length == 0 ? 0 : store.count(there, from, to);
  }

  /// A page.
  ///
  /// @param skip how many come before it
  List<Reading> page(Range range, boolean newestFirst, long skip, int limit) {
    return newestFirst
        ? newest(range, skip, _ -> true, limit)
        : oldest(range, skip, _ -> true, limit);
  }

  /// What comes behind a place in the order of the list.
  List<Reading> after(Range range, boolean newestFirst, Place place, int limit) {
    Reading mark = new Reading(0, place.seriesId(), place.ts(), 0, 0, null);
    return newestFirst
        ? newest(range.until(behind(place.ts())), 0, r -> ORDER.compare(r, mark) < 0, limit)
        : oldest(range.since(place.ts()), 0, r -> ORDER.compare(r, mark) > 0, limit);
  }

  private static long behind(long ts) {
    return ts == Long.MAX_VALUE ? ts : ts + 1;
  }

  private List<Reading> newest(Range range, long skip, Predicate<Reading> wanted, int limit) {
    ReadingDays days = store.days();
    long end = Math.min(range.to(), behind(days.max(range.seriesIds())));
    long from = Math.max(range.from(), days.min(range.seriesIds()));
    Skipped start = skipNewest(days, new Range(range.seriesIds(), from, end), skip);
    List<Reading> found = new ArrayList<>();
    long missing = start.left() + limit;
    double generous = GENEROUS;
    long to = start.at();
    long left = start.left();
    while (found.size() < left + limit && from < to) {
      DayIndex index = index(days, range.seriesIds(), UtcDay.of(to - 1), left > near);
      if (index != null) {
        int place = index.before(to);
        int first = index.before(from);
        long jump = Math.clamp(left - found.size(), 0, place - first);
        left -= jump;
        place -= (int) jump;
        while (place > first && found.size() < left + limit) {
          index.at(store, --place).filter(wanted).ifPresent(found::add);
        }
        missing = Math.max(1, left + limit - found.size());
        to = Math.max(from, UtcDay.start(to - 1));
        continue;
      }
      long cut = backwards(days, range.seriesIds(), from, to, missing, generous);
      while (to - cut > 1 && isCrowded(days, range.seriesIds(), cut, to, missing)) {
        cut = to - (to - cut) / 2;
      }
      List<Reading> piece = piece(days, range.seriesIds(), cut, to, wanted);
      piece.sort(ORDER.reversed());
      found.addAll(piece);
      missing = Math.max(1, left + limit - found.size());
      generous *= 4;
      to = cut;
    }
    return cut(found, left, limit);
  }

  private List<Reading> oldest(Range range, long skip, Predicate<Reading> wanted, int limit) {
    ReadingDays days = store.days();
    long end = Math.min(range.to(), behind(days.max(range.seriesIds())));
    long begin = Math.max(range.from(), days.min(range.seriesIds()));
    Skipped start = skipOldest(days, new Range(range.seriesIds(), begin, end), skip);
    List<Reading> found = new ArrayList<>();
    long missing = start.left() + limit;
    double generous = GENEROUS;
    long from = start.at();
    long left = start.left();
    while (found.size() < left + limit && from < end) {
      DayIndex index = index(days, range.seriesIds(), UtcDay.of(from), left > near);
      if (index != null) {
        int place = index.before(from);
        int behind = index.before(end);
        long jump = Math.clamp(left - found.size(), 0, behind - place);
        left -= jump;
        place += (int) jump;
        while (place < behind && found.size() < left + limit) {
          index.at(store, place++).filter(wanted).ifPresent(found::add);
        }
        missing = Math.max(1, left + limit - found.size());
        from = Math.min(end, UtcDay.start(from) + UtcDay.MICROS);
        continue;
      }
      long cut = forwards(days, range.seriesIds(), from, end, missing, generous);
      while (cut - from > 1 && isCrowded(days, range.seriesIds(), from, cut, missing)) {
        cut = from + (cut - from) / 2;
      }
      List<Reading> piece = piece(days, range.seriesIds(), from, cut, wanted);
      piece.sort(ORDER);
      found.addAll(piece);
      missing = Math.max(1, left + limit - found.size());
      generous *= 4;
      from = cut;
    }
    return cut(found, left, limit);
  }

  /// Whether a stretch of time has many more readings than are needed, as where a day's came in a
  /// minute.
  private boolean isCrowded(ReadingDays days, int[] seriesIds, long from, long to, long need) {
    return all(days, seriesIds, from, to) > 2 * (near + need);
  }

  private List<Reading> cut(List<Reading> found, long skip, int limit) {
    int from = (int) Math.min(skip, found.size());
    int to = (int) Math.min(skip + limit, found.size());
    List<Reading> page = found.subList(from, to);
    return page.isEmpty() ? List.of() : store.withFirstSeq(page);
  }

  private List<Reading> piece(
      ReadingDays days, int[] seriesIds, long from, long to, Predicate<Reading> wanted) {
    int[] there = days.within(seriesIds, from, to);
    if (there.length == 0) {
      return new ArrayList<>();
    }
    List<Reading> result = new ArrayList<>();
    for (Reading reading : store.within(there, from, to)) {
      if (!isDiscarded(reading) && wanted.test(reading)) {
        result.add(reading);
      }
    }
    return result;
  }

  /// Where a stretch that ends here should begin so that it has about so many readings.
  private long backwards(
      ReadingDays days, int[] seriesIds, long from, long to, long need, double generous) {
    ReadingDays.Totals totals = days.totals(seriesIds, UtcDay.of(from), UtcDay.of(to - 1) + 1);
    long have = 0;
    long end = to;
    for (int i = totals.days().length - 1; i >= 0; i--) {
      long start = totals.days()[i] * UtcDay.MICROS;
      long part = Math.min(end, start + UtcDay.MICROS) - start;
      double here = totals.counts()[i] * (double) part / UtcDay.MICROS;
      if (have + here > Math.max(near, need * generous)) {
        if (have > 0) {
          return Math.max(from, start + UtcDay.MICROS);
        }
        long length = (long) Math.ceil(part * (need * generous / here));
        return Math.max(from, start + part - Math.clamp(length, 1, part));
      }
      have += (long) here;
      if (have >= need * generous) {
        return Math.max(from, start);
      }
    }
    return from;
  }

  /// Where a stretch that begins here should end so that it has about so many readings.
  private long forwards(
      ReadingDays days, int[] seriesIds, long from, long to, long need, double generous) {
    ReadingDays.Totals totals = days.totals(seriesIds, UtcDay.of(from), UtcDay.of(to - 1) + 1);
    long have = 0;
    for (int i = 0; i < totals.days().length; i++) {
      long start = totals.days()[i] * UtcDay.MICROS;
      long end = start + UtcDay.MICROS;
      long part = end - Math.max(from, start);
      double here = totals.counts()[i] * (double) part / UtcDay.MICROS;
      if (have + here > Math.max(near, need * generous)) {
        if (have > 0) {
          return Math.min(to, start);
        }
        long length = (long) Math.ceil(part * (need * generous / here));
        return Math.min(to, Math.max(from, start) + Math.clamp(length, 1, part));
      }
      have += (long) here;
      if (have >= need * generous) {
        return Math.min(to, end);
      }
    }
    return to;
  }

  /// The index of a day where asking each series would take longer, null elsewhere. The newest day
  /// has one only when it must be: it would have to be made again after every reading.
  ///
  /// @param far whether many readings of the day are to be skipped
  private @Nullable DayIndex index(ReadingDays days, int[] seriesIds, long day, boolean far) {
    if (seriesIds.length < manySeries) {
      return null;
    }
    DayIndex known = indexes.find(days, seriesIds, day);
    if (known != null) {
      return known;
    }
    long count = days.onDays(seriesIds, day, day + 1);
    boolean worth = count > near && count <= DayIndex.Kept.MOST;
    boolean quiet = UtcDay.of(days.max(seriesIds)) > day;
    if (!worth || !(far || quiet)) {
      return null;
    }
    int[] there = days.within(seriesIds, day * UtcDay.MICROS, (day + 1) * UtcDay.MICROS);
    return there.length < manySeries
        ? null
        : indexes.get(store, days, seriesIds, there, day, count);
  }

  /// Goes back from the end of a range past so many readings, or nearly so many.
  private Skipped skipNewest(ReadingDays days, Range range, long skip) {
    if (skip <= near || range.from() >= range.to()) {
      return new Skipped(range.to(), skip);
    }
    ReadingDays.Totals totals =
        days.totals(range.seriesIds(), UtcDay.of(range.from()), UtcDay.of(range.to() - 1) + 1);
    long left = skip;
    for (int i = totals.days().length - 1; i >= 0; i--) {
      long start = Math.max(range.from(), totals.days()[i] * UtcDay.MICROS);
      long end = Math.min(range.to(), (totals.days()[i] + 1L) * UtcDay.MICROS);
      long here =
          end - start == UtcDay.MICROS
              ? totals.counts()[i] - days.discarded(range.seriesIds(), start, end)
              : count(days, new Range(range.seriesIds(), start, end));
      if (here > left) {
        return index(days, range.seriesIds(), totals.days()[i], true) != null
            ? new Skipped(end, left)
            : skipInDay(days, new Range(range.seriesIds(), start, end), left, here, true);
      }
      left -= here;
    }
    return new Skipped(range.from(), left);
  }

  private Skipped skipOldest(ReadingDays days, Range range, long skip) {
    if (skip <= near || range.from() >= range.to()) {
      return new Skipped(range.from(), skip);
    }
    ReadingDays.Totals totals =
        days.totals(range.seriesIds(), UtcDay.of(range.from()), UtcDay.of(range.to() - 1) + 1);
    long left = skip;
    for (int i = 0; i < totals.days().length; i++) {
      long start = Math.max(range.from(), totals.days()[i] * UtcDay.MICROS);
      long end = Math.min(range.to(), (totals.days()[i] + 1L) * UtcDay.MICROS);
      long here =
          end - start == UtcDay.MICROS
              ? totals.counts()[i] - days.discarded(range.seriesIds(), start, end)
              : count(days, new Range(range.seriesIds(), start, end));
      if (here > left) {
        return index(days, range.seriesIds(), totals.days()[i], true) != null
            ? new Skipped(start, left)
            : skipInDay(days, new Range(range.seriesIds(), start, end), left, here, false);
      }
      left -= here;
    }
    return new Skipped(range.to(), left);
  }

  /// Narrows down a part of one day until few enough readings are left to be looked at. Guesses
  /// that they are spread evenly, and halves where they are not.
  private Skipped skipInDay(ReadingDays days, Range day, long skip, long count, boolean backwards) {
    int[] there = days.within(day.seriesIds(), day.from(), day.to());
    long from = day.from();
    long to = day.to();
    long left = skip;
    long inside = count;
    boolean guess = true;
    while (left > near && to - from > 1) {
      // A little less than all that is to be skipped.
      double share = guess ? Math.max(0.0, left - near / 2.0) / inside : 0.5;
      long step = Math.clamp((long) ((to - from) * share), 1, to - from - 1);
      long middle = backwards ? to - step : from + step;
      long near =
          backwards
              ? count(days, new Range(there, middle, to))
              : count(days, new Range(there, from, middle));
      if (near <= left) {
        left -= near;
        inside -= near;
        if (backwards) {
          to = middle;
        } else {
          from = middle;
        }
      } else {
        inside = near;
        if (backwards) {
          from = middle;
        } else {
          to = middle;
        }
      }
      guess = !guess;
    }
    return new Skipped(backwards ? to : from, left);
  }

  /// A time, and how many readings on the way from there are still to be skipped.
  private record Skipped(long at, long left) {}
}
