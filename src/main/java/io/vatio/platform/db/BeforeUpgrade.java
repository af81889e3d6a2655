package io.vatio.platform.db;

/// What has to be done before the schema of a database that holds data is brought up to date, such
/// as a snapshot. Called on the thread that opens the database; nothing is changed when it throws.
@FunctionalInterface
public interface BeforeUpgrade {
  /// @param schema the version that is there, never 0
  void run(int schema);

  /// Does nothing.
  static BeforeUpgrade nothing() {
    return _ -> {};
  }
}
