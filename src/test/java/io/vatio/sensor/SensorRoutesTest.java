package io.vatio.sensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
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
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(Databases.class)
class SensorRoutesTest {
  private static final String PRESSURE =
      """
      {"nombre":"BMP280 - Presión","tipo":"presion","unidad_medida":"hPa","rango_min":300,
       "rango_max":1100,"estado":"activo","descripcion":"Sensor de presión barométrica"}
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
  void a_sensor_is_made_and_shown_as_the_document_says() {
    String sensor =
        """
        {"id":1,"nombre":"BMP280 - Presión","tipo":"presion","tipo_display":"Presión",\
        "unidad_medida":"hPa","rango_min":300.0,"rango_max":1100.0,"estado":"activo",\
        "estado_display":"Activo","descripcion":"Sensor de presión barométrica","created_by":1,\
        "created_by_username":"admin","created_at":"2024-12-04T10:00:00Z",\
        "updated_at":"2024-12-04T10:00:00Z","automatico":false}""";

    assertEquals(sensor, things.send(201, "POST", "/api/sensors/", "admin", PRESSURE).body());
    assertEquals(sensor, things.get("/api/sensors/1/", "viewer").body());
    assertEquals(
        "{\"count\":1,\"next\":null,\"previous\":null,\"results\":[" + sensor + "]}",
        things.get("/api/sensors/", "viewer").body());
    assertEquals("[" + sensor + "]", things.get("/api/sensors/available/", "viewer").body());
  }

  @Test
  void the_types_begin_with_the_six_of_the_document() {
    assertTrue(
        things
            .get("/api/sensors/tipos/", "viewer")
            .body()
            .startsWith(
                """
                [{"value":"temperatura","label":"Temperatura"},{"value":"humedad","label":"Humedad"},\
                {"value":"presion","label":"Presión"},{"value":"luz","label":"Luz"},\
                {"value":"movimiento","label":"Movimiento"},{"value":"gas","label":"Gas"},\
                {"value":"sonido","label":"Sonido"},{"value":"distancia","label":"Distancia"},\
                {"value":"acelerometro","label":"Acelerómetro"},\
                {"value":"giroscopio","label":"Giroscopio"},{"value":"otro","label":"Otro"}"""));
    assertEquals(
        "caudal",
        things
            .send(
                201,
                "POST",
                "/api/sensors/",
                "ana",
                "{\"nombre\":\"C\",\"tipo\":\"caudal\",\"unidad_medida\":\"l/s\",\"rango_min\":0,\"rango_max\":9}")
            .json()
            .path("tipo_display")
            .asText());
  }

  @Test
  void says_everything_that_is_wrong_at_once() {
    assertEquals(
        """
        {"nombre":["Este campo es requerido."],"tipo":["Este campo es requerido."],\
        "unidad_medida":["Este campo es requerido."],"rango_min":["Este campo es requerido."],\
        "rango_max":["Este campo es requerido."]}""",
        things.send(400, "POST", "/api/sensors/", "admin", "{}").body());
    assertEquals(
        """
        {"nombre":["Este campo no puede estar en blanco."],\
        "unidad_medida":["Debe tener 50 caracteres como máximo."],\
        "rango_min":["Asegúrese de que este valor es mayor o igual a -1000000."],\
        "rango_max":["Se requiere un número válido."],\
        "estado":["\\"roto\\" no es una elección válida."]}""",
        things
            .send(
                400,
                "POST",
                "/api/sensors/",
                "admin",
                """
                {"nombre":" ","tipo":"luz","unidad_medida":"%s","rango_min":-2000000,
                 "rango_max":"mucho","estado":"roto"}
                """
                    .formatted("x".repeat(51)))
            .body());
    String range =
        "{\"non_field_errors\":[\"El rango minimo debe ser menor que el rango maximo.\"]}";
    assertEquals(
        range,
        things.send(400, "POST", "/api/sensors/", "admin", PRESSURE.replace("1100", "300")).body());
    things.send(201, "POST", "/api/sensors/", "admin", PRESSURE);
    assertEquals(
        range,
        things.send(400, "PATCH", "/api/sensors/1/", "admin", "{\"rango_min\":1100}").body());
    assertEquals(400, things.send(400, "GET", "/api/sensors/?estado=roto", "viewer", "").status());
  }

  @Test
  void is_changed_whole_and_in_part() {
    things.send(201, "POST", "/api/sensors/", "admin", PRESSURE);
    clock.advance(Duration.ofMinutes(1));

    JsonNode patched =
        things.send(200, "PATCH", "/api/sensors/1/", "admin", "{\"rango_max\":1200}").json();
    JsonNode put =
        things
            .send(
                200,
                "PUT",
                "/api/sensors/1/",
                "admin",
                "{\"nombre\":\"P\",\"tipo\":\"presion\",\"unidad_medida\":\"Pa\",\"rango_min\":0,\"rango_max\":5}")
            .json();

    assertEquals(1200.0, patched.path("rango_max").asDouble());
    assertEquals("2024-12-04T10:01:00Z", patched.path("updated_at").asText());
    assertEquals("Pa", put.path("unidad_medida").asText());
    assertEquals("Sensor de presión barométrica", put.path("descripcion").asText());
    things.send(204, "DELETE", "/api/sensors/1/", "admin", "");
    things.send(404, "GET", "/api/sensors/1/", "admin", "");
  }

  @Test
  void is_filtered_searched_ordered_and_paged() {
    things.sensor("Sala", "ana");
    clock.advance(Duration.ofSeconds(1));
    things.sensor("Balcón", "ana");
    clock.advance(Duration.ofSeconds(1));
    things.send(201, "POST", "/api/sensors/", "admin", PRESSURE);
    things.send(200, "PATCH", "/api/sensors/1/", "ana", "{\"estado\":\"inactivo\"}");

    assertEquals(List.of("BMP280 - Presión", "Balcón", "Sala"), names("/api/sensors/"));
    assertEquals(List.of("Balcón"), names("/api/sensors/?search=balcon"));
    assertEquals(List.of("Balcón"), names("/api/sensors/?tipo=temperatura&estado=activo"));
    assertEquals(
        List.of("Balcón", "BMP280 - Presión", "Sala"), names("/api/sensors/?ordering=nombre"));
    assertEquals(List.of("Sala"), names("/api/sensors/?page=2&page_size=2"));
    assertEquals(
        List.of("BMP280 - Presión", "Balcón"), names("/api/sensors/?ordering=nada&page_size=2"));
    things.send(404, "GET", "/api/sensors/?page=9", "viewer", "");
  }

  @Test
  void who_sees_and_changes_what() {
    long mine = things.device("A-1", "ana");
    long his = things.device("B-1", "beto");
    things.sensor("De Ana", "ana");
    measured(mine, "potencia_w");
    measured(his, "temp");

    assertEquals(List.of("potencia_w", "De Ana"), names("/api/sensors/", "ana"));
    assertEquals(List.of("temp", "De Ana"), names("/api/sensors/", "beto"));
    assertEquals(3, names("/api/sensors/", "viewer").size());
    assertEquals(List.of(), names("/api/sensors/", "guest"));
    things.send(404, "GET", "/api/sensors/3/", "ana", "");
    things.send(200, "GET", "/api/sensors/1/", "beto", "");
    things.send(404, "GET", "/api/sensors/1/", "guest", "");

    assertEquals(
        "{\"detail\":\"No tiene permisos para gestionar sensores.\"}",
        things.send(403, "PATCH", "/api/sensors/1/", "beto", "{\"nombre\":\"x\"}").body());
    things.send(403, "PATCH", "/api/sensors/3/", "ana", "{\"nombre\":\"x\"}");
    things.send(403, "DELETE", "/api/sensors/1/", "beto", "");
    things.send(200, "PATCH", "/api/sensors/2/", "ana", "{\"nombre\":\"Potencia\"}");
    things.send(403, "POST", "/api/sensors/", "viewer", PRESSURE);
    things.send(403, "POST", "/api/sensors/", "guest", PRESSURE);
    things.send(401, "GET", "/api/sensors/", "", "");
    measured(his, "potencia_w");
    assertEquals(List.of("Potencia", "De Ana"), names("/api/sensors/", "ana"));
  }

  @Test
  void what_was_guessed_can_be_corrected_and_counts_from_then_on() {
    long device = things.device("A-1", "ana");
    measured(device, "temp");
    Series before = things.core.catalogue.find(device, "temp").orElseThrow();
    assertTrue(before.inRange(500));

    things.send(
        200,
        "PATCH",
        "/api/sensors/" + before.sensorId() + "/",
        "ana",
        "{\"rango_min\":-40,\"rango_max\":80,\"unidad_medida\":\"°F\"}");

    Series after = things.core.catalogue.find(device, "temp").orElseThrow();
    assertEquals(before.id(), after.id());
    assertEquals("°F", after.unit());
    assertEquals(false, after.inRange(500));
    assertEquals(after, things.core.catalogue.findById(after.id()).orElseThrow());
  }

  @Test
  void one_that_was_ever_assigned_is_not_deleted() {
    long device = things.device("A-1", "ana");
    long sensor = things.sensor("S", "ana");
    String path = "/api/devices/" + device;
    things.send(201, "POST", path + "/assign-sensor/", "ana", "{\"sensor_id\":" + sensor + "}");
    things.send(200, "DELETE", path + "/remove-sensor/?sensor_id=" + sensor, "ana", "");

    assertTrue(
        things
            .send(409, "DELETE", "/api/sensors/" + sensor + "/", "ana", "")
            .body()
            .contains("sus lecturas se perderían"));
  }

  private void measured(long device, String key) {
    things.core.catalogue.ensure(List.of(new SeriesCatalogue.Wanted(device, SensorGuess.of(key))));
  }

  private List<String> names(String path) {
    return names(path, "admin");
  }

  private List<String> names(String path, String who) {
    List<String> names = new ArrayList<>();
    things.get(path, who).json().path("results").forEach(s -> names.add(s.path("nombre").asText()));
    return names;
  }
}
