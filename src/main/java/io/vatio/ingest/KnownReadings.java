package io.vatio.ingest;

import io.vatio.kernel.Micros;
import io.vatio.reading.Appended;
import io.vatio.reading.NewReading;
import io.vatio.reading.Reading;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Readings of sensors that are there, checked already, by column: what a program sends by the
/// thousand. All of them are stored in one commit, or none.
///
/// Filled by one thread, then handed to the inbox and left alone.
final class KnownReadings {
  /// The time of a reading that came without one: when the message arrived.
  static final long UNTIMED = Long.MIN_VALUE;

  /// Memory of a reading while it waits.
  private static final int BYTES = 100;

  /// Series that it has readings of, and their devices.
  private final Map<Integer, Long> used = new LinkedHashMap<>();

  private int last;
  private int[] series;
  private long[] times;
  private double[] values;
  private @Nullable String[] metas;
  private int size;
  private long metaBytes;

  /// What became of a lone reading, once it is committed.
  private volatile @Nullable Reading stored;

  /// @param expected how many there will be, about
  KnownReadings(int expected) {
    this.series = new int[expected];
    this.times = new long[expected];
    this.values = new double[expected];
    this.metas = new String[expected];
  }

  /// @param at microseconds since 1970 UTC, or [#UNTIMED]
  /// @param meta JSON text, null for none
  void add(int seriesId, long deviceId, long at, double value, @Nullable String meta) {
    if (size == series.length) {
      int room = Math.max(16, size * 2);
      series = Arrays.copyOf(series, room);
      times = Arrays.copyOf(times, room);
      values = Arrays.copyOf(values, room);
      metas = Arrays.copyOf(metas, room);
    }
    if (seriesId != last || size == 0) {
      used.put(seriesId, deviceId);
      last = seriesId;
    }
    series[size] = seriesId;
    times[size] = at;
    values[size] = value;
    metas[size] = meta;
    metaBytes += meta == null ? 0 : meta.length();
    size++;
  }

  int size() {
    return size;
  }

  /// About how much memory it takes.
  long bytes() {
    return (long) size * BYTES + metaBytes;
  }

  /// The series that it has readings of, and their devices.
  Map<Integer, Long> used() {
    return used;
  }

  int seriesId(int i) {
    return series[i];
  }

  long time(int i) {
    return times[i];
  }

  double value(int i) {
    return values[i];
  }

  @Nullable String meta(int i) {
    return metas[i];
  }

  /// Puts its rows behind those of others.
  void addTo(List<NewReading> rows, Instant receivedAt) {
    long received = Micros.of(receivedAt);
    for (int i = 0; i < size; i++) {
      boolean timed = times[i] != UNTIMED;
      long at = timed ? times[i] : received;
      int quality = timed ? Validator.clock(at, received) : 0;
      rows.add(new NewReading(series[i], at, timed, values[i], quality, metas[i], 0, false));
    }
  }

  /// Takes what a commit made of it.
  void stored(Appended appended, int firstRow) {
    if (size == 1) {
      stored = appended.rows().get(firstRow);
    }
  }

  /// The reading as it was stored, where it is a lone one and was new; known once the receipt is,
  /// and never while it waits in the spool.
  @Nullable Reading stored() {
    return stored;
  }
}
