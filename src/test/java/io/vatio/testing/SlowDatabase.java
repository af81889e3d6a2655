package io.vatio.testing;

import io.vatio.platform.db.Database;
import org.jspecify.annotations.Nullable;

/// A database on a disk that takes as long for each commit as a test wants.
///
/// What is to happen first runs at the end of each transaction, on the thread that wrote: on SQLite
/// it holds the only writer, as a slow commit does.
public final class SlowDatabase implements Database {
  private final Database real;
  private volatile Runnable beforeCommit = () -> {};

  public SlowDatabase(Database real) {
    this.real = real;
  }

  /// From now on commits wait for this; it may also throw what a commit throws.
  public void beforeCommit(Runnable what) {
    beforeCommit = what;
  }

  @Override
  public Dialect dialect() {
    return real.dialect();
  }

  @Override
  public <T extends @Nullable Object> T read(Work<T> work) {
    return real.read(work);
  }

  @Override
  public <T extends @Nullable Object> T write(Work<T> work) {
    return real.write(slow(work));
  }

  @Override
  public <T extends @Nullable Object> T writeFirst(Work<T> work) {
    return real.writeFirst(slow(work));
  }

  private <T extends @Nullable Object> Work<T> slow(Work<T> work) {
    return handle -> {
      T made = work.run(handle);
      beforeCommit.run();
      return made;
    };
  }

  @Override
  public void check() {
    real.check();
  }

  @Override
  public void close() {
    real.close();
  }
}
