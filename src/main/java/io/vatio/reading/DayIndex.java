package io.vatio.reading;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The places of all readings of some series on one UTC day, in order of time and then of series:
/// so a page in the middle of a day with a million readings of a thousand series is found without
/// asking each of them. Eight bytes a reading; what does not change is kept for the next page.
final class DayIndex {
  /// Bits of the number of a series; the rest of 63 is enough for the microseconds of a day.
  private static final int SERIES_BITS = 26;

  private static final int MOST_SERIES = 1 << SERIES_BITS;

  /// Series read at once while it is made.
  private static final int PIECE = 64;

  private final long start;
  private final long[] places;

  private DayIndex(long start, long[] places) {
    this.start = start;
    this.places = places;
  }

  static DayIndex of(ReadingStore store, int[] seriesIds, long day, long expected) {
    long start = day * UtcDay.MICROS;
    long[] places = new long[Math.toIntExact(expected) + 16];
    int size = 0;
    for (int from = 0; from < seriesIds.length; from += PIECE) {
      int[] piece = Arrays.copyOfRange(seriesIds, from, Math.min(seriesIds.length, from + PIECE));
      for (Reading reading : store.within(piece, start, start + UtcDay.MICROS)) {
        if (Lecturas.isDiscarded(reading)) {
          continue;
        }
        if (size == places.length) {
          places = Arrays.copyOf(places, size + (size >> 2) + 16);
        }
        places[size++] = (reading.ts() - start) << SERIES_BITS | reading.seriesId();
      }
    }
    places = Arrays.copyOf(places, size);
    Arrays.sort(places);
    return new DayIndex(start, places);
  }

  int size() {
    return places.length;
  }

  /// How many come before this time.
  int before(long ts) {
    long offset = Math.clamp(ts - start, 0, UtcDay.MICROS);
    int low = 0;
    int high = places.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (places[middle] >>> SERIES_BITS < offset) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /// The reading at a place of the order, as it is now; empty when it was taken out meanwhile.
  Optional<Reading> at(ReadingStore store, int place) {
    return store
        .find((int) (places[place] & (MOST_SERIES - 1)), start + (places[place] >>> SERIES_BITS))
        .filter(reading -> !Lecturas.isDiscarded(reading));
  }

  /// Those that were made lately. Thread safe.
  static final class Kept {
    /// Readings of a day beyond which none is made.
    static final long MOST = 1_500_000;

    /// For fewer series each can be asked.
    static final int MANY_SERIES = 20;

    private final Map<Key, Made> byKey = new LinkedHashMap<>(16, 0.75f, true);
    private long held;

    /// The index of a day that is as good as new, null when there is none.
    synchronized @Nullable DayIndex find(ReadingDays days, int[] seriesIds, long day) {
      Made made = byKey.get(Key.of(seriesIds, day));
      return made == null || made.stamp() != days.stamp(day) ? null : made.index();
    }

    /// The index of a day, made now when there is none.
    ///
    /// @param there those of the series that have readings on that day
    DayIndex get(
        ReadingStore store,
        ReadingDays days,
        int[] seriesIds,
        int[] there,
        long day,
        long expected) {
      DayIndex known = find(days, seriesIds, day);
      if (known != null) {
        return known;
      }
      long stamp = days.stamp(day);
      DayIndex index = of(store, there, day, expected);
      keep(Key.of(seriesIds, day), new Made(stamp, index));
      return index;
    }

    private synchronized void keep(Key key, Made made) {
      Made before = byKey.put(key, made);
      held += made.index().size() - (before == null ? 0 : before.index().size());
      List<Key> oldest = new ArrayList<>(byKey.keySet());
      for (int i = 0; held > MOST && i < oldest.size() - 1; i++) {
        Made gone = byKey.remove(oldest.get(i));
        held -= gone == null ? 0 : gone.index().size();
      }
    }

    private record Made(long stamp, DayIndex index) {}

    private record Key(List<Integer> seriesIds, long day) {
      static Key of(int[] seriesIds, long day) {
        return new Key(Arrays.stream(seriesIds).boxed().toList(), day);
      }
    }
  }
}
