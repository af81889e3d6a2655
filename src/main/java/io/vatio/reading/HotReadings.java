package io.vatio.reading;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/// All unsealed readings, in memory by series and time. Thread safe; who changes what is said at
/// [HotSeries].
final class HotReadings {
  private final Map<Integer, HotSeries> series = new ConcurrentHashMap<>();
  private volatile long lastSeq;
  private volatile long sealedSeq;

  /// The seq of the newest committed reading.
  long lastSeq() {
    return lastSeq;
  }

  void lastSeq(long seq) {
    lastSeq = seq;
  }

  /// Everything up to this seq is sealed.
  long sealedSeq() {
    return sealedSeq;
  }

  /// How many are not sealed, or a few more.
  long size() {
    return lastSeq - sealedSeq;
  }

  @Nullable HotSeries find(int seriesId) {
    return series.get(seriesId);
  }

  /// @param fresh makes it when it is not there; may run in vain
  HotSeries get(int seriesId, IntFunction<HotSeries> fresh) {
    HotSeries known = series.get(seriesId);
    if (known != null) {
      return known;
    }
    HotSeries made = fresh.apply(seriesId);
    HotSeries before = series.putIfAbsent(seriesId, made);
    return before == null ? made : before;
  }

  Map<Integer, HotSeries> bySeries() {
    return series;
  }

  List<Reading> between(int seriesId, long from, long to, int limit) {
    HotSeries hot = series.get(seriesId);
    return hot == null ? List.of() : hot.between(from, to, limit);
  }

  /// Says what is sealed, at the start.
  void sealedSeq(long seq) {
    sealedSeq = seq;
  }

  /// Forgets what is sealed now.
  void sealed(long seq) {
    series.values().forEach(hot -> hot.sealed(seq));
    sealedSeq = seq;
  }
}
