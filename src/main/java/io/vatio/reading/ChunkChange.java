package io.vatio.reading;

import java.util.ArrayList;
import java.util.List;

/// New chunks of one series and day, and which old ones they replace; prepared outside a
/// transaction, done inside one by [ChunkTable#apply].
///
/// @param removed ids of chunks whose readings are in the new ones
/// @param aside ids of damaged chunks: they are kept, but not asked any more
record ChunkChange(
    int seriesId, long day, List<Long> removed, List<Long> aside, List<Sealed> added) {
  ChunkChange {
    removed = List.copyOf(removed);
    aside = List.copyOf(aside);
    added = List.copyOf(added);
  }

  /// Puts readings into as few chunks as they fit in, of nearly the same size.
  ///
  /// @param readings of one series and UTC day, oldest first
  static List<Sealed> seal(List<Reading> readings, int most, boolean merged) {
    int n = readings.size();
    int pieces = (n + most - 1) / most;
    List<Sealed> sealed = new ArrayList<>(pieces);
    for (int i = 0; i < pieces; i++) {
      int from = (int) ((long) n * i / pieces);
      int to = (int) ((long) n * (i + 1) / pieces);
      sealed.add(Sealed.of(readings.subList(from, to), merged));
    }
    return sealed;
  }

  /// Bytes to write.
  int bytes() {
    int bytes = 0;
    for (Sealed sealed : added) {
      bytes += sealed.data().length;
    }
    return bytes;
  }

  /// A chunk that is not in the table yet.
  ///
  /// @param merged whether it has its last shape
  record Sealed(
      long fromTs, long toTs, int count, long minSeq, long maxSeq, boolean merged, byte[] data) {

    static Sealed of(List<Reading> readings, boolean merged) {
      long minSeq = Long.MAX_VALUE;
      long maxSeq = Long.MIN_VALUE;
      for (Reading reading : readings) {
        minSeq = Math.min(minSeq, reading.seq());
        maxSeq = Math.max(maxSeq, reading.seq());
      }
      return new Sealed(
          readings.getFirst().ts(),
          readings.getLast().ts(),
          readings.size(),
          minSeq,
          maxSeq,
          merged,
          ChunkCodec.encode(readings));
    }
  }
}
