package io.vatio.site;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import io.vatio.testing.Databases;
import io.vatio.testing.FixedClock;
import io.vatio.testing.Things;
import java.nio.file.Path;
import java.time.ZoneId;
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
class SiteRoutesTest {
  private static final String CANARIES =
      "{\"nombre\":\"Canarias\",\"zona_horaria\":\"Atlantic/Canary\",\"idioma\":\"en\",\"moneda\":\"usd\"}";

  @Parameter Databases kind;
  @TempDir Path folder;
  private final FixedClock clock = FixedClock.at("2024-12-04T10:00:00Z");
  private final List<Site> changed = new ArrayList<>();
  private Things things;

  @BeforeEach
  void start() {
    things = Things.start(kind, folder, clock);
    things.core.events.subscribe(SiteChanged.class, event -> changed.add(event.site()));
  }

  @AfterEach
  void stop() {
    things.close();
  }

  @Test
  void a_site_is_made_shown_changed_and_removed() {
    String site =
        """
        {"id":2,"nombre":"Canarias","descripcion":"","zona_horaria":"Atlantic/Canary",\
        "moneda":"USD","idioma":"en","principal":false,"cantidad_dispositivos":0,\
        "created_at":"2024-12-04T10:00:00Z","updated_at":"2024-12-04T10:00:00Z"}""";
    assertEquals(site, things.send(201, "POST", "/api/sites/", "admin", CANARIES).body());
    assertEquals(site, things.get("/api/sites/2/", "viewer").body());
    JsonNode list = things.get("/api/sites/", "viewer").json();
    assertEquals(2, list.path("count").asInt());
    assertEquals("Principal", list.path("results").path(0).path("nombre").asText());
    assertEquals(true, list.path("results").path(0).path("principal").asBoolean());

    things.send(200, "PATCH", "/api/sites/2/", "boss", "{\"zona_horaria\":\"Asia/Kolkata\"}");

    assertEquals(ZoneId.of("Asia/Kolkata"), changed.getLast().zone());
    assertEquals("Canarias", changed.getLast().name());
    things.send(204, "DELETE", "/api/sites/2/", "admin", "");
    things.send(404, "GET", "/api/sites/2/", "admin", "");
    things.send(404, "DELETE", "/api/sites/2/", "admin", "");
  }

  @Test
  void says_what_is_wrong() {
    assertEquals(
        """
        {"nombre":["Este campo es requerido."],\
        "zona_horaria":["La zona horaria \\"+02:00\\" no existe; use un nombre como Europe/Madrid."],\
        "moneda":["\\"XX\\" no es una moneda de ISO 4217."],\
        "idioma":["\\"fr\\" no es una elección válida."]}""",
        things
            .send(
                400,
                "POST",
                "/api/sites/",
                "admin",
                "{\"zona_horaria\":\"+02:00\",\"moneda\":\"xx\",\"idioma\":\"fr\"}")
            .body());
    assertEquals(
        "{\"nombre\":[\"Ya existe un emplazamiento con ese nombre.\"]}",
        things.send(400, "POST", "/api/sites/", "admin", "{\"nombre\":\"principal\"}").body());
  }

  @Test
  void one_that_is_needed_stays() {
    assertEquals(
        "{\"detail\":\"El emplazamiento principal no se puede eliminar.\"}",
        things.send(409, "DELETE", "/api/sites/1/", "admin", "").body());
    things.send(201, "POST", "/api/sites/", "admin", CANARIES);
    long device = things.device("A-1", "ana");
    things.send(200, "PATCH", "/api/devices/" + device + "/", "admin", "{\"sitio\":2}");
    assertEquals(
        "{\"detail\":\"El emplazamiento tiene 1 dispositivos; muévalos antes.\"}",
        things.send(409, "DELETE", "/api/sites/2/", "admin", "").body());
    assertEquals(
        1, things.get("/api/sites/2/", "ana").json().path("cantidad_dispositivos").asInt());
    assertEquals(
        0, things.get("/api/sites/2/", "beto").json().path("cantidad_dispositivos").asInt());
    assertEquals(2, things.core.devices.findById(device).orElseThrow().siteId());
  }

  @Test
  void whoever_manages_all_devices_keeps_sites_and_moves_devices() {
    things.send(201, "POST", "/api/sites/", "boss", CANARIES);
    long device = things.device("A-1", "ana");
    for (String who : List.of("ana", "viewer", "guest")) {
      things.send(403, "POST", "/api/sites/", who, CANARIES);
      things.send(403, "PATCH", "/api/sites/1/", who, "{}");
      things.send(403, "DELETE", "/api/sites/2/", who, "");
    }
    assertEquals(
        "{\"detail\":\"No tiene permisos para gestionar emplazamientos.\"}",
        things.send(403, "PATCH", "/api/devices/" + device + "/", "ana", "{\"sitio\":2}").body());
    things.send(404, "GET", "/api/sites/1/", "guest", "");
    assertEquals(0, things.get("/api/sites/", "guest").json().path("count").asInt());
    things.send(401, "GET", "/api/sites/", "", "");
  }
}
