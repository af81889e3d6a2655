package io.vatio.platform.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.platform.db.StorageException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Rounds beside: when they come, and what a failure does to them. What should not come is an hour
/// away.
@Timeout(30)
class UpkeepTest {
  private static final Duration NEVER = Duration.ofHours(1);
  private static final Duration AT_ONCE = Duration.ZERO;

  @Test
  void the_first_round_comes_at_once_when_it_was_asked_for_before_the_start() throws Exception {
    CountDownLatch ran = new CountDownLatch(1);
    try (Upkeep upkeep = new Upkeep("first", NEVER, counting(ran))) {
      upkeep.wake();
      upkeep.start();
      await(ran);
    }
  }

  @Test
  void rounds_come_by_themselves_every_so_often() throws Exception {
    CountDownLatch ran = new CountDownLatch(3);
    try (Upkeep upkeep = new Upkeep("often", Duration.ofMillis(1), counting(ran))) {
      upkeep.start();
      await(ran);
    }
  }

  @Test
  void a_round_that_left_some_is_followed_by_the_next_at_once() throws Exception {
    AtomicInteger left = new AtomicInteger(5);
    CountDownLatch ran = new CountDownLatch(5);
    Upkeep.Round round =
        _ -> {
          ran.countDown();
          return left.decrementAndGet() > 0;
        };
    try (Upkeep upkeep = new Upkeep("more", NEVER, round)) {
      upkeep.wake();
      upkeep.start();
      await(ran);
    }
    assertEquals(0, left.get(), "and no further");
  }

  @Test
  void being_asked_during_a_round_brings_another_one() throws Exception {
    CountDownLatch ran = new CountDownLatch(2);
    AtomicBoolean asked = new AtomicBoolean();
    Upkeep.Round round =
        upkeep -> {
          if (asked.compareAndSet(false, true)) {
            upkeep.wake();
          }
          ran.countDown();
          return false;
        };
    try (Upkeep upkeep = new Upkeep("asked", NEVER, round)) {
      upkeep.wake();
      upkeep.start();
      await(ran);
    }
  }

  @Test
  void a_round_that_fails_is_tried_again_long_before_the_next_one_is_due() throws Exception {
    CountDownLatch ran = new CountDownLatch(5);
    Upkeep.Round round =
        _ -> {
          ran.countDown();
          switch ((int) ran.getCount()) {
            case 4, 3 -> throw new StorageException("as ordered", new IOException("as ordered"));
            case 2 -> throw new IllegalStateException("as ordered");
            case 1 -> throw new AssertionError("as ordered");
            default -> {
              return false;
            }
          }
        };
    try (Upkeep upkeep = new Upkeep("failing", NEVER, AT_ONCE, round)) {
      upkeep.wake();
      upkeep.start();
      await(ran);
    }
  }

  @Test
  void closing_ends_the_wait_after_a_failure() throws Exception {
    CountDownLatch ran = new CountDownLatch(1);
    AtomicInteger rounds = new AtomicInteger();
    Upkeep upkeep =
        new Upkeep(
            "waiting",
            AT_ONCE,
            NEVER,
            _ -> {
              rounds.incrementAndGet();
              ran.countDown();
              throw new StorageException("as ordered", new IOException("as ordered"));
            });
    upkeep.wake();
    upkeep.start();
    await(ran);
    upkeep.wake();

    upkeep.close();

    assertEquals(1, rounds.get(), "being asked does not shorten the wait");
  }

  @Test
  void closing_ends_a_pause_within_a_round_and_waits_for_the_round() throws Exception {
    CountDownLatch pausing = new CountDownLatch(1);
    AtomicBoolean toldToGoOn = new AtomicBoolean(true);
    Upkeep.Round round =
        upkeep -> {
          pausing.countDown();
          toldToGoOn.set(upkeep.pause(NEVER));
          return true;
        };
    Upkeep upkeep = new Upkeep("pausing", NEVER, round);
    upkeep.wake();
    upkeep.start();
    await(pausing);

    upkeep.close();

    assertFalse(toldToGoOn.get());
    assertTrue(upkeep.isClosed());
  }

  @Test
  void what_was_never_started_can_be_closed() {
    Upkeep upkeep = new Upkeep("unborn", NEVER, _ -> false);

    upkeep.close();

    assertTrue(upkeep.isClosed());
  }

  private static Upkeep.Round counting(CountDownLatch ran) {
    return _ -> {
      ran.countDown();
      return false;
    };
  }

  private static void await(CountDownLatch latch) throws InterruptedException {
    assertTrue(latch.await(20, TimeUnit.SECONDS));
  }
}
