package io.vatio.platform.db;

import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// A database that takes along what the present thread's work carries: it is committed in the same
/// transaction as the first thing that the work writes, or not at all.
///
/// What other threads write in the name of the work is not seen. Thread safe.
public final class CarryingDatabase implements Database {
  private static final ScopedValue<Rider> CARRIED = ScopedValue.newInstance();

  private final Database database;

  public CarryingDatabase(Database database) {
    this.database = database;
  }

  /// What is written along, once. Used by one thread.
  public abstract static class Rider {
    private boolean arrived;

    /// Writes it; an exception rolls back the work's own writing too.
    protected abstract void write(Handle handle);

    /// Whether it is committed.
    public final boolean hasArrived() {
      return arrived;
    }
  }

  /// Does a piece of work that carries this rider.
  public static <T, X extends Throwable> T carrying(Rider rider, ScopedValue.CallableOp<T, X> work)
      throws X {
    return ScopedValue.where(CARRIED, rider).call(work);
  }

  @Override
  public Dialect dialect() {
    return database.dialect();
  }

  @Override
  public <T extends @Nullable Object> T read(Work<T> work) {
    return database.read(work);
  }

  @Override
  public <T extends @Nullable Object> T write(Work<T> work) {
    if (!CARRIED.isBound() || CARRIED.get().arrived) {
      return database.write(work);
    }
    Rider rider = CARRIED.get();
    T result =
        database.write(
            handle -> {
              rider.write(handle);
              return work.run(handle);
            });
    rider.arrived = true;
    return result;
  }

  @Override
  public <T extends @Nullable Object> T writeFirst(Work<T> work) {
    return database.writeFirst(work);
  }

  @Override
  public void check() {
    database.check();
  }

  @Override
  public void close() {
    database.close();
  }
}
