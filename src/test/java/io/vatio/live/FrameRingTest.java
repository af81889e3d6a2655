package io.vatio.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.device.Device;
import io.vatio.platform.json.Json;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FrameRingTest {

  @Test
  void remembers_the_newest_and_forgets_the_oldest() {
    FrameRing<String> ring = new FrameRing<>(3, 1_000);

    for (String frame : List.of("a", "b", "c", "d")) {
      ring.add(frame, 10);
    }

    assertEquals(4, ring.newest());
    assertTrue(ring.find(1).isEmpty());
    assertEquals(Optional.of("b"), ring.find(2));
    assertEquals(Optional.of("d"), ring.find(4));
    assertTrue(ring.find(5).isEmpty());
  }

  @Test
  void forgets_by_size_too_but_never_the_newest() {
    FrameRing<String> ring = new FrameRing<>(10, 100);
    ring.add("a", 40);
    ring.add("b", 40);
    ring.add("c", 40);

    assertTrue(ring.find(1).isEmpty());
    assertEquals(Optional.of("b"), ring.find(2));
    ring.add("huge", 500);
    assertTrue(ring.find(3).isEmpty());
    assertEquals(Optional.of("huge"), ring.find(4));
    ring.add("d", 40);
    assertTrue(ring.find(4).isEmpty());
    assertEquals(Optional.of("d"), ring.find(5));
  }

  @Test
  void changes_that_nobody_fetches_are_reduced_to_the_newest_of_each_device() {
    ChangeQueue queue = new ChangeQueue(4);

    for (int i = 1; i <= 1_000; i++) {
      queue.add(device(i % 3, "state" + i));
    }
    List<Device> waiting = queue.drain();

    assertTrue(waiting.size() <= 6, waiting.toString());
    assertEquals("state1000", waiting.getLast().operatingState());
    assertEquals(3, waiting.stream().map(Device::id).distinct().count());
    assertTrue(queue.drain().isEmpty());
  }

  @Test
  void more_devices_than_room_all_stay() {
    ChangeQueue queue = new ChangeQueue(4);

    for (int i = 0; i < 1_000; i++) {
      queue.add(device(i % 100, "state" + i));
    }

    List<Device> waiting = queue.drain();
    assertEquals(100, waiting.stream().map(Device::id).distinct().count());
    assertTrue(waiting.size() <= 200, "waiting " + waiting.size());
  }

  private static Device device(long id, String state) {
    return new Device(
        id,
        1,
        "s" + id,
        "",
        "",
        "",
        "",
        "",
        "activo",
        state,
        Json.object(),
        Json.object(),
        false,
        null,
        null,
        Instant.EPOCH,
        Instant.EPOCH);
  }
}
