package io.vatio.account;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.testing.FixedClock;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ThrottleTest {
  private final FixedClock clock = FixedClock.at("2026-03-01T10:00:00Z");
  private final Throttle throttle = new Throttle(clock);

  @Test
  void doubles_the_wait_with_every_failure_after_the_fifth() {
    fail("ana", "10.0.0.1", 5);
    long[] expected = {2, 4, 8, 16, 32, 64, 128, 256, 512, 900};

    for (long seconds : expected) {
      assertEquals(seconds, throttle.begin("ana", "10.0.0.1"));
      clock.advance(Duration.ofSeconds(seconds - 1));
      assertEquals(1, throttle.begin("ana", "10.0.0.1"));
      clock.advance(Duration.ofSeconds(1));
      fail("ana", "10.0.0.1", 1);
    }
  }

  @Test
  void forgives_after_fifteen_quiet_minutes() {
    fail("ana", "10.0.0.1", 5);

    clock.advance(Throttle.WINDOW);

    fail("ana", "10.0.0.1", 4);
    assertEquals(0, throttle.begin("ana", "10.0.0.1"));
  }

  @Test
  void holds_a_name_from_every_address_and_an_address_for_every_name() {
    for (int i = 0; i < 5; i++) {
      fail("ana", "10.0.0." + i, 1);
      fail("eva" + i, "10.0.1.1", 1);
    }

    assertEquals(2, throttle.begin("ANA", "10.0.9.9"));
    assertEquals(2, throttle.begin("luis", "10.0.1.1"));
    assertEquals(0, throttle.begin("luis", "10.0.9.9"));
  }

  @Test
  void takes_the_addresses_of_one_ipv6_subscriber_together() {
    for (int i = 0; i < 5; i++) {
      fail("user" + i, "2001:db8:1:2:" + i + "::1", 1);
    }

    assertEquals(2, throttle.begin("luis", "2001:db8:1:2:ffff::9"));
    assertEquals(0, throttle.begin("luis", "2001:db8:1:3::1"));
  }

  @Test
  void a_right_password_cleans_the_name_but_not_the_address() {
    fail("ana", "10.0.0.1", 4);

    assertEquals(0, throttle.begin("ana", "10.0.0.1"));
    throttle.succeeded("ana", "10.0.0.1");
    fail("ana", "10.0.0.1", 1);

    assertEquals(0, throttle.begin("ana", "10.0.0.2"));
    assertEquals(2, throttle.begin("eva", "10.0.0.1"));
  }

  @Test
  void lets_no_more_guesses_through_at_once_than_one_after_the_other() {
    fail("ana", "10.0.0.1", 1);
    int begun = 0;

    for (int i = 0; i < 100; i++) {
      begun += throttle.begin("ana", "10.0." + i + ".1") == 0 ? 1 : 0;
    }

    assertEquals(4, begun);
  }

  @Test
  void lets_programs_log_in_side_by_side() {
    for (int i = 0; i < 16; i++) {
      assertEquals(0, throttle.begin("robot", "10.0.0.1"));
    }
    assertEquals(1, throttle.begin("robot", "10.0.0.1"));
    throttle.succeeded("robot", "10.0.0.1");
    assertEquals(0, throttle.begin("robot", "10.0.0.1"));
    throttle.abandoned("robot", "10.0.0.1");
    assertEquals(0, throttle.begin("robot", "10.0.0.1"));
  }

  @Test
  void stays_small_under_a_million_names_and_still_holds_the_address() {
    fail("ana", "10.0.0.1", 5);

    long refused = 0;
    for (int i = 0; i < 1_000_000; i++) {
      refused += throttle.begin("name" + i, "10.0.0.1") > 0 ? 1 : 0;
    }

    assertEquals(1_000_000, refused);
    assertTrue(throttle.size() <= Throttle.MAX_ENTRIES);
  }

  private void fail(String name, String address, int times) {
    for (int i = 0; i < times; i++) {
      assertEquals(0, throttle.begin(name, address));
      throttle.failed(name, address);
    }
  }
}
