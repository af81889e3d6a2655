package io.vatio.reading;

import io.vatio.platform.db.Database;
import io.vatio.platform.db.StorageException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// A database whose n-th write from now on fails, as a full disk, a fault in the middle or a death
/// right after the commit would make it fail.
final class FaultyDatabase implements Database {
  enum Fault {
    BEFORE,
    INSIDE,
    AFTER
  }

  private final Database real;
  private int writesLeft = Integer.MAX_VALUE;
  private Fault fault = Fault.BEFORE;

  FaultyDatabase(Database real) {
    this.real = real;
  }

  void failAt(int write, Fault how) {
    writesLeft = write;
    fault = how;
  }

  void work() {
    writesLeft = Integer.MAX_VALUE;
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
    boolean fails = --writesLeft <= 0;
    if (fails && fault == Fault.BEFORE) {
      throw failure();
    }
    T result =
        real.write(
            handle -> {
              T made = work.run(handle);
              if (fails && fault == Fault.INSIDE) {
                throw failure();
              }
              return made;
            });
    if (fails) {
      throw failure();
    }
    return result;
  }

  private static StorageException failure() {
    return new StorageException("as ordered", new IOException("as ordered"));
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
