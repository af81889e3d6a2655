package io.vatio.reading;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// Prepares what to change so that readings become part of the chunks: late ones are folded into
/// the chunk they fall in, others go into the gaps, small neighbours grow. Only reads; the changes
/// are done by [ChunkTable#apply], before anybody else changes chunks.
final class ChunkFolding {
  private final ChunkTable table;
  private final ChunkShape shape;

  ChunkFolding(ChunkTable table, ChunkShape shape) {
    this.table = table;
    this.shape = shape;
  }

  /// @param rows of one series, oldest first, each time once. One that is in a chunk already counts
  ///     once; of two with the same time the greater seq counts.
  List<ChunkChange> fold(Handle handle, int seriesId, List<Reading> rows) {
    List<ChunkChange> changes = new ArrayList<>();
    int from = 0;
    while (from < rows.size()) {
      int to = upperBound(rows, from, UtcDay.last(rows.get(from).ts()));
      foldDay(handle, seriesId, rows.subList(from, to), changes);
      from = to;
    }
    return changes;
  }

  private void foldDay(Handle handle, int seriesId, List<Reading> rows, List<ChunkChange> changes) {
    long day = UtcDay.of(rows.getFirst().ts());
    List<ChunkHeader> chunks = table.headers(handle, seriesId, rows.getFirst().ts());
    Group group = new Group(handle, seriesId, day);
    int r = 0;
    for (int c = 0; c < chunks.size(); c++) {
      ChunkHeader chunk = chunks.get(c);
      int first = upperBound(rows, r, chunk.fromTs() - 1);
      int last = upperBound(rows, first, chunk.toTs());
      long next = c + 1 < chunks.size() ? chunks.get(c + 1).fromTs() : Long.MAX_VALUE;
      boolean rowsBefore = first > r;
      boolean rowsAfter = last < rows.size() && rows.get(last).ts() < next;
      group.add(rows.subList(r, last));
      if (last > first || (chunk.count() < shape.small() && (rowsBefore || rowsAfter))) {
        group.add(chunk);
      } else {
        group.finish(changes);
        group = new Group(handle, seriesId, day);
      }
      r = last;
    }
    group.add(rows.subList(r, rows.size()));
    group.finish(changes);
  }

  /// Rewrites a finished day into as few chunks as it fits in; empty when it is so already.
  Optional<ChunkChange> merge(
      Handle handle, ChunkTable.SeriesDay seriesDay, List<ChunkHeader> chunks) {
    int count = chunks.stream().mapToInt(ChunkHeader::count).sum();
    if (chunks.size() <= (count + shape.most() - 1) / shape.most()) {
      return Optional.empty();
    }
    Group group = new Group(handle, seriesDay.seriesId(), seriesDay.day());
    chunks.forEach(group::add);
    return Optional.of(group.change(true));
  }

  /// The first place from here on whose time is greater.
  private static int upperBound(List<Reading> rows, int from, long ts) {
    int low = from;
    int high = rows.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (rows.get(middle).ts() <= ts) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /// Neighbouring readings and chunks that become new chunks together.
  private final class Group {
    private final Handle handle;
    private final int seriesId;
    private final long day;
    private final List<Reading> rows = new ArrayList<>();
    private final List<Reading> sealed = new ArrayList<>();
    private final List<Long> removed = new ArrayList<>();
    private final List<Long> aside = new ArrayList<>();

    Group(Handle handle, int seriesId, long day) {
      this.handle = handle;
      this.seriesId = seriesId;
      this.day = day;
    }

    void add(List<Reading> more) {
      rows.addAll(more);
    }

    void add(ChunkHeader header) {
      @Nullable Chunk chunk = table.read(handle, seriesId, header);
      if (chunk == null) {
        aside.add(header.id());
        return;
      }
      removed.add(header.id());
      for (int i = 0; i < chunk.size(); i++) {
        sealed.add(chunk.get(i));
      }
    }

    void finish(List<ChunkChange> changes) {
      if (!rows.isEmpty()) {
        changes.add(change(false));
      }
    }

    ChunkChange change(boolean merged) {
      return new ChunkChange(
          seriesId,
          day,
          removed,
          aside,
          ChunkChange.seal(Merge.oldest(rows, sealed), shape.most(), merged));
    }
  }
}
