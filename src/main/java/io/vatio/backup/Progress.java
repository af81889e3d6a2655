package io.vatio.backup;

/// Who wants to know how far the work is. Called on the working thread, now and then.
@FunctionalInterface
public interface Progress {
  /// @param what table or folder in work
  /// @param done rows or files of it so far
  /// @param of all of them, as far as known beforehand; 0 for unknown
  void at(String what, long done, long of);

  /// Tells nobody.
  static Progress silent() {
    return (_, _, _) -> {};
  }
}
