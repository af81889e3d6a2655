package io.vatio.reading;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A daemon thread that does a round of work every so often, or as soon as it is asked to. A round
/// that fails is said in the log and tried again next time.
final class Upkeep implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Upkeep.class);

  private final Duration every;
  private final Round round;
  private final Lock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Thread thread;
  private boolean wanted;
  private boolean closed;

  Upkeep(String name, Duration every, Round round) {
    this.every = every;
    this.round = round;
    this.thread = Thread.ofPlatform().daemon().name(name).unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  /// Asks for a round now.
  void wake() {
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
  boolean pause(Duration time) {
    return waitFor(time, false);
  }

  private void run() {
    while (waitFor(every, true)) {
      try {
        round.run(this);
      } catch (RuntimeException | Error e) {
        LOG.error("{}: this round failed, the next one tries again", thread.getName(), e);
      }
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

  /// Waits for the step that is under way.
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
      thread.join(TimeUnit.SECONDS.toMillis(30));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /// What is done each time; asks [#pause] between its steps.
  interface Round {
    void run(Upkeep upkeep);
  }
}
