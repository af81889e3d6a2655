package io.vatio.ingest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.testing.Databases;
import io.vatio.testing.FixedClock;
import io.vatio.testing.LecturaServer;
import io.vatio.testing.Port;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ReadingPostRoutesTest {
  private static final String CREATED =
      """
      {"id":%d,"dispositivo":1,"dispositivo_nombre":"Raspberry Pi - Sala","sensor":1,\
      "sensor_nombre":"DHT22 - Temperatura","sensor_unidad":"°C","valor":%s,"timestamp":"%s",\
      "metadata_json":%s}""";

  @TempDir Path folder;
  private final FixedClock clock = FixedClock.at("2026-03-01T10:35:00Z");
  private LecturaServer server;

  private void open(Databases kind) {
    server = new LecturaServer(kind, folder, clock);
  }

  @AfterEach
  void close() {
    server.close();
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void a_reading_is_answered_as_it_is_stored(Databases kind) throws Exception {
    open(kind);
    Port.Answer answer =
        server.post(
            "admin",
            """
            {"dispositivo": 1, "sensor": 1, "valor": 25.5,
             "metadata_json": {"calidad": "buena", "bateria": 85}}
            """);

    assertEquals(201, answer.status());
    assertEquals(
        CREATED.formatted(
            answer.json().path("id").asInt(),
            "25.5",
            "2026-03-01T10:35:00Z",
            "{\"calidad\":\"buena\",\"bateria\":85}"),
        answer.body());
    assertEquals(
        answer.body(),
        server
            .port
            .get("/api/readings/" + answer.json().path("id").asText() + "/", "admin")
            .body());
    assertEquals(1, server.list("").path("count").asInt());
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void the_same_moment_twice_is_one_reading(Databases kind) throws Exception {
    open(kind);
    String body =
        "{\"dispositivo\":1,\"sensor\":1,\"valor\":%s,\"timestamp\":\"2026-02-01T08:00:00Z\"}";

    Port.Answer first = server.post("admin", body.formatted("20.0"));
    Port.Answer again = server.post("admin", body.formatted("21.0"));

    assertEquals(201, first.status());
    assertEquals(200, again.status());
    assertEquals(
        CREATED.formatted(first.json().path("id").asInt(), "20.0", "2026-02-01T08:00:00Z", "{}"),
        first.body());
    assertEquals(first.body(), again.body());
    assertEquals(1, server.list("").path("count").asInt());
  }

  @Test
  void without_a_time_each_is_a_reading_of_its_own() throws Exception {
    open(Databases.SQLITE);
    String body = "{\"dispositivo\":1,\"sensor\":1,\"valor\":20}";

    assertEquals(
        CREATED.formatted(1, "20.0", "2026-03-01T10:35:00Z", "{}"),
        server.post("admin", body).body());
    assertEquals(
        CREATED.formatted(2, "20.0", "2026-03-01T10:35:00.000001Z", "{}"),
        server.post("admin", body).body());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          2026-07-01T10:00:00            | 2026-07-01T08:00:00Z
          2026-01-01T10:00:00            | 2026-01-01T09:00:00Z
          2026-01-01 10:00               | 2026-01-01T09:00:00Z
          2026-01-01T10:00:00+02:00      | 2026-01-01T08:00:00Z
          2026-01-01T10:00:00.5Z         | 2026-01-01T10:00:00.500Z
          2026-01-01T10:00:00.123456Z    | 2026-01-01T10:00:00.123456Z
          2026-01-01T10:00:00.123456789Z | 2026-01-01T10:00:00.123456Z
          2024-02-29T23:59:59Z           | 2024-02-29T23:59:59Z
          1970-01-01T00:00:00Z           | 1970-01-01T00:00:00Z
          1969-12-31T23:59:59.999999Z    | 1969-12-31T23:59:59.999999Z
          2030-01-01T00:00:00Z           | 2030-01-01T00:00:00Z
          """)
  void a_time_may_have_a_zone_or_not(String written, String stored) throws Exception {
    open(Databases.SQLITE);
    Port.Answer answer =
        server.post(
            "admin",
            "{\"dispositivo\":1,\"sensor\":1,\"valor\":1,\"timestamp\":\"%s\"}".formatted(written));

    assertEquals(201, answer.status(), answer.body());
    assertEquals(stored, answer.json().path("timestamp").asText());
    assertEquals(stored, server.list("").path("results").path(0).path("timestamp").asText());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {}                                          | {"dispositivo":["Este campo es requerido."],"sensor":["Este campo es requerido."],"valor":["Este campo es requerido."]}
          {"dispositivo":999,"sensor":1,"valor":1}    | {"dispositivo":["Clave primaria \\"999\\" inválida - objeto no existe."]}
          {"dispositivo":1,"sensor":999,"valor":1}    | {"sensor":["Clave primaria \\"999\\" inválida - objeto no existe."]}
          {"dispositivo":9,"sensor":9,"valor":"x"}    | {"dispositivo":["Clave primaria \\"9\\" inválida - objeto no existe."],"sensor":["Clave primaria \\"9\\" inválida - objeto no existe."],"valor":["Se requiere un número válido."]}
          {"dispositivo":"a","sensor":1,"valor":1}    | {"dispositivo":["Clave primaria \\"a\\" inválida - objeto no existe."]}
          {"dispositivo":null,"sensor":1,"valor":1}   | {"dispositivo":["Este campo no puede ser nulo."]}
          {"dispositivo":[1],"sensor":1,"valor":1}    | {"dispositivo":["Clave primaria \\"START_ARRAY\\" inválida - objeto no existe."]}
          {"dispositivo":99999999999999999999,"sensor":1,"valor":1} | {"dispositivo":["Clave primaria \\"99999999999999999999\\" inválida - objeto no existe."]}
          {"dispositivo":1,"sensor":3,"valor":1}      | {"non_field_errors":["El sensor no esta asignado a este dispositivo."]}
          {"dispositivo":2,"sensor":2,"valor":1}      | {"non_field_errors":["El sensor no esta asignado a este dispositivo."]}
          {"dispositivo":1,"sensor":1,"valor":999.0}  | {"non_field_errors":["El valor 999.0 esta fuera del rango permitido (-40.0 - 80.0)."]}
          {"dispositivo":1,"sensor":1,"valor":80.1}   | {"non_field_errors":["El valor 80.1 esta fuera del rango permitido (-40.0 - 80.0)."]}
          {"dispositivo":1,"sensor":1,"valor":"25.5"} | {"valor":["Se requiere un número válido."]}
          {"dispositivo":1,"sensor":1,"valor":true}   | {"valor":["Se requiere un número válido."]}
          {"dispositivo":1,"sensor":1,"valor":NaN}    | {"valor":["Se requiere un número válido."]}
          {"dispositivo":1,"sensor":1,"valor":Infinity} | {"valor":["Se requiere un número válido."]}
          {"dispositivo":1,"sensor":1,"valor":1e999}  | {"valor":["Se requiere un número válido."]}
          {"dispositivo":1,"sensor":1,"valor":null}   | {"valor":["Este campo no puede ser nulo."]}
          {"dispositivo":1,"sensor":1,"valor":{}}     | {"valor":["Se requiere un número válido."]}
          {"dispositivo":1,"sensor":1,"valor":1,"valor":2} | {"valor":["Este campo aparece dos veces."]}
          {"dispositivo":1,"sensor":1,"valor":1,"timestamp":"ayer"} | {"timestamp":["Se requiere una fecha ISO 8601, por ejemplo 2026-01-31T08:00:00Z."]}
          {"dispositivo":1,"sensor":1,"valor":1,"timestamp":"2026-02-30T00:00:00Z"} | {"timestamp":["Se requiere una fecha ISO 8601, por ejemplo 2026-01-31T08:00:00Z."]}
          {"dispositivo":1,"sensor":1,"valor":1,"timestamp":1700000000} | {"timestamp":["Se requiere una fecha ISO 8601, por ejemplo 2026-01-31T08:00:00Z."]}
          {"dispositivo":1,"sensor":1,"valor":1,"metadata_json":"x"} | {"metadata_json":["Debe ser un objeto JSON de 4096 caracteres como máximo."]}
          [1]                                         | {"detail":"Datos inválidos. Se esperaba un diccionario pero es un list."}
          {"dispositivo":1,"sensor":1,"valor":1} x    | {"detail":"JSON parse error
          {"dispositivo":                             | {"detail":"JSON parse error
          ``                                          | {"detail":"Datos JSON inválidos o faltantes"}
          """)
  void says_what_is_wrong(String body, String answer) throws Exception {
    open(Databases.SQLITE);
    Port.Answer refused = server.post("admin", body);

    assertEquals(400, refused.status(), refused.body());
    assertTrue(refused.body().startsWith(answer), refused.body());
    assertEquals(0, server.list("").path("count").asInt());
  }

  @Test
  void a_number_without_end_names_its_field() throws Exception {
    open(Databases.SQLITE);
    String digits = "9".repeat(400);
    Port.Answer one =
        server.post("admin", "{\"dispositivo\":1,\"sensor\":1,\"valor\":" + digits + "}");
    Port.Answer many =
        server.bulk(
            "admin",
            "{\"lecturas\":[{\"dispositivo\":1,\"sensor\":1,\"valor\":1},"
                + "{\"dispositivo\":1,\"sensor\":1,\"valor\":"
                + digits
                + "}]}");

    assertEquals("{\"valor\":[\"Se requiere un número válido.\"]}", one.body());
    assertEquals(400, one.status());
    assertEquals(
        "{\"lecturas\":[{},{\"valor\":[\"Se requiere un número válido.\"]}]}", many.body());
    assertEquals(400, many.status());
  }

  @ParameterizedTest
  @CsvSource({
    "operador, 1, 201",
    "operador, 2, 403",
    "rpi, 1, 201",
    "rpi, 2, 403",
    "viewer, 1, 403",
    "'', 1, 401"
  })
  void writes_only_for_devices_of_ones_own(String token, int device, int status) throws Exception {
    open(Databases.SQLITE);
    String reading = "{\"dispositivo\":%d,\"sensor\":1,\"valor\":1}".formatted(device);

    assertEquals(status, server.post(token, reading).status());
    assertEquals(status, server.bulk(token, "{\"lecturas\":[" + reading + "]}").status());
    assertEquals(status == 201 ? 2 : 0, server.list("").path("count").asInt());
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void many_readings_are_stored_together(Databases kind) throws Exception {
    open(kind);
    Port.Answer answer =
        server.bulk(
            "operador",
            """
            {"lecturas": [
              {"dispositivo": 1, "sensor": 1, "valor": 25.5},
              {"dispositivo": 1, "sensor": 2, "valor": 60.2, "metadata_json": {"a": 1}},
              {"dispositivo": 1, "sensor": 2, "valor": 61, "timestamp": "2026-02-01T00:00:00Z"}
            ]}
            """);

    assertEquals(201, answer.status());
    assertEquals("{\"message\":\"3 lecturas creadas exitosamente\",\"count\":3}", answer.body());
    assertEquals(3, server.list("").path("count").asInt());
    assertEquals(2, server.list("?sensor=2").path("count").asInt());
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void one_bad_reading_keeps_all_of_them_out(Databases kind) throws Exception {
    open(kind);
    Port.Answer answer =
        server.bulk(
            "admin",
            """
            {"lecturas": [
              {"dispositivo": 1, "sensor": 1, "valor": 25.5},
              {"dispositivo": 1, "sensor": 1, "valor": 999},
              7,
              {"dispositivo": 1, "sensor": 1, "valor": 1},
              {"dispositivo": 1, "valor": "x"}
            ]}
            """);

    assertEquals(400, answer.status());
    assertEquals(
        """
        {"lecturas":[{},{"non_field_errors":["El valor 999.0 esta fuera del rango permitido \
        (-40.0 - 80.0)."]},{"non_field_errors":["Datos inválidos. Se esperaba un diccionario pero es un int."]},\
        {},{"sensor":["Este campo es requerido."],"valor":["Se requiere un número válido."]}]}""",
        answer.body());
    assertEquals(0, server.list("").path("count").asInt());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"lecturas":[]}   | 201 | {"message":"0 lecturas creadas exitosamente","count":0}
          {}                | 400 | {"lecturas":["Este campo es requerido."]}
          {"lecturas":null} | 400 | {"lecturas":["Este campo no puede ser nulo."]}
          {"lecturas":{}}   | 400 | {"lecturas":["Se esperaba una lista de elementos."]}
          []                | 400 | {"detail":"Datos inválidos. Se esperaba un diccionario pero es un list."}
          {"lecturas":[     | 400 | {"detail":"JSON parse error
          ``                | 400 | {"detail":"Datos JSON inválidos o faltantes"}
          """)
  void odd_lists(String body, int status, String answer) throws Exception {
    open(Databases.SQLITE);
    Port.Answer given = server.bulk("admin", body);

    assertEquals(status, given.status());
    assertTrue(given.body().startsWith(answer), given.body());
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void ten_thousand_are_taken_and_not_one_more(Databases kind) throws Exception {
    open(kind);

    Port.Answer tooMany = server.bulk("admin", bulk(10_001));
    Port.Answer most = server.bulk("admin", bulk(10_000));
    Port.Answer again = server.bulk("admin", bulk(10_000));

    assertEquals(400, tooMany.status());
    assertEquals("{\"lecturas\":[\"Como máximo 10000 lecturas por petición.\"]}", tooMany.body());
    assertEquals(
        "{\"message\":\"10000 lecturas creadas exitosamente\",\"count\":10000}", most.body());
    assertEquals("{\"message\":\"0 lecturas creadas exitosamente\",\"count\":0}", again.body());
    assertEquals(10_000, server.list("").path("count").asInt());
  }

  private static String bulk(int count) {
    return IntStream.range(0, count)
        .mapToObj(
            i ->
                "{\"dispositivo\":1,\"sensor\":1,\"valor\":%d,\"timestamp\":\"2026-02-01T%02d:%02d:%02dZ\"}"
                    .formatted(i % 80, i / 3600, i / 60 % 60, i % 60))
        .collect(Collectors.joining(",", "{\"lecturas\":[", "]}"));
  }
}
