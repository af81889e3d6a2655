package io.vatio.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.vatio.testing.ApiClient;
import io.vatio.testing.Databases;
import io.vatio.testing.TestServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What nobody reasonable asks of series, exports, imports, corrections and retention: each gets a
/// sentence, and the next one is served.
class HostileQuestionsStory {
  private static final String THOUSANDS =
      IntStream.rangeClosed(1, 10_000).mapToObj(Integer::toString).collect(Collectors.joining(","));

  private static final List<String> QUESTIONS =
      List.of(
          "/api/series/?puntos=999999999999",
          "/api/series/?puntos=-1",
          "/api/series/?puntos=0",
          "/api/series/?desde=2026-02-02&hasta=2026-01-01",
          "/api/series/?desde=2026-01-01&hasta=2026-01-01",
          "/api/series/?desde=-999999999-01-01T00:00:00Z",
          "/api/series/?hasta=%2B999999999-12-31T23:59:59Z",
          "/api/series/?desde=1970-01-01&hasta=9999-12-29&intervalo=1s",
          "/api/series/?desde=1970-01-01&hasta=9999-12-29&funciones=mean,p50",
          "/api/series/?desde=0001-01-01",
          "/api/series/?intervalo=0s",
          "/api/series/?intervalo=-1h",
          "/api/series/?intervalo=99999999999999999999y",
          "/api/series/?intervalo=9223372036854775807d",
          "/api/series/?funciones=p-1",
          "/api/series/?funciones=p101",
          "/api/series/?funciones=pNaN",
          "/api/series/?funciones=p99.999999999999999999",
          "/api/series/?funciones=" + "mean,".repeat(1_500),
          "/api/series/?series=1%00",
          "/api/series/?series=-1,0,99999999999999999999",
          "/api/series/?series=" + THOUSANDS,
          "/api/series/?dispositivo=%00",
          "/api/series/?sensor=%F0%9F%92%A9%27%3B--",
          "/api/series/?zona_horaria=Marte/Base",
          "/api/exports/readings?desde=2026-02-02&hasta=2026-01-01",
          "/api/exports/readings?formato=exe",
          "/api/exports/readings?intervalo=1d&funciones=p50",
          "/api/exports/readings?desde=%2B292279-01-01T00:00:00Z",
          "/api/exports/readings?separador=%00",
          "/api/imports/?page=0",
          "/api/imports/?page=9223372036854775807&page_size=1000",
          "/api/imports/9223372036854775807/",
          "/api/imports/-1/",
          "/api/series/99999999999/correcciones/",
          "/api/series/1/correcciones/?limit=1000000");

  @TempDir private Path folder;

  @ParameterizedTest
  @EnumSource(Databases.class)
  void every_hostile_question_gets_a_sentence(Databases kind) throws IOException {
    Map<String, String> environment =
        kind == Databases.SQLITE ? Map.of() : Map.of("VATIO_DATABASE_URL", kind.newUrl(folder));
    try (TestServer server = TestServer.start(folder, environment)) {
      ApiClient admin = ApiClient.login(server.url());
      List<String> wrong = new ArrayList<>();
      for (String question : QUESTIONS) {
        var answer = admin.get(question);
        if (answer.statusCode() >= 500) {
          wrong.add(answer.statusCode() + " " + question + " " + answer.body());
        }
      }
      poison(admin, wrong);
      tooMuchAtOnce(admin, wrong);
      corrections(admin, wrong);
      retention(admin, wrong);
      assertEquals(List.of(), wrong);
      formulas(admin);
      hugeUpload(server, admin);
    }
  }

  /// Imports that nobody can read do not keep those behind them waiting.
  private static void poison(ApiClient admin, List<String> wrong) {
    List<String> bodies =
        List.of(
            "timestamp,valor\n007,1\n-08,1\n99999999999999999,1\n1.5.5,2\n+999999999-01-01T00:00:00Z,3\n",
            "timestamp,valor\n2026-01-01T00:00:00,NaN\n2026-01-01T00:00:00Z,1e999\n,\n\"\n",
            "\u0000\u0000\u0000",
            "timestamp\n1\n",
            "",
            "timestamp,a\u0000b/c\n1,2\n",
            "timestamp,valor\n2026-01-01T00:00:00Z,1" + "\n".repeat(20_000));
    String last = "";
    for (String body : bodies) {
      var answer =
          admin.send(
              "POST",
              "/api/imports/?dispositivo=cuarto-1&sensor=temp_c&nombre=%F0%9F%92%A9",
              body,
              "text/csv");
      if (answer.statusCode() >= 500) {
        wrong.add(answer.statusCode() + " import " + body);
      }
      last = answer.headers().firstValue("Location").orElse(last);
    }
    for (String query :
        List.of(
            "nombre=a%00b",
            "nombre=" + "n".repeat(201), "zona_horaria=Marte", "zona_horaria=%00")) {
      var answer = admin.send("POST", "/api/imports/?" + query, "timestamp,valor\n", "text/csv");
      if (answer.statusCode() != 400) {
        wrong.add(answer.statusCode() + " " + query + " " + answer.body());
      }
    }
    JsonNode job = ended(admin, last);
    if (!job.path("estado").asText().equals("terminada")) {
      wrong.add("the last import: " + job);
    }
  }

