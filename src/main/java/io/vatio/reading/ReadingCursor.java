package io.vatio.reading;

import org.jdbi.v3.core.Handle;

/// A durable place in the sequence of readings: everything up to its seq was dealt with. Its reader
/// moves it in the same transaction as what it made of the readings, so that nothing is dealt with
/// twice or never. Used by one thread; others only see how far it is.
public final class ReadingCursor {
  private static final String SAVE =
      """
      INSERT INTO reading_mark (name, value) VALUES (?, ?)
      ON CONFLICT (name) DO UPDATE SET value = excluded.value
      """;

  private final String mark;
  private volatile long seq;

  ReadingCursor(String mark, long seq) {
    this.mark = mark;
    this.seq = seq;
  }

  /// Its name in the table of marks.
  String mark() {
    return mark;
  }

  /// What it has passed, as far as committed.
  public long seq() {
    return seq;
  }

  /// Writes the new place inside the reader's transaction. Counts once [#advanced] says that it was
  /// committed.
  public void advance(Handle handle, long to) {
    handle.execute(SAVE, mark, to);
  }

  /// Says that the transaction of [#advance] was committed: what lies before may be sealed now.
  public void advanced(long to) {
    seq = to;
  }
}
