package io.vatio.sensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.device.DeviceTemplate;
import io.vatio.testing.Databases;
import io.vatio.testing.FixedClock;
import io.vatio.testing.Things;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Lists are from memory: with ten thousand devices of three sensors each they take some
/// milliseconds. The limit is a hundred times what is promised of a quiet machine, for tests share
/// theirs; what it takes is printed.
class ManyDevicesTest {
  private static final int DEVICES = 10_000;
  private static final int TIMES = 40;

  @TempDir private static Path folder;
  private static Things things;

  @BeforeAll
  static void start() {
    things = Things.start(Databases.SQLITE, folder, FixedClock.at("2024-12-04T10:00:00Z"));
    List<DeviceTemplate> templates =
        IntStream.range(0, DEVICES)
            .mapToObj(i -> new DeviceTemplate("S-" + i, "Contador " + i, "esp32", "", true))
            .toList();
    Map<String, Long> owners = new HashMap<>();
    for (int i = 0; i < DEVICES; i += 2) {
      owners.put("S-" + i, 2L);
    }
    List<SeriesCatalogue.Wanted> wanted = new ArrayList<>();
    things
        .core
        .devices
        .ensure(templates, owners)
        .values()
        .forEach(
            device -> {
              for (String key : List.of("temp", "potencia_w", "energia_kwh")) {
                wanted.add(new SeriesCatalogue.Wanted(device.id(), SensorGuess.of(key)));
              }
            });
    things.core.catalogue.ensure(wanted);
  }

  @AfterAll
  static void stop() {
    things.close();
  }

  @ParameterizedTest
  @CsvSource({
    "/api/devices/, admin, 10000",
    "/api/devices/, ana, 5000",
    "/api/devices/?search=contador%20777, admin, 19",
    "/api/devices/?estado=activo&tipo=esp32&operador=2, admin, 5000",
    "/api/devices/?ordering=-nombre&page=100, admin, 10000",
    "/api/devices/?connection_status=offline, admin, 10000",
    "/api/sensors/, ana, 3",
    "/api/sites/, ana, 1",
  })
  void lists_are_quick(String path, String who, int count) {
    assertEquals(count, things.get(path, who).json().path("count").asInt());
    long[] took = new long[TIMES];
    for (int i = 0; i < TIMES; i++) {
      long before = System.nanoTime();
      things.get(path, who);
      took[i] = System.nanoTime() - before;
    }
    Arrays.sort(took);
    double p95 = took[TIMES * 95 / 100] / 1e6;

    System.out.printf(
        "%s as %s: median %.1f ms, p95 %.1f ms%n", path, who, took[TIMES / 2] / 1e6, p95);
    assertTrue(p95 < 2_000, p95 + " ms");
  }
}
