package io.vatio.reading;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.vatio.testing.Databases;
import io.vatio.testing.FixedClock;
import io.vatio.testing.LecturaServer;
import io.vatio.testing.Port;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class LecturaRoutesTest {
  private static final String READING =
      """
      {"id":%d,"dispositivo":1,"dispositivo_nombre":"Raspberry Pi - Sala","sensor":1,\
      "sensor_nombre":"DHT22 - Temperatura","sensor_unidad":"°C","valor":%s,"timestamp":"%s",\
      "metadata_json":{}}""";

  @TempDir Path folder;
  private final FixedClock clock = FixedClock.at("2026-03-01T12:00:00Z");
  private LecturaServer server;

  /// The number before the first one; databases begin differently.
  private int before = -1;

  private void open(Databases kind) {
    server = new LecturaServer(kind, folder, clock);
  }

  @AfterEach
  void close() {
    server.close();
  }

  /// One of device 1 each minute from eleven o'clock, one of device 2 in between.
  private void fill(int count) throws Exception {
    for (int i = 0; i < count; i++) {
      post(1, i, "00");
      post(2, i, "30");
    }
  }

  private void post(int device, int minute, String second) throws Exception {
    Port.Answer answer =
        server.post(
            "admin",
            "{\"dispositivo\":%d,\"sensor\":1,\"valor\":%d,\"timestamp\":\"2026-03-01T11:%02d:%sZ\"}"
                .formatted(device, minute, minute, second));
    assertEquals(201, answer.status(), answer.body());
    if (before < 0) {
      before = answer.json().path("id").asInt() - 1;
    }
  }

  /// The address of the reading that came in at this place.
  private String path(int number) {
    return "/api/readings/" + (before + number) + "/";
  }

  private String json(int number, String value, String at) {
    return READING.formatted(before + number, value, at);
  }

  private List<Integer> ids(JsonNode page) {
    List<Integer> ids = new ArrayList<>();
    page.path("results").forEach(r -> ids.add(r.path("id").asInt() - before));
    return ids;
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void lists_the_newest_first_page_by_page(Databases kind) throws Exception {
    open(kind);
    fill(3);

    assertEquals(
        "{\"count\":3,\"next\":null,\"previous\":null,\"results\":["
            + json(5, "2.0", "2026-03-01T11:02:00Z")
            + ","
            + json(3, "1.0", "2026-03-01T11:01:00Z")
            + ","
            + json(1, "0.0", "2026-03-01T11:00:00Z")
            + "]}",
        server.port.get("/api/readings/?dispositivo=1", "admin").body());
    JsonNode second = server.list("?page=2&page_size=4");
    assertEquals(6, second.path("count").asInt());
    assertEquals(List.of(2, 1), ids(second));
    assertEquals(
        "http://127.0.0.1:" + server.port.number + "/api/readings/?page_size=4&page=1",
        second.path("previous").asText());
    assertTrue(second.path("next").isNull());
    assertEquals(List.of(1, 2, 3, 4, 5, 6), ids(server.list("?ordering=timestamp")));
    assertEquals(List.of(6, 5, 4, 3, 2, 1), ids(server.list("?ordering=nombre")));
    assertEquals(404, server.port.get("/api/readings/?page=3&page_size=4", "admin").status());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          ?dispositivo=2                                                          | 6,4,2
          ?sensor=1                                                               | 6,5,4,3,2,1
          ?sensor=2                                                               | ``
          ?dispositivo=77                                                         | ``
          ?fecha_inicio=2026-03-01T11:01:00Z                                      | 6,5,4,3
          ?fecha_inicio=2026-03-01T12:01:00                                       | 6,5,4,3
          ?fecha_fin=2026-03-01T11:01:00Z                                         | 3,2,1
          ?fecha_fin=2026-03-01T12:01:00+01:00                                    | 3,2,1
          ?fecha_inicio=2026-03-01T11:01:00Z&fecha_fin=2026-03-01T11:01:00Z       | 3
          ?fecha_inicio=2026-03-02                                                | ``
          ?fecha_inicio=2026-03-01                                                | 6,5,4,3,2,1
          ?fecha_inicio=2026-03-01T11:02:00Z&fecha_fin=2026-03-01T11:01:00Z       | ``
          """)
  void filters(String query, String expected) throws Exception {
    open(Databases.SQLITE);
    fill(3);

    JsonNode page = server.list(query);

    String ids = ids(page).toString().replaceAll("[\\[\\] ]", "");
    assertEquals(expected, ids);
    assertEquals(page.path("results").size(), page.path("count").asInt());
  }

  @ParameterizedTest
  @CsvSource({
    "dispositivo, abc",
    "dispositivo, 0",
    "sensor, 1.5",
    "fecha_inicio, ayer",
    "fecha_fin, 2026-13-01",
    "page, 0",
    "page_size, x",
    "cursor, ***"
  })
  void a_bad_filter_is_named(String name, String value) throws Exception {
    open(Databases.SQLITE);
    for (String path : List.of("", "ultimas/", "estadisticas/")) {
      if (path.isEmpty() || !(name.startsWith("page") || name.equals("cursor"))) {
        Port.Answer answer =
            server.port.get("/api/readings/" + path + "?" + name + "=" + value, "admin");
        assertEquals(400, answer.status(), path);
        assertTrue(answer.json().path(name).isArray(), answer.body());
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void a_cursor_stays_where_it_is(Databases kind) throws Exception {
    open(kind);
    fill(4);

    JsonNode first = server.list("?cursor=&page_size=3");
    post(1, 59, "00");
    JsonNode second = follow(first, "next");
    JsonNode third = follow(second, "next");
    JsonNode back = follow(third, "previous");

    assertEquals(List.of(8, 7, 6), ids(first));
    assertTrue(first.path("previous").isNull());
    assertEquals(List.of(5, 4, 3), ids(second));
    assertEquals(List.of(2, 1), ids(third));
    assertTrue(third.path("next").isNull());
    assertEquals(List.of(5, 4, 3), ids(back));
    assertEquals(List.of(8, 7, 6), ids(follow(back, "previous")));
    assertEquals(List.of(9), ids(follow(follow(back, "previous"), "previous")));
    assertEquals(9, second.path("count").asInt());
  }

  private JsonNode follow(JsonNode page, String link) throws Exception {
    return server.list(page.path(link).asText().replaceFirst(".*/api/readings/", ""));
  }

  @Test
  void an_operator_sees_and_changes_only_what_is_his() throws Exception {
    open(Databases.SQLITE);
    fill(2);

    JsonNode own = server.port.get("/api/readings/", "operador").json();

    assertEquals(List.of(3, 1), ids(own));
    assertEquals(2, own.path("count").asInt());
    assertEquals(
        2, server.port.get("/api/readings/estadisticas/", "operador").json().path("total").asInt());
    assertEquals(2, server.port.get("/api/readings/ultimas/", "operador").json().size());
    assertEquals(
        0,
        server.port.get("/api/readings/?dispositivo=2", "operador").json().path("count").asInt());
    assertEquals(200, server.port.get(path(1), "operador").status());
    assertEquals(404, server.port.get(path(2), "operador").status());
    assertEquals(403, server.port.send("PATCH", path(2), "operador", "{\"valor\":1}").status());
    assertEquals(403, server.port.send("DELETE", path(2), "operador", "").status());
    assertEquals(403, server.port.send("DELETE", path(1), "viewer", "").status());
    assertEquals(403, server.port.get("/api/readings/", "rpi").status());
    assertEquals(403, server.port.send("DELETE", path(1), "rpi", "").status());
    assertEquals(401, server.port.get("/api/readings/", "").status());
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void adds_up_what_the_list_shows(Databases kind) throws Exception {
    open(kind);
    assertEquals(
        "{\"total\":0,\"promedio\":null,\"maximo\":null,\"minimo\":null}",
        server.port.get("/api/readings/estadisticas/", "admin").body());
    fill(5);

    assertEquals(
        "{\"total\":10,\"promedio\":2.0,\"maximo\":4.0,\"minimo\":0.0}",
        server.port.get("/api/readings/estadisticas/", "admin").body());
    assertEquals(
        "{\"total\":2,\"promedio\":1.5,\"maximo\":2.0,\"minimo\":1.0}",
        server
            .port
            .get(
                "/api/readings/estadisticas/?dispositivo=1&sensor=1"
                    + "&fecha_inicio=2026-03-01T11:01:00Z&fecha_fin=2026-03-01T11:02:00Z",
                "viewer")
            .body());
  }

  @Test
  void the_latest_are_a_bare_list() throws Exception {
    open(Databases.SQLITE);
    fill(6);

    assertEquals(10, server.port.get("/api/readings/ultimas/", "admin").json().size());
    assertEquals(
        "[" + json(11, "5.0", "2026-03-01T11:05:00Z") + "]",
        server.port.get("/api/readings/ultimas/?limit=1&dispositivo=1", "admin").body());
    assertEquals(12, server.port.get("/api/readings/ultimas/?limit=500", "admin").json().size());
    assertEquals(400, server.port.get("/api/readings/ultimas/?limit=x", "admin").status());
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void a_correction_keeps_the_number_and_what_was_before(Databases kind) throws Exception {
    open(kind);
    fill(2);

    Port.Answer changed = server.port.send("PATCH", path(1), "operador", "{\"valor\":7.5}");
    Port.Answer whole =
        server.port.send("PUT", path(1), "admin", "{\"dispositivo\":1,\"sensor\":1,\"valor\":8}");

    assertEquals(200, changed.status(), changed.body());
    assertEquals(json(1, "7.5", "2026-03-01T11:00:00Z"), changed.body());
    assertEquals(json(1, "8.0", "2026-03-01T11:00:00Z"), whole.body());
    assertEquals(whole.body(), server.port.get(path(1), "admin").body());
    assertEquals(List.of(4, 3, 2, 1), ids(server.list("")));
    assertEquals(
        "{\"total\":2,\"promedio\":4.5,\"maximo\":8.0,\"minimo\":1.0}",
        server.port.get("/api/readings/estadisticas/?dispositivo=1", "admin").body());
    List<Corrected> corrections =
        server.core.readings.corrections(1, Long.MIN_VALUE, Long.MAX_VALUE, 10);
    assertEquals(
        List.of("7.5 8.0 admin Modificada", "0.0 7.5 operador1 Modificada"),
        corrections.stream()
            .map(c -> c.oldValue() + " " + c.newValue() + " " + c.author() + " " + c.reason())
            .toList());
    assertEquals(List.of("UPDATE Lectura 1 operador1", "UPDATE Lectura 1 admin"), audit());
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void a_deleted_reading_is_out_of_the_list_and_can_come_back(Databases kind) throws Exception {
    open(kind);
    fill(2);

    Port.Answer gone = server.port.send("DELETE", path(1), "operador", "");

    assertEquals(204, gone.status());
    assertEquals(404, server.port.get(path(1), "admin").status());
    assertEquals(404, server.port.send("DELETE", path(1), "admin", "").status());
    assertEquals(List.of(4, 3, 2), ids(server.list("")));
    assertEquals(3, server.list("").path("count").asInt());
    assertEquals(1, server.list("?fecha_fin=2026-03-01T11:00:59Z").path("count").asInt());
    assertEquals(
        "{\"total\":1,\"promedio\":1.0,\"maximo\":1.0,\"minimo\":1.0}",
        server.port.get("/api/readings/estadisticas/?dispositivo=1", "admin").body());
    Port.Answer again =
        server.post(
            "admin",
            "{\"dispositivo\":1,\"sensor\":1,\"valor\":3,\"timestamp\":\"2026-03-01T11:00:00Z\"}");
    assertEquals(409, again.status(), again.body());
    assertEquals(List.of("DELETE Lectura 1 operador1"), audit());

    server.core.readings.undo(1, "admin", clock.instant());
    assertEquals(List.of(4, 3, 2, 1), ids(server.list("")));
    assertEquals(4, server.list("").path("count").asInt());
    assertEquals(200, server.port.get(path(1), "admin").status());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          PATCH | {}                                   | {"valor":["Este campo es requerido."]}
          PATCH | {"valor":"x"}                        | {"valor":["Se requiere un número válido."]}
          PATCH | {"valor":81}                         | {"non_field_errors":["El valor 81.0 esta fuera del rango permitido (-40.0 - 80.0)."]}
          PATCH | {"valor":1,"sensor":2}               | {"sensor":["Este campo de una lectura no cambia."]}
          PATCH | {"valor":1,"metadata_json":{"a":1}}  | {"metadata_json":["Este campo de una lectura no cambia."]}
          PATCH | {"valor":1,"timestamp":"2026-01-01T00:00:00Z"} | {"timestamp":["Este campo de una lectura no cambia."]}
          PUT   | {"valor":1}                          | {"dispositivo":["Este campo es requerido."],"sensor":["Este campo es requerido."]}
          """)
  void says_what_cannot_be_corrected(String method, String body, String answer) throws Exception {
    open(Databases.SQLITE);
    fill(1);

    Port.Answer refused = server.port.send(method, path(1), "admin", body);

    assertEquals(400, refused.status(), refused.body());
    assertEquals(answer, refused.body());
    assertFalse(audit().iterator().hasNext());
  }

  @Test
  void there_is_nothing_behind_other_numbers() throws Exception {
    open(Databases.SQLITE);
    fill(1);
    for (String id : List.of("0", "-1", "3", "999999999999", "abc")) {
      assertEquals(404, server.port.get("/api/readings/" + id + "/", "admin").status(), id);
    }
  }

  private List<String> audit() {
    return server.core.database.read(
        handle ->
            handle
                .createQuery("SELECT action, model, object_id, username FROM audit_log ORDER BY id")
                .map(
                    (row, _) ->
                        row.getString(1)
                            + " "
                            + row.getString(2)
                            + " "
                            + (row.getInt(3) - before)
                            + " "
                            + row.getString(4))
                .list());
  }
}
