package io.vatio.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.vatio.testing.ApiClient;
import io.vatio.testing.ServerProcess;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Kill -9 while a file comes in, and while its readings are let go of again: the file goes on, and
/// the sums that stay are those of all its readings.
class ImportKillStory {
  /// Twenty take two minutes: `-Dvatio.import-kill-rounds=20`.
  private static final int ROUNDS = Integer.getInteger("vatio.import-kill-rounds", 1);

  private static final int SERIES = 5;
  private static final int LINES = 20_000;
  private static final String STRETCH = "desde=2025-01-01T00:00:00Z&hasta=2025-02-01T00:00:00Z";
  private static final String RULE =
      "{\"reglas\":[{\"crudo_dias\":30,\"minutos_dias\":90,\"horas_dias\":3650}]}";

  @TempDir private Path folder;

  @Test
  void a_file_goes_on_and_its_sums_outlive_its_readings_however_often_it_is_killed()
      throws Exception {
    Random random = new Random(20_261_121);
    String path = "";
    for (int round = 0; round < ROUNDS; round++) {
      try (ServerProcess server = ServerProcess.start(folder, Map.of(), java.util.List.of())) {
        if (round == 0) {
          var answer =
              ApiClient.login(server.url()).send("POST", "/api/imports/", file(), "text/csv");
          assertEquals(202, answer.statusCode(), answer.body());
          path = answer.headers().firstValue("Location").orElseThrow();
        }
        TimeUnit.MILLISECONDS.sleep(random.nextInt(700));
        server.kill();
      }
    }
    for (int round = 0; round < ROUNDS; round++) {
      try (ServerProcess server = ServerProcess.start(folder, Map.of(), java.util.List.of())) {
        ApiClient api = ApiClient.login(server.url());
        assertImported(api, path);
        assertSums(api);
        assertEquals(200, api.send("PUT", "/api/retention/", RULE).statusCode());
        TimeUnit.MILLISECONDS.sleep(random.nextInt(400));
        server.kill();
      }
    }
    try (ServerProcess server = ServerProcess.start(folder, Map.of(), java.util.List.of())) {
      ApiClient api = ApiClient.login(server.url());
      assertEquals(200, api.send("PUT", "/api/retention/", RULE).statusCode());
      await(() -> api.get("/api/exports/readings?formato=ndjson&" + STRETCH).body().isEmpty());
      assertSums(api);
      assertEquals(143, server.terminate(), server.output());
    }
  }

  private static void assertImported(ApiClient api, String path) throws InterruptedException {
    await(() -> api.json(path).path("estado").asText().matches("terminada|fallida"));
    JsonNode job = api.json(path);
    assertEquals("terminada", job.path("estado").asText(), job.toString());
    assertEquals(0, job.path("rechazadas").asInt(), job.toString());
    assertEquals(
        SERIES * LINES, job.path("guardadas").asInt() + job.path("duplicadas").asInt(), "" + job);
  }

  /// Days, and hours where there are some, add up to all that was in the file.
  private static void assertSums(ApiClient api) {
    for (String interval : new String[] {"1d", "1h"}) {
      JsonNode answer =
          api.json(
              "/api/series/?sensor=potencia_w&"
                  + STRETCH
                  + "&intervalo="
                  + interval
                  + "&funciones=count,sum");
      int seen = 0;
      for (JsonNode series : answer.path("series")) {
        if (series.toString().contains("potencia_w")) {
          long count = 0;
          double sum = 0;
          for (JsonNode cell : series.at("/valores/count")) {
            count += cell.asLong();
          }
          for (JsonNode cell : series.at("/valores/sum")) {
            sum += cell.asDouble();
          }
          assertEquals(LINES, count, interval + " " + series.path("dispositivo"));
          assertEquals(LINES / 100 * 4_950.0, sum, interval + " " + series.path("dispositivo"));
          seen++;
        }
      }
      assertEquals(SERIES, seen, answer.toString());
    }
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < end, "not within a minute");
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }

  /// A line a minute from 1 January 2025 on.
  private static String file() {
    StringBuilder text = new StringBuilder(LINES * 40).append("timestamp");
    for (int s = 0; s < SERIES; s++) {
      text.append(",contador-").append(s).append("/potencia_w");
    }
    for (int i = 0; i < LINES; i++) {
      text.append('\n').append(1_735_689_600L + i * 60L);
      for (int s = 0; s < SERIES; s++) {
        text.append(',').append(i % 100);
      }
    }
    return text.toString();
  }
}
