package io.vatio.account;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.testing.FixedClock;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ThrottleTest {
  private final FixedClock clock = FixedClock.at("2026-03-01T10:00:00Z");
  private final Throttle throttle = new Throttle(clock);

  @Test
  void doubles_the_wait_with_every_failure_after_the_fifth() {
    fail("ana", "10.0.0.1", 5);
    long[] expected = {2, 4, 8, 16, 32, 64, 128, 256, 512, 900};

    for (long seconds : expected) {
      assertEquals(seconds, wait("ana", "10.0.0.1"));
      clock.advance(Duration.ofSeconds(seconds - 1));
      assertEquals(1, wait("ana", "10.0.0.1"));
      clock.advance(Duration.ofSeconds(1));
      fail("ana", "10.0.0.1", 1);
    }
  }

  @Test
  void forgives_after_fifteen_quiet_minutes() {
    fail("ana", "10.0.0.1", 5);

    clock.advance(Throttle.WINDOW);

    fail("ana", "10.0.0.1", 4);
    assertEquals(0, wait("ana", "10.0.0.1"));
  }

  @Test
  void holds_a_name_from_every_address_and_an_address_for_every_name() {
    for (int i = 0; i < 5; i++) {
      fail("ana", "10.0.0." + i, 1);
      fail("eva" + i, "10.0.1.1", 1);
    }

    assertEquals(2, wait("ANA", "10.0.9.9"));
    assertEquals(2, wait("luis", "10.0.1.1"));
    assertEquals(0, wait("luis", "10.0.9.9"));
  }

  @Test
  void takes_the_addresses_of_one_ipv6_subscriber_together() {
    for (int i = 0; i < 5; i++) {
      fail("user" + i, "2001:db8:1:2:" + i + "::1", 1);
    }

    assertEquals(2, wait("luis", "2001:db8:1:2:ffff::9"));
    assertEquals(0, wait("luis", "2001:db8:1:3::1"));
  }

  @Test
  void a_right_password_cleans_the_name_but_not_the_address() {
    fail("ana", "10.0.0.1", 4);

    throttle.begin("ana", "10.0.0.1").succeed();
    fail("ana", "10.0.0.2", 4);
    fail("eva", "10.0.0.1", 1);

    assertEquals(0, wait("ana", "10.0.0.3"));
    assertEquals(2, wait("eva", "10.0.0.1"));
  }

  @Test
  void lets_no_more_guesses_through_at_once_than_one_after_the_other() {
    fail("ana", "10.0.0.1", 1);
    int begun = 0;

    for (int i = 0; i < 100; i++) {
      begun += wait("ana", "10.0." + i + ".1") == 0 ? 1 : 0;
    }

    assertEquals(4, begun);
  }

  @Test
  void lets_programs_log_in_side_by_side() {
    List<Throttle.Attempt> attempts =
        IntStream.range(0, 16).mapToObj(_ -> throttle.begin("robot", "10.0.0.1")).toList();

    assertTrue(attempts.stream().allMatch(attempt -> attempt.secondsToWait() == 0));
    assertEquals(1, wait("robot", "10.0.0.1"));
    attempts.getFirst().succeed();
    assertEquals(0, wait("robot", "10.0.0.1"));
    attempts.getLast().abandon();
    assertEquals(0, wait("robot", "10.0.0.1"));
  }

  @Test
  void guessing_from_elsewhere_does_not_lock_the_owner_out() {
    throttle.begin("ana", "10.0.0.1").succeed();

    for (int i = 0; i < 5; i++) {
      fail("ana", "10.9.9." + i, 1);
    }

    assertEquals(2, wait("ana", "10.9.9.9"));
    fail("ana", "10.0.0.1", 5);
    assertEquals(2, wait("ana", "10.0.0.1"));
  }

  @Test
  void remembers_nothing_of_a_million_names_from_one_address() {
    fail("ana", "10.0.0.1", 5);

    long refused = 0;
    for (int i = 0; i < 1_000_000; i++) {
      refused += wait("name" + i, "10.0.0.1") > 0 ? 1 : 0;
    }

    assertEquals(1_000_000, refused);
    assertTrue(throttle.size() < 10, "remembered: " + throttle.size());
  }

  @Test
  void stays_small_under_names_from_everywhere() {
    for (int i = 0; i < 50_000; i++) {
      throttle.begin("name" + i, "10.%d.%d.1".formatted(i / 250, i % 250)).fail();
    }

    assertTrue(throttle.size() <= 2 * Throttle.MAX_ENTRIES, "remembered: " + throttle.size());
  }

  private void fail(String name, String address, int times) {
    for (int i = 0; i < times; i++) {
      Throttle.Attempt attempt = throttle.begin(name, address);
      assertEquals(0, attempt.secondsToWait());
      attempt.fail();
    }
  }

  /// How long a try must wait; one that need not has begun and goes on.
  private long wait(String name, String address) {
    return throttle.begin(name, address).secondsToWait();
  }
}
