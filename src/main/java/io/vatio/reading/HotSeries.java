package io.vatio.reading;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// The unsealed readings of one series in order of time, and the newest of all. Thread safe;
/// written by whoever has the [AppendTurn], and by the sealing thread.
final class HotSeries {
  private @Nullable Reading[] rows = new Reading[4];
  private int size;
  private @Nullable Reading latest;
  private boolean latestKnown;
  private long sealedMax;
  private long version;

  /// @param sealedMax the greatest time of any sealed reading, Long.MIN_VALUE for none
  HotSeries(long sealedMax) {
    this.sealedMax = sealedMax;
    this.latestKnown = sealedMax == Long.MIN_VALUE;
  }

  /// The greatest time of any sealed reading; Long.MIN_VALUE for none.
  synchronized long sealedMax() {
    return sealedMax;
  }

  /// The greatest time of all, hot or sealed; Long.MIN_VALUE for none.
  synchronized long max() {
    return size == 0 ? sealedMax : Math.max(sealedMax, row(size - 1).ts());
  }

  synchronized boolean contains(long ts) {
    return find(ts) != null;
  }

  synchronized @Nullable Reading find(long ts) {
    int at = lowerBound(ts);
    return at < size && row(at).ts() == ts ? row(at) : null;
  }

  /// Takes a reading; one of the same time, which it corrects, is forgotten.
  synchronized void add(Reading reading) {
    boolean beyondAll = reading.ts() > max();
    int at = lowerBound(reading.ts());
    if (at == size || row(at).ts() != reading.ts()) {
      if (size == rows.length) {
        rows = Arrays.copyOf(rows, size + (size >> 1));
      }
      System.arraycopy(rows, at, rows, at + 1, size - at);
      size++;
    }
    rows[at] = reading;
    version++;
    if ((reading.quality() & Quality.CLOCK.bit()) != 0) {
      if (latest != null && latest.ts() == reading.ts()) {
        latestKnown = false;
      }
    } else if (beyondAll || (latestKnown && (latest == null || reading.ts() >= latest.ts()))) {
      latest = reading;
      latestKnown = true;
    }
  }

  /// Forgets the readings up to this seq, which are sealed now.
  synchronized void sealed(long seq) {
    int kept = 0;
    for (int i = 0; i < size; i++) {
      Reading reading = row(i);
      if (reading.seq() <= seq) {
        sealedMax = Math.max(sealedMax, reading.ts());
      } else {
        rows[kept++] = reading;
      }
    }
    shrinkTo(kept);
  }

  /// Forgets the readings before this time, which are deleted.
  synchronized void deleteBefore(long ts) {
    int first = lowerBound(ts);
    System.arraycopy(rows, first, rows, 0, size - first);
    shrinkTo(size - first);
  }

  /// Says that sealed readings before this time are deleted: the latest may be one of them.
  synchronized void forgetLatestBefore(long ts) {
    version++;
    if (latest != null && latest.ts() < ts) {
      latestKnown = false;
    }
  }

  /// The readings up to this seq, oldest first.
  synchronized List<Reading> upTo(long seq) {
    List<Reading> result = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      Reading reading = row(i);
      if (reading.seq() <= seq) {
        result.add(reading);
      }
    }
    return result;
  }

  private void shrinkTo(int kept) {
    Arrays.fill(rows, kept, size, null);
    size = kept;
    if (rows.length > 64 && size < rows.length / 4) {
      rows = Arrays.copyOf(rows, Math.max(4, size * 2));
    }
  }

  /// The time of the oldest hot reading.
  synchronized OptionalLong first() {
    return size == 0 ? OptionalLong.empty() : OptionalLong.of(row(0).ts());
  }

  synchronized Latest latest() {
    return new Latest(latestKnown, latest, version);
  }

  /// Takes what a search among all readings found, unless something came in between.
  synchronized void found(@Nullable Reading reading, long whenVersion) {
    if (version == whenVersion) {
      latest = reading;
      latestKnown = true;
    }
  }

  /// The newest hot readings with from ≤ ts < to, at most limit, oldest first.
  synchronized List<Reading> between(long from, long to, int limit) {
    int end = lowerBound(to);
    int start = Math.max(lowerBound(from), end - limit);
    List<Reading> result = new ArrayList<>(Math.max(0, end - start));
    for (int i = start; i < end; i++) {
      result.add(row(i));
    }
    return result;
  }

  private int lowerBound(long ts) {
    // Nearly always the new reading is the newest.
    if (size == 0 || row(size - 1).ts() < ts) {
      return size;
    }
    int low = 0;
    int high = size;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (row(middle).ts() < ts) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private Reading row(int index) {
    Reading reading = rows[index];
    if (reading == null) {
      throw new IllegalStateException("hot row " + index + " of " + size);
    }
    return reading;
  }

  /// The reading with the latest time whose clock is to be believed.
  ///
  /// @param known false when only a search among all readings can tell
  /// @param version for [#found]
  record Latest(boolean known, @Nullable Reading reading, long version) {}
}
