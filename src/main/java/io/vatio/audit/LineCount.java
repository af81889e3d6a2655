package io.vatio.audit;

/// How many lines a list has.
///
/// @param capped whether there may be more: counting ended there
record LineCount(long lines, boolean capped) {
  /// The most that are counted one by one.
  static final int MOST = 10_000;

  /// The most that a search counts: each is read whole.
  static final int MOST_FOUND = 2_000;

  static LineCount exactly(long lines) {
    return new LineCount(lines, false);
  }

  /// Of a count that ends behind this many.
  static LineCount counted(int most, long lines) {
    return new LineCount(Math.min(lines, most), lines > most);
  }
}
