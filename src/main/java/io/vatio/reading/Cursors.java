package io.vatio.reading;

import io.vatio.platform.db.Database;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jdbi.v3.core.Handle;

/// All cursors that were ever asked for, from their marks. Thread safe.
final class Cursors {
  private static final String PREFIX = "cursor:";

  private final Map<String, ReadingCursor> byMark = new ConcurrentHashMap<>();

  void load(Handle handle) {
    handle
        .createQuery("SELECT name, value FROM reading_mark WHERE name LIKE 'cursor:%'")
        .map((row, _) -> new ReadingCursor(row.getString(1), row.getLong(2)))
        .forEach(cursor -> byMark.putIfAbsent(cursor.mark(), cursor));
  }

  ReadingCursor get(Database database, String name) {
    String mark = PREFIX + name;
    ReadingCursor known = byMark.get(mark);
    if (known != null) {
      return known;
    }
    // It holds readings from now on, also over a restart before its first step.
    ReadingCursor fresh = new ReadingCursor(mark, 0);
    ReadingCursor before = byMark.putIfAbsent(mark, fresh);
    if (before != null) {
      return before;
    }
    database.write(
        handle -> {
          fresh.advance(handle, 0);
          return true;
        });
    return fresh;
  }

  /// Who is last.
  Optional<String> slowestName() {
    return byMark.values().stream()
        .min(Comparator.comparingLong(ReadingCursor::seq))
        .map(cursor -> cursor.mark().substring(PREFIX.length()));
  }

  /// What all of them have passed; Long.MAX_VALUE when there is none.
  long slowest() {
    long slowest = Long.MAX_VALUE;
    for (ReadingCursor cursor : byMark.values()) {
      slowest = Math.min(slowest, cursor.seq());
    }
    return slowest;
  }
}
