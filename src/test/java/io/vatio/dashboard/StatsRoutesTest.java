package io.vatio.dashboard;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vatio.sensor.SensorGuess;
import io.vatio.sensor.SeriesCatalogue;
import io.vatio.testing.Databases;
import io.vatio.testing.FixedClock;
import io.vatio.testing.Things;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StatsRoutesTest {
  @TempDir Path folder;

  @Test
  void counts_what_one_sees_and_what_is_ones_own() {
    FixedClock clock = FixedClock.at("2024-12-04T10:00:00Z");
    try (Things things =
        Things.start(
            Databases.SQLITE,
            folder,
            clock,
            (given, api) ->
                new StatsRoutes(
                        given.core.visibility,
                        given.module.visibility(),
                        given.core.catalogue,
                        given.people,
                        ids -> Arrays.stream(ids).mapToLong(id -> 100L * id).sum())
                    .addTo(api))) {
      long own = things.device("A-1", "ana");
      long his = things.device("B-1", "beto");
      things.sensor("S", "admin");
      things.core.catalogue.ensure(
          List.of(
              new SeriesCatalogue.Wanted(own, SensorGuess.of("temp")),
              new SeriesCatalogue.Wanted(his, SensorGuess.of("potencia_w"))));
      things.send(200, "PATCH", "/api/devices/" + own + "/", "ana", "{\"estado\":\"activo\"}");
      things.send(201, "POST", "/api/devices/" + his + "/shares/", "beto", "{\"usuario\":2}");
      things.send(201, "POST", "/api/devices/" + own + "/shares/", "ana", "{\"usuario\":5}");

      assertEquals(
          """
          {"total_usuarios":6,"total_sensores":3,"sensores_activos":3,"total_dispositivos":2,\
          "dispositivos_activos":1,"total_lecturas":300}""",
          things.get("/api/dashboard/stats/", "admin").body());
      assertEquals(
          """
          {"total_usuarios":6,"total_sensores":3,"sensores_activos":3,"total_dispositivos":2,\
          "dispositivos_activos":1,"total_lecturas":300,"mis_dispositivos":1,"mis_lecturas":100}""",
          things.get("/api/dashboard/stats/", "ana").body());
      assertEquals(
          """
          {"total_usuarios":6,"total_sensores":1,"sensores_activos":1,"total_dispositivos":1,\
          "dispositivos_activos":1,"total_lecturas":100}""",
          things.get("/api/dashboard/stats/", "guest").body());
      things.send(403, "GET", "/api/dashboard/stats/", "boss", "");
      things.send(401, "GET", "/api/dashboard/stats/", "", "");
    }
  }
}
