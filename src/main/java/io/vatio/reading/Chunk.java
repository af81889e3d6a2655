package io.vatio.reading;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Readings of one series by column, oldest first, as they come out of their compressed form.
final class Chunk {
  private final int seriesId;
  private final long[] ts;
  private final double[] values;
  private final long[] qualities;
  private final long[] seqs;
  private final List<@Nullable String> metas;

  Chunk(
      int seriesId,
      long[] ts,
      double[] values,
      long[] qualities,
      long[] seqs,
      List<@Nullable String> metas) {
    this.seriesId = seriesId;
    this.ts = ts;
    this.values = values;
    this.qualities = qualities;
    this.seqs = seqs;
    this.metas = metas;
  }

  int size() {
    return ts.length;
  }

  long ts(int i) {
    return ts[i];
  }

  Reading get(int i) {
    return new Reading(seqs[i], seriesId, ts[i], values[i], (int) qualities[i], metas.get(i));
  }

  /// The reading with this seq, null for none.
  @Nullable Reading findBySeq(long seq) {
    for (int i = 0; i < seqs.length; i++) {
      if (seqs[i] == seq) {
        return get(i);
      }
    }
    return null;
  }

  /// The place of the first reading at or after a time; its size when there is none.
  int lowerBound(long time) {
    return lowerBound(ts, time);
  }

  static int lowerBound(long[] sorted, long time) {
    int low = 0;
    int high = sorted.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (sorted[middle] < time) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
