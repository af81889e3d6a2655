package io.vatio.sensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.vatio.testing.Databases;
import io.vatio.testing.FixedClock;
import io.vatio.testing.Things;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(Databases.class)
class DeviceRoutesTest {
  private static final String OFFICE =
      """
      {"nombre":"ESP32 - Oficina","tipo":"esp32","identificador_unico":"ESP32-OFICINA-001",
       "ubicacion":"Oficina Principal","estado":"activo","descripcion":"ESP32 en oficina"}
      """;

  @Parameter Databases kind;
  @TempDir Path folder;
  private final FixedClock clock = FixedClock.at("2024-12-04T10:00:00Z");
  private Things things;

  @BeforeEach
  void start() {
    things = Things.start(kind, folder, clock);
  }

  @AfterEach
  void stop() {
    things.close();
  }

  @Test
  void a_device_is_made_and_shown_as_the_document_says() {
    String device =
        """
        {"id":1,"nombre":"ESP32 - Oficina","tipo":"esp32","tipo_display":"ESP32",\
        "identificador_unico":"ESP32-OFICINA-001","ubicacion":"Oficina Principal",\
        "estado":"activo","estado_display":"Activo","descripcion":"ESP32 en oficina",\
        "operador_asignado":null,"sensores_asignados":[],"cantidad_sensores":0,\
        "created_at":"2024-12-04T10:00:00Z","updated_at":"2024-12-04T10:00:00Z",\
        "last_seen":null,"connection_status":"offline",\
        "connection_status_display":"Fuera de Línea","modelo":"","reclamado":true,"sitio":1}""";

    assertEquals(device, things.send(201, "POST", "/api/devices/", "admin", OFFICE).body());
    assertEquals(device, things.get("/api/devices/1/", "viewer").body());
    assertEquals(
        "{\"count\":1,\"next\":null,\"previous\":null,\"results\":[" + device + "]}",
        things.get("/api/devices/", "viewer").body());
    assertEquals(
        """
        [{"value":"raspberry_pi","label":"Raspberry Pi"},{"value":"esp32","label":"ESP32"},\
        {"value":"arduino","label":"Arduino"},{"value":"esp8266","label":"ESP8266"},\
        {"value":"stm32","label":"STM32"},{"value":"otro","label":"Otro"}]""",
        things.get("/api/devices/tipos/", "viewer").body());
  }

  @Test
  void it_shows_its_operator_and_its_sensors() {
    long device = things.device("A-1", "ana");
    long sensor = things.sensor("DHT22 - Temperatura", "admin");

    String assigned =
        things
            .send(
                201,
                "POST",
                "/api/devices/" + device + "/assign-sensor/",
                "ana",
                """
                {"sensor_id":%d,"configuracion_json":{"intervalo":60,"umbral_alerta":30}}
                """
                    .formatted(sensor))
            .body();

    assertEquals(
        """
        {"message":"Sensor asignado exitosamente","asignacion":{"id":1,"dispositivo":1,\
        "dispositivo_nombre":"Equipo A-1","sensor":1,"sensor_nombre":"DHT22 - Temperatura",\
        "configuracion_json":{"intervalo":60,"umbral_alerta":30},"activo":true,\
        "fecha_asignacion":"2024-12-04T10:00:00Z","clave":"temperatura"}}""",
        assigned);
    assertEquals(List.of(1), things.intervals);
    JsonNode shown = things.get("/api/devices/1/", "ana").json();
    assertEquals(2, shown.path("operador_asignado").asInt());
    assertEquals("ana", shown.path("operador_username").asText());
    assertEquals(1, shown.path("cantidad_sensores").asInt());
    assertEquals("inactivo", shown.path("estado").asText());
    assertEquals(
        """
        {"id":1,"sensor":1,"sensor_nombre":"DHT22 - Temperatura","sensor_detail":\
        {"id":1,"nombre":"DHT22 - Temperatura","tipo":"temperatura","tipo_display":"Temperatura",\
        "unidad_medida":"°C","rango_min":-40.0,"rango_max":80.0,"estado":"activo",\
        "estado_display":"Activo","descripcion":"","created_by":1,"created_by_username":"admin",\
        "created_at":"2024-12-04T10:00:00Z","updated_at":"2024-12-04T10:00:00Z",\
        "automatico":false},"configuracion_json":{"intervalo":60,"umbral_alerta":30},\
        "activo":true,"fecha_asignacion":"2024-12-04T10:00:00Z","clave":"temperatura"}""",
        shown.path("sensores_asignados").path(0).toString());
  }

