package io.vatio.platform.schedule;

import io.vatio.platform.db.StorageException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A daemon thread that does a round of work every so often, at once when the last one left some,
/// or as soon as it is asked to.
///
/// A round that fails harms only itself: the log says it, and after [#AFTER_FAILURE] the next one
/// tries again, however often they are due. A database that stays away is said once, and once when
/// it is back, so that the log does not fill what room is left. Thread safe.
public final class Upkeep implements AutoCloseable {
  /// Between a round that failed and the next one.
  public static final Duration AFTER_FAILURE = Duration.ofSeconds(10);

  private static final Logger LOG = LoggerFactory.getLogger(Upkeep.class);
  private static final long LONGEST_STEP_S = 30;

  private final Duration every;
  private final Duration afterFailure;
  private final Round round;
  private final Lock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Thread thread;

  /// Why the last round was put off, null when it was not.
  private @Nullable String trouble;

  private boolean wanted;
  private volatile boolean closed;

  /// @param name of the thread, and of the work in the log
  /// @param every from the end of a round to the next one, and from the start to the first
  public Upkeep(String name, Duration every, Round round) {
    this(name, every, AFTER_FAILURE, round);
  }

  Upkeep(String name, Duration every, Duration afterFailure, Round round) {
    this.every = every;
    this.afterFailure = afterFailure;
    this.round = round;
    this.thread = Thread.ofPlatform().daemon().name(name).unstarted(this::run);
  }

  /// Starts the thread. Its first round comes at once when [#wake] was called before.
  public void start() {
    thread.start();
  }

  /// Asks for a round now, or after the one that is under way. Does not shorten the wait after a
  /// failure.
  public void wake() {
    lock.lock();
    try {
      wanted = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// For the round itself: lets others go first for a while.
  ///
  /// @return false when it is time to end
  public boolean pause(Duration time) {
    return waitFor(time, false);
  }

  /// Whether it is time to end; long rounds ask between their steps.
  public boolean isClosed() {
    return closed;
  }

  private void run() {
    Duration wait = every;
    boolean untilWanted = true;
    while (waitFor(wait, untilWanted)) {
      boolean worked = false;
      boolean more = false;
      try {
        more = round.run(this);
        worked = true;
        workedAgain();
      } catch (StorageException e) {
        putOff(String.valueOf(e.getMessage()));
      } catch (RuntimeException | Error e) {
        LOG.error("{}: this round failed, the next one tries again", thread.getName(), e);
      }
      wait = !worked ? afterFailure : more ? Duration.ZERO : every;
      untilWanted = worked;
    }
  }

  private void putOff(String why) {
    if (Objects.equals(trouble, why)) {
      LOG.debug("{} is still put off: {}", thread.getName(), why);
    } else {
      LOG.warn("{} is put off: {}", thread.getName(), why);
    }
    trouble = why;
  }

  private void workedAgain() {
    if (trouble != null) {
      LOG.info("{} goes on", thread.getName());
      trouble = null;
    }
  }

  private boolean waitFor(Duration time, boolean untilWanted) {
    lock.lock();
    try {
      long left = time.toNanos();
      while (left > 0 && !closed && !(untilWanted && wanted)) {
        left = changed.awaitNanos(left);
      }
      if (untilWanted) {
        wanted = false;
      }
      return !closed;
    } catch (InterruptedException _) {
      return false;
    } finally {
      lock.unlock();
    }
  }

  /// Waits for the step that is under way, half a minute at most. Also without a start.
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    try {
      thread.join(TimeUnit.SECONDS.toMillis(LONGEST_STEP_S));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /// What is done each time; asks [#pause] or [#isClosed] between its steps.
  @FunctionalInterface
  public interface Round {
    /// @return whether there is more to do at once
    boolean run(Upkeep upkeep);
  }
}
