package io.vatio.reading;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The times in chunks that were asked for lately, so that late data in many small batches does not
/// unpack the same chunks again and again. At most 8 MB. Thread safe.
final class ChunkTimes {
  private static final int MOST = 1_000_000;

  private final Map<Long, long[]> byId = new LinkedHashMap<>(64, 0.75f, true);
  private int held;

  synchronized long @Nullable [] get(long chunkId) {
    return byId.get(chunkId);
  }

  synchronized void put(long chunkId, long[] times) {
    long[] before = byId.put(chunkId, times);
    held += times.length - (before == null ? 0 : before.length);
    var oldest = byId.values().iterator();
    while (held > MOST && oldest.hasNext()) {
      held -= oldest.next().length;
      oldest.remove();
    }
  }
}
