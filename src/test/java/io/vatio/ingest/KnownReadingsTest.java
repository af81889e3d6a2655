package io.vatio.ingest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.vatio.device.Device;
import io.vatio.device.DeviceTemplate;
import io.vatio.kernel.Micros;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Reach;
import io.vatio.sensor.SensorTemplate;
import io.vatio.sensor.Series;
import io.vatio.sensor.SeriesCatalogue;
import io.vatio.testing.Core;
import io.vatio.testing.Databases;
import io.vatio.testing.FixedClock;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class KnownReadingsTest {
  private static final Principal ANA = new Principal.User(1, "ana", true, "", Set.of(), Reach.ALL);

  @TempDir Path folder;
  private final FixedClock clock = FixedClock.at("2026-03-01T10:00:00Z");
  private Core core;
  private Series series;

  private void open(Databases kind) {
    core = Core.start(kind.newUrl(folder), clock);
    Device pump =
        core.devices
            .ensure(List.of(new DeviceTemplate("pump", "Pump", "generico", "", true)))
            .get("pump");
    core.catalogue.ensure(
        List.of(
            new SeriesCatalogue.Wanted(
                pump.id(), new SensorTemplate("flow", "Flow", "otro", "", 0, 100))));
    series = core.catalogue.find(pump.id(), "flow").orElseThrow();
  }

  @AfterEach
  void close() {
    core.close();
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void all_of_them_are_refused_when_one_is_of_a_device_that_is_gone(Databases kind)
      throws Exception {
    open(kind);
    KnownReadings half = new KnownReadings(2);
    half.add(series.id(), series.deviceId(), 1_000_000, 1, null);
    half.add(4711, 4711, 1_000_000, 1, null);
    KnownReadings whole = new KnownReadings(1);
    whole.add(series.id(), series.deviceId(), 2_000_000, 2, "{\"a\":1}");

    assertInstanceOf(Receipt.Rejected.class, accept(half));
    assertEquals(new Receipt.Stored(1), accept(whole));

    assertEquals(1, core.readings.count(series.id(), Long.MIN_VALUE, Long.MAX_VALUE));
    assertNotNull(whole.stored());
    assertEquals("{\"a\":1}", whole.stored().meta());
    assertEquals(clock.instant(), core.devices.findBySerial("pump").orElseThrow().lastSeen());
    assertEquals(new Receipt.Duplicate(), accept(whole));
    assertNull(half.stored());
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void those_that_come_without_a_time_get_a_moment_each(Databases kind) throws Exception {
    open(kind);
    KnownReadings many = new KnownReadings(0);
    for (int i = 0; i < 10_000; i++) {
      many.add(series.id(), series.deviceId(), KnownReadings.UNTIMED, i % 100, null);
    }

    assertEquals(new Receipt.Stored(10_000), accept(many));

    long now = Micros.of(clock.instant());
    assertEquals(10_000, core.readings.count(series.id(), now, now + 10_000));
  }

  private Receipt accept(KnownReadings readings) throws Exception {
    return core.inbox
        .accept(
            RawMessage.of(Origin.HTTP, "api/readings", new byte[0], clock.instant(), ANA),
            new Decoding.Known(readings))
        .get(20, TimeUnit.SECONDS);
  }
}
