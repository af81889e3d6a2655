package io.vatio.backup;

/// Who wants to know how far the work is. Called on the working thread, now and then.
@FunctionalInterface
public interface Progress {
  /// How many rows there will be is not known beforehand: to count them is to read them all once
  /// more.
  ///
  /// @param table in work
  /// @param rows of it so far
  /// @param complete whether these are all
  void at(String table, long rows, boolean complete);

  /// Tells nobody.
  static Progress silent() {
    return (_, _, _) -> {};
  }
}
