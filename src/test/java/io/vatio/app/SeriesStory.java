package io.vatio.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.vatio.platform.json.Json;
import io.vatio.testing.ApiClient;
import io.vatio.testing.Databases;
import io.vatio.testing.TestServer;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// A file of old readings comes in, is asked for in hours and days, corrected, and goes out again.
class SeriesStory {
  @TempDir private Path folder;

  /// The night in which Madrid had 25 hours; 02:30 comes twice.
  private static final String FILE =
      """
      fecha;cuarto-1/temp_c;cuarto-2/temp_c
      25/10/2026 00:00;20,5;30
      25/10/2026 00:10;21,5;
      25/10/2026 02:30;22,0;31
      25/10/2026 02:40;;x
      25/10/2026 02:30;23,0;32
      25/10/2026 02:30;24,0;
      2026-10-25T22:59:00Z;-1;
      """;

  @ParameterizedTest
  @EnumSource(Databases.class)
  void a_file_comes_in_and_its_sums_are_those_of_its_readings(Databases kind) {
    Map<String, String> environment =
        kind == Databases.SQLITE ? Map.of() : Map.of("VATIO_DATABASE_URL", kind.newUrl(folder));
    try (TestServer server = TestServer.start(folder, environment)) {
      ApiClient admin = ApiClient.login(server.url());

      JsonNode done = imported(admin);
      assertEquals("terminada", done.path("estado").asText(), done.toString());
      assertEquals(8, done.path("guardadas").asInt());
      assertEquals(1, done.path("duplicadas").asInt());
      assertEquals(1, done.path("rechazadas").asInt());
      assertEquals(
          "[{\"linea\":5,\"columna\":\"cuarto-2/temp_c\",\"mensaje\":\"\\\"x\\\" no es un número.\"}]",
          done.path("errores").toString());

      JsonNode hours =
          admin.json(
              "/api/series/?dispositivo=cuarto-1&sensor=temp_c&intervalo=1h"
                  + "&desde=2026-10-25&hasta=2026-10-25T04:00:00&funciones=count,mean,last,coverage");
      assertEquals(
          "{\"desde\":\"2026-10-24T22:00:00Z\",\"hasta\":\"2026-10-25T03:00:00Z\","
              + "\"intervalo\":\"1h\",\"zona\":\"Europe/Madrid\",\"inicio\":["
              + "\"2026-10-24T22:00:00Z\",\"2026-10-24T23:00:00Z\",\"2026-10-25T00:00:00Z\","
              + "\"2026-10-25T01:00:00Z\",\"2026-10-25T02:00:00Z\"]}",
          without(hours, "series").toString());
      assertEquals(
          "{\"count\":[2,0,1,1,0],\"mean\":[21.0,null,22.0,23.0,null],"
              + "\"last\":[21.5,null,22.0,23.0,null],\"coverage\":[0.416667,0.0,0.25,0.25,0.0]}",
          hours.at("/series/0/valores").toString());

      JsonNode day = day(admin);
      assertEquals("[5]", day.path("count").toString());
      assertEquals("[-1.0]", day.path("min").toString());

      int series = hours.at("/series/0/id").asInt();
      JsonNode corrected =
          Json.parse(
              admin
                  .post(
                      "/api/series/" + series + "/correcciones/",
                      "{\"timestamp\":\"2026-10-25T22:59:00Z\",\"marcar\":\"descartar\",\"motivo\":\"obras\"}")
                  .body());
      assertEquals("[\"corregido\",\"descartado\"]", corrected.at("/0/calidad_nueva").toString());
      assertEquals("[20.5]", day(admin).path("min").toString());
      assertEquals("[1]", day(admin).path("flagged").toString());

      var undone =
          admin.send("DELETE", "/api/correcciones/" + corrected.at("/0/id").asInt() + "/", null);
      assertEquals(200, undone.statusCode(), undone.body());
      assertEquals("[-1.0]", day(admin).path("min").toString());

      assertEquals(
          """
          timestamp;dispositivo;sensor;unidad;valor;calidad
          2026-10-24T22:00:00Z;cuarto-2;temp_c;°C;30,0;
          2026-10-25T00:30:00Z;cuarto-2;temp_c;°C;31,0;
          2026-10-25T01:30:00Z;cuarto-2;temp_c;°C;32,0;
          """
              .replace("\n", "\r\n"),
          export(admin, "dispositivo=cuarto-2&separador=punto_y_coma&decimal=coma").body());
      assertEquals(
          """
          {"inicio":"2026-10-24T22:00:00Z","fin":"2026-10-25T23:00:00Z","dispositivo":"cuarto-2","sensor":"temp_c","unidad":"°C","count":3,"sum":93.0}
          """,
          export(admin, "dispositivo=cuarto-2&formato=ndjson&intervalo=1d&funciones=count,sum")
              .body());
      var parquet = export(admin, "formato=parquet");
      assertEquals(
          "attachment; filename=\"vatio_20261025_20261025.parquet\"",
          parquet.headers().firstValue("Content-Disposition").orElseThrow());
      assertTrue(parquet.body().startsWith("PAR1") && parquet.body().endsWith("PAR1"));
    }
  }

  private static JsonNode imported(ApiClient admin) {
    var answer = admin.post("/api/imports/?nombre=cuartos.csv", FILE);
    assertEquals(400, answer.statusCode(), "JSON is no CSV");
    answer = admin.send("POST", "/api/imports/?nombre=cuartos.csv", FILE, "text/csv");
    assertEquals(202, answer.statusCode(), answer.body());
    String path = answer.headers().firstValue("Location").orElseThrow();
    JsonNode job = admin.json(path);
    for (int i = 0; i < 1_000 && !job.path("estado").asText().matches("terminada|fallida"); i++) {
      LockSupport.parkNanos(20_000_000);
      job = admin.json(path);
    }
    return job;
  }

  private static JsonNode day(ApiClient admin) {
    return admin
        .json(
            "/api/series/?dispositivo=cuarto-1&intervalo=1d&desde=2026-10-25&hasta=2026-10-26"
                + "&funciones=count,min,flagged")
        .at("/series/0/valores");
  }

  private static HttpResponse<String> export(ApiClient admin, String query) {
    var answer = admin.get("/api/exports/readings?desde=2026-10-25&hasta=2026-10-26&" + query);
    assertEquals(200, answer.statusCode(), answer.body());
    return answer;
  }

  private static JsonNode without(JsonNode object, String field) {
    JsonNode copy = object.deepCopy();
    ((com.fasterxml.jackson.databind.node.ObjectNode) copy).remove(field);
    return copy;
  }
}