  @Test
  void an_operator_is_assigned_and_taken_away() {
    long device = things.device("A-1", "admin");
    String path = "/api/devices/" + device + "/assign-operator/";

    JsonNode done = things.send(200, "POST", path, "admin", "{\"operador_id\":2}").json();

    assertEquals("Operador asignado exitosamente", done.path("message").asText());
    assertEquals(2, done.path("dispositivo").path("operador_asignado").asInt());
    assertEquals("ana", done.path("dispositivo").path("operador_username").asText());
    things.send(200, "GET", "/api/devices/" + device + "/", "ana", "");
    assertEquals(
        "{\"operador_id\":[\"El usuario no existe.\"]}",
        things.send(400, "POST", path, "admin", "{\"operador_id\":99}").body());
    assertEquals(
        "{\"operador_id\":[\"El usuario debe tener el rol de operador.\"]}",
        things.send(400, "POST", path, "admin", "{\"operador_id\":5}").body());
    assertEquals(
        "{\"operador_id\":[\"Este campo es requerido.\"]}",
        things.send(400, "POST", path, "admin", "{}").body());
    things.send(403, "POST", path, "ana", "{\"operador_id\":3}");
    things.send(200, "POST", path, "admin", "{\"operador_id\":null}");
    things.send(404, "GET", "/api/devices/" + device + "/", "ana", "");
  }

  @Test
  void a_removed_sensor_keeps_its_series_and_goes_on_when_assigned_again() {
    long device = things.device("A-1", "ana");
    long sensor = things.sensor("S", "ana");
    String path = "/api/devices/" + device;
    String body = "{\"sensor_id\":" + sensor + "}";
    things.send(201, "POST", path + "/assign-sensor/", "ana", body);
    assertEquals(
        "{\"error\":\"El sensor ya esta asignado a este dispositivo\"}",
        things.send(400, "POST", path + "/assign-sensor/", "ana", body).body());

    assertEquals(
        "{\"message\":\"Sensor removido exitosamente\"}",
        things.send(200, "DELETE", path + "/remove-sensor/?sensor_id=" + sensor, "ana", "").body());

    assertEquals(
        "{\"error\":\"La asignacion no existe\"}",
        things.send(404, "DELETE", path + "/remove-sensor/?sensor_id=" + sensor, "ana", "").body());
    assertEquals(
        "{\"error\":\"Se requiere el parametro sensor_id\"}",
        things.send(400, "DELETE", path + "/remove-sensor/", "ana", "").body());
    assertEquals(0, things.get(path, "ana").json().path("cantidad_sensores").asInt());
    Series kept = things.core.catalogue.findBySensor(device, sensor).orElseThrow();
    assertFalse(kept.active());
    JsonNode again = things.send(201, "POST", path + "/assign-sensor/", "ana", body).json();
    assertEquals(kept.id(), again.path("asignacion").path("id").asInt());
  }

  @Test
  void a_sensor_takes_over_the_values_that_came_undeclared() {
    long device = things.device("A-1", "ana");
    things.core.catalogue.ensure(
        List.of(
            new SeriesCatalogue.Wanted(device, SensorGuess.of("temp")),
            new SeriesCatalogue.Wanted(device, SensorGuess.of("temperatura"))));
    Series before = things.core.catalogue.find(device, "temp").orElseThrow();
    long sensor = things.sensor("DHT22", "ana");
    long other = things.sensor("Otro", "ana");
    String path = "/api/devices/" + device + "/assign-sensor/";

    things.send(201, "POST", path, "ana", "{\"sensor_id\":" + sensor + ",\"clave\":\"temp\"}");

    Series after = things.core.catalogue.find(device, "temp").orElseThrow();
    assertEquals(before.id(), after.id());
    assertEquals(sensor, after.sensorId());
    assertEquals(80, after.max());
    assertEquals(
        "{\"clave\":[\"El dispositivo ya tiene un sensor con la clave \\\"temp\\\".\"]}",
        things
            .send(400, "POST", path, "ana", "{\"sensor_id\":" + other + ",\"clave\":\"temp\"}")
            .body());
    // temperatura is taken by what came undeclared.
    JsonNode free = things.send(201, "POST", path, "ana", "{\"sensor_id\":" + other + "}").json();
    assertEquals("otro", free.path("asignacion").path("clave").asText());
  }

