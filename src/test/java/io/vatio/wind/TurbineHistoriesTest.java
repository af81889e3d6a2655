package io.vatio.wind;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.ingest.Decoder;
import io.vatio.ingest.Decoding;
import io.vatio.ingest.Origin;
import io.vatio.ingest.RawMessage;
import io.vatio.ingest.Receipt;
import io.vatio.ingest.Rejection;
import io.vatio.kernel.Principal;
import io.vatio.reading.Quality;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TurbineHistoriesTest {
  @TempDir private Path folder;
  private Park park;

  @BeforeEach
  void open() {
    park = new Park(folder);
  }

  @AfterEach
  void close() {
    park.close();
  }

  @Test
  void limits_follow_the_sensors_of_the_turbine_once_people_changed_them() {
    park.send(Park.json(7, 50, 10, park.clock.instant()));
    park.core.database.write(
        handle -> handle.execute("UPDATE sensor SET range_max = 40 WHERE name = ?", "Producción"));
    Park reopened = new Park(folder);
    try (reopened) {
      reopened.send(Park.json(7, 50, 10, park.clock.instant().plusSeconds(1)));

      assertTrue(reopened.newest().getFirst().contains("quality=1"), reopened.newest()::toString);
    }
  }

  @Test
  void an_older_record_is_out_of_order_also_after_a_restart() {
    Instant noon = park.clock.instant();
    park.send(Park.json(7, 50, 10, noon));

    assertEquals(Quality.OUT_OF_ORDER.bit(), reopened(Park.json(7, 51, 10, noon.minusSeconds(1))));
    assertEquals(0, reopened(Park.json(7, 51, 10, noon.plusSeconds(1))));
  }

  @Test
  void being_stuck_is_known_after_a_restart_too() {
    Instant at = park.clock.instant().minus(Duration.ofHours(1));
    for (int i = 0; i < 9; i++) {
      park.send(Park.json(7, 50, 10, at.plusSeconds(120 * i)));
    }

    assertEquals(Quality.STUCK.bit(), reopened(Park.json(7, 50, 10, at.plusSeconds(120 * 9))));
  }

  @Test
  void a_clock_from_the_future_spoils_no_later_record() {
    Instant noon = park.clock.instant();
    park.send(Park.json(7, 50, 10, noon.plus(Duration.ofDays(400))));

    assertEquals(0, quality(Park.json(7, 51, 10, noon)));
  }

  @Test
  void another_device_can_neither_report_for_a_turbine_nor_spoil_its_order() {
    Instant noon = park.clock.instant();
    park.send(Park.json(7, 50, 10, noon));
    var stranger = new Principal.Device(99, "GEN-8");

    Receipt receipt =
        park.accept("generador", Park.json(7, 1, 1, noon.plusSeconds(500)), stranger).join();

    assertEquals(
        Rejection.Reason.NOT_YOUR_DEVICE,
        assertInstanceOf(Receipt.Rejected.class, receipt).reason().reason());
    assertEquals(0, quality(Park.json(7, 51, 10, noon.plusSeconds(1))));
  }

  private int quality(String json) {
    return quality(park.wind.decoder(), json);
  }

  /// As a server would judge that starts now.
  private int reopened(String json) {
    return quality(park.open().decoder(), json);
  }

  private int quality(Decoder decoder, String json) {
    Decoding decoding =
        decoder.decode(
            RawMessage.of(
                Origin.HTTP,
                "generador",
                json.getBytes(StandardCharsets.UTF_8),
                park.clock.instant(),
                Park.ADMIN));
    return assertInstanceOf(Decoding.Content.class, decoding).samples().getFirst().quality();
  }
}