  /// As many readings of as many series as may be asked for would not fit in memory together.
  private static void tooMuchAtOnce(ApiClient admin, List<String> wrong) {
    StringBuilder table = new StringBuilder("timestamp");
    IntStream.range(0, 20).forEach(i -> table.append(",ancho-").append(i).append("/temp_c"));
    table.append("\n1767225600").append(",1".repeat(20)).append("\n");
    String path =
        admin
            .send("POST", "/api/imports/", table.toString(), "text/csv")
            .headers()
            .firstValue("Location")
            .orElseThrow();
    ended(admin, path);
    String ask = "/api/series/?sensor=temp_c&intervalo=crudo&desde=2026-01-01&hasta=2026-01-02";
    var usual = admin.get(ask);
    var all = admin.get(ask + "&puntos=20000");
    if (usual.statusCode() != 200 || all.statusCode() != 400) {
      wrong.add("raw readings: " + usual.statusCode() + ", " + all.statusCode());
    }
  }

  private static JsonNode ended(ApiClient admin, String path) {
    JsonNode job = admin.json(path);
    for (int i = 0; i < 1_000 && !job.path("estado").asText().matches("terminada|fallida"); i++) {
      LockSupport.parkNanos(20_000_000);
      job = admin.json(path);
    }
    return job;
  }

  private static void corrections(ApiClient admin, List<String> wrong) {
    int id =
        admin
            .json("/api/series/?dispositivo=cuarto-1&desde=2026-01-01&hasta=2026-01-02")
            .at("/series/0/id")
            .asInt();
    for (String body :
        List.of(
            "{}",
            "[]",
            "{\"timestamp\":\"2026-01-01T00:00:00Z\",\"valor\":1e999}",
            "{\"timestamp\":\"2026-01-01T00:00:00Z\",\"valor\":\"NaN\"}",
            "{\"timestamp\":\"2026-01-01T00:00:00Z\",\"valor\":1,\"motivo\":\"a\\u0000b\"}",
            "{\"timestamp\":\"+999999999-01-01T00:00:00Z\",\"valor\":1}",
            "{\"timestamp\":{\"a\":1},\"valor\":1}",
            "{\"desde\":\"2026-02-01\",\"hasta\":\"2026-01-01\",\"valor\":1}",
            "{\"desde\":\"0001-01-01\",\"hasta\":\"9999-12-31\",\"marcar\":\"borrar\"}")) {
      var answer = admin.post("/api/series/" + id + "/correcciones/", body);
      if (answer.statusCode() != 400) {
        wrong.add(answer.statusCode() + " " + body + " " + answer.body());
      }
    }
    if (admin.send("DELETE", "/api/correcciones/9223372036854775807/", null).statusCode() != 404) {
      wrong.add("undo of nothing");
    }
  }

  private static void retention(ApiClient admin, List<String> wrong) {
    for (String body :
        List.of(
            "{}",
            "{\"reglas\":{}}",
            "{\"reglas\":[1]}",
            "{\"reglas\":[{\"crudo_dias\":0}]}",
            "{\"reglas\":[{\"crudo_dias\":-1}]}",
            "{\"reglas\":[{\"crudo_dias\":1e30}]}",
            "{\"reglas\":[{\"crudo_dias\":2147483648}]}",
            "{\"reglas\":[{\"crudo_dias\":\"1\"}]}",
            "{\"reglas\":[{\"sensor_id\":2147483647}]}",
            "{\"reglas\":[{\"crudo_dias\":10,\"minutos_dias\":5}]}",
            "{\"reglas\":[{},{}]}")) {
      var answer = admin.send("PUT", "/api/retention/", body);
      if (answer.statusCode() != 400) {
        wrong.add(answer.statusCode() + " " + body + " " + answer.body());
      }
    }
  }

  /// Names that a spreadsheet would run.
  private static void formulas(ApiClient admin) {
    admin.post(
        "/api/energy/data/",
        "{\"identificador_unico\":\"cuarto-1\",\"parametros\":{\"=cmd|' /C calc'!A0\":1,\"a\\\"b;c\":2}}");
    String csv = admin.get("/api/exports/readings?formato=csv").body();
    assertTrue(
        csv.lines().noneMatch(line -> line.matches("(.*[,;])?\"?[=+@].*")),
        "a cell begins as a formula:\n" + csv);
  }

  /// Two gigabytes that were announced are refused before they come.
  private static void hugeUpload(TestServer server, ApiClient admin) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", server.httpPort())) {
      socket.setSoTimeout(10_000);
      String login =
          java.util.Base64.getEncoder()
              .encodeToString(
                  (io.vatio.testing.ServerProcess.ADMIN
                          + ":"
                          + io.vatio.testing.ServerProcess.PASSWORD)
                      .getBytes(StandardCharsets.UTF_8));
      socket
          .getOutputStream()
          .write(
              ("POST /api/imports/ HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic "
                      + login
                      + "\r\nContent-Type: text/csv\r\nContent-Length: 2147483648\r\n\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      InputStream in = socket.getInputStream();
      String head = new String(in.readNBytes(12), StandardCharsets.US_ASCII);
      assertEquals("HTTP/1.1 413", head);
    }
    assertEquals(200, admin.get("/api/imports/").statusCode());
  }
}