  @Test
  void the_configuration_of_an_assignment_changes_and_the_sums_with_it() {
    long device = things.device("A-1", "ana");
    long sensor = things.sensor("S", "ana");
    String path = "/api/devices/" + device;
    things.send(201, "POST", path + "/assign-sensor/", "ana", "{\"sensor_id\":" + sensor + "}");
    String one = path + "/sensors/" + sensor + "/";

    things.send(200, "PATCH", one, "ana", "{\"configuracion_json\":{\"umbral_alerta\":5}}");
    assertEquals(List.of(), things.intervals);
    things.send(200, "PATCH", one, "ana", "{\"configuracion_json\":{\"intervalo\":5}}");
    assertEquals(List.of(1), things.intervals);

    assertTrue(
        things
            .send(400, "PATCH", one, "ana", "{\"configuracion_json\":{\"intervalo\":0}}")
            .body()
            .contains("entre 1 y 86400"));
    things.send(400, "PATCH", one, "ana", "{\"configuracion_json\":{\"umbral_alerta\":\"x\"}}");
    things.send(400, "PATCH", one, "ana", "{\"configuracion_json\":[1]}");
    things.send(400, "PATCH", one, "ana", "{}");
    things.send(404, "PATCH", path + "/sensors/99/", "ana", "{\"configuracion_json\":{}}");
    things.send(403, "PATCH", one, "beto", "{\"configuracion_json\":{}}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {}                              | {"nombre":["Este campo es requerido."],"tipo":["Este campo es requerido."],"identificador_unico":["Este campo es requerido."],"ubicacion":["Este campo es requerido."]}
          {"nombre":"x","tipo":"t","identificador_unico":"ESP32-OFICINA-001","ubicacion":"u"} | {"identificador_unico":["Ya existe un/a Dispositivo con este/a Identificador Único."]}
          {"nombre":"x","tipo":"t","identificador_unico":"a/b","ubicacion":"u"} | {"identificador_unico":["\\"identificador_unico\\" debe tener de 1 a 100 caracteres, sin espacios en los extremos ni \\"/\\", \\"+\\", \\"#\\" o caracteres de control."]}
          {"nombre":"x","tipo":"t","identificador_unico":"z","ubicacion":"u","estado":"roto"} | {"estado":["\\"roto\\" no es una elección válida."]}
          {"nombre":"x","tipo":"t","identificador_unico":"z","ubicacion":"u","sitio":9} | {"sitio":["El emplazamiento no existe."]}
          {"nombre":"x","tipo":"t","identificador_unico":"z","ubicacion":"u","operador_asignado":9} | {"operador_asignado":["El usuario no existe."]}
          {"nombre":5,"tipo":"t","identificador_unico":"z","ubicacion":"u"} | {"nombre":["Debe ser una cadena de texto."]}
          """)
  void says_what_is_wrong(String body, String answer) {
    things.send(201, "POST", "/api/devices/", "admin", OFFICE);

    assertEquals(answer, things.send(400, "POST", "/api/devices/", "admin", body).body());
  }

  @Test
  void is_filtered_searched_ordered_and_paged() {
    things.device("A-1", "ana");
    clock.advance(Duration.ofSeconds(1));
    things.device("B-1", "beto");
    clock.advance(Duration.ofSeconds(1));
    things.send(201, "POST", "/api/devices/", "admin", OFFICE);

    assertEquals(List.of("ESP32-OFICINA-001", "B-1", "A-1"), serials("/api/devices/", "viewer"));
    assertEquals(List.of("A-1"), serials("/api/devices/?operador=2", "viewer"));
    assertEquals(List.of("ESP32-OFICINA-001"), serials("/api/devices/?estado=activo", "viewer"));
    assertEquals(
        List.of("ESP32-OFICINA-001"), serials("/api/devices/?search=OFÍCINA prin", "viewer"));
    assertEquals(
        List.of("A-1", "B-1"), serials("/api/devices/?ordering=nombre&page_size=2", "viewer"));
    assertEquals(List.of(), serials("/api/devices/?connection_status=online", "viewer"));
    assertEquals(3, serials("/api/devices/?sitio=1&reclamado=true&tipo=esp32", "viewer").size());
    for (String wrong :
        List.of("estado=x", "operador=x", "connection_status=x", "reclamado=x", "sitio=x")) {
      things.send(400, "GET", "/api/devices/?" + wrong, "viewer", "");
    }
  }

  @Test
  void operators_see_and_change_their_own_only() {
    long own = things.device("A-1", "ana");
    long his = things.device("B-1", "beto");
    long sensor = things.sensor("S", "admin");

    assertEquals(List.of("A-1"), serials("/api/devices/", "ana"));
    things.send(404, "GET", "/api/devices/" + his + "/", "ana", "");
    for (String method : List.of("PUT", "PATCH", "DELETE")) {
      assertEquals(
          "{\"detail\":\"No tiene permisos para gestionar dispositivos.\"}",
          things.send(403, method, "/api/devices/" + his + "/", "ana", "{}").body());
      things.send(403, method, "/api/devices/" + own + "/", "viewer", "{}");
      things.send(403, method, "/api/devices/" + own + "/", "guest", "{}");
      things.send(401, method, "/api/devices/" + own + "/", "", "{}");
    }
    String assign = "{\"sensor_id\":" + sensor + "}";
    things.send(403, "POST", "/api/devices/" + his + "/assign-sensor/", "ana", assign);
    things.send(404, "POST", "/api/devices/99/assign-sensor/", "ana", assign);
    things.send(403, "POST", "/api/devices/", "viewer", OFFICE);
    things.send(403, "PATCH", "/api/devices/" + own + "/", "ana", "{\"operador_asignado\":3}");
    things.send(200, "PATCH", "/api/devices/" + own + "/", "ana", "{\"nombre\":\"Mío\"}");
    assertEquals(
        "{\"identificador_unico\":[\"El identificador único de un dispositivo no cambia.\"]}",
        things
            .send(
                400, "PATCH", "/api/devices/" + own + "/", "ana", "{\"identificador_unico\":\"Z\"}")
            .body());
    things.send(204, "DELETE", "/api/devices/" + own + "/", "ana", "");
    things.send(404, "DELETE", "/api/devices/" + own + "/", "ana", "");
    assertEquals(List.of("B-1"), serials("/api/devices/", "boss"));
    assertEquals(List.of(), serials("/api/devices/", "guest"));
  }

  @Test
  void the_two_shapes_show_one_device() {
    long id = things.device("A-1", "ana");

    things.send(
        200, "PUT", "/dispositivos/" + id, "ana", "{\"encendido\":true,\"nombre\":\"Luz\"}");
    things.send(200, "PATCH", "/api/devices/" + id + "/", "ana", "{\"estado\":\"mantenimiento\"}");

    JsonNode asset = things.get("/api/devices/" + id + "/", "ana").json();
    assertEquals("Luz", asset.path("nombre").asText());
    assertEquals("mantenimiento", asset.path("estado").asText());
    JsonNode thing = things.get("/dispositivos/" + id, "ana").json();
    assertEquals("activo", thing.path("estado").asText());
    assertEquals("A-1", thing.path("serial_number").asText());
    things.send(404, "GET", "/dispositivos/" + id, "beto", "");
    assertEquals("[]", things.get("/dispositivos", "guest").body());
  }

  @Test
  void every_change_is_in_the_audit_log_with_who_did_it() {
    long id = things.device("A-1", "ana");
    things.send(200, "PATCH", "/api/devices/" + id + "/", "ana", "{\"nombre\":\"Luz\"}");
    things.send(204, "DELETE", "/api/devices/" + id + "/", "ana", "");

    List<String> rows =
        things.core.database.read(
            handle ->
                handle
                    .createQuery(
                        "SELECT username, action, model, object_name, changes FROM audit_log ORDER BY id")
                    .map(
                        (row, _) ->
                            row.getString(1)
                                + " "
                                + row.getString(2)
                                + " "
                                + row.getString(3)
                                + " "
                                + row.getString(4)
                                + (row.getString(2).equals("UPDATE") ? row.getString(5) : ""))
                    .list());

    assertEquals(
        List.of(
            "ana CREATE Dispositivo Equipo A-1",
            "ana UPDATE Dispositivo Luz{\"nombre\":{\"old\":\"Equipo A-1\",\"new\":\"Luz\"}}",
            "ana DELETE Dispositivo Luz"),
        rows);
  }

  private List<String> serials(String path, String who) {
    List<String> serials = new ArrayList<>();
    things
        .get(path.replace(" ", "%20").replace("Í", "%C3%8D"), who)
        .json()
        .path("results")
        .forEach(d -> serials.add(d.path("identificador_unico").asText()));
    return serials;
  }
}
