package io.vatio.device;

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
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(Databases.class)
class ShareRoutesTest {
  private static final String GUEST = "{\"usuario\":5}";

  @Parameter Databases kind;
  @TempDir Path folder;
  private final FixedClock clock = FixedClock.at("2024-12-04T10:00:00Z");
  private final List<Long> narrowed = new ArrayList<>();
  private Things things;
  private long device;

  @BeforeEach
  void start() {
    things = Things.start(kind, folder, clock);
    things.core.events.subscribe(AccessNarrowed.class, event -> narrowed.add(event.accountId()));
    device = things.device("A-1", "ana");
  }

  @AfterEach
  void stop() {
    things.close();
  }

  @Test
  void a_shared_device_is_seen_and_not_changed() {
    assertEquals(404, status("GET", "/api/devices/" + device + "/", "guest"));

    String share =
        """
        {"dispositivo":1,"dispositivo_nombre":"Equipo A-1","usuario":5,"username":"guest",\
        "created_by":2,"created_by_username":"ana","created_at":"2024-12-04T10:00:00Z",\
        "expira":null}""";
    assertEquals(share, things.send(201, "POST", path(), "ana", GUEST).body());

    assertEquals("[" + share + "]", things.get(path(), "ana").body());
    assertEquals("[" + share + "]", things.get("/api/shares/", "guest").body());
    assertEquals("[]", things.get("/api/shares/", "beto").body());
    assertEquals(200, status("GET", "/api/devices/" + device + "/", "guest"));
    assertEquals(1, things.get("/api/devices/", "guest").json().path("count").asInt());
    assertEquals(1, things.get("/dispositivos", "guest").json().size());
    assertEquals(1, things.get("/api/sites/", "guest").json().path("count").asInt());
    assertEquals(403, status("PATCH", "/api/devices/" + device + "/", "guest"));
    assertEquals(403, status("DELETE", "/api/devices/" + device + "/", "guest"));
    assertEquals(403, status("PUT", "/dispositivos/" + device, "guest"));
    assertEquals(404, status("GET", "/api/devices/" + device + "/", "beto"));
  }

  @Test
  void it_ends_by_the_clock_and_whoever_listens_is_told() {
    String until = "{\"usuario\":5,\"expira\":\"2024-12-04T11:00:00Z\"}";
    things.send(201, "POST", path(), "ana", until);
    narrowed.clear();
    assertFalse(things.core.shares.anyExpired());

    clock.advance(Duration.ofHours(1));

    assertEquals(404, status("GET", "/api/devices/" + device + "/", "guest"));
    assertEquals("[]", things.get("/api/shares/", "guest").body());
    assertTrue(things.core.shares.anyExpired());
    things.core.shares.endExpired();
    assertEquals(List.of(5L), narrowed);
    assertFalse(things.core.shares.anyExpired());
    List<Long> left =
        things.core.database.read(
            h -> h.createQuery("SELECT account_id FROM device_share").mapTo(Long.class).list());
    assertEquals(List.of(), left);
  }

  @Test
  void it_is_taken_back() {
    things.send(201, "POST", path(), "ana", GUEST);
    narrowed.clear();

    things.send(204, "DELETE", path() + "5/", "ana", "");

    assertEquals(List.of(5L), narrowed);
    assertEquals(404, status("GET", "/api/devices/" + device + "/", "guest"));
    assertEquals(
        "{\"detail\":\"El dispositivo no se comparte con ese usuario.\"}",
        things.send(404, "DELETE", path() + "5/", "ana", "").body());
  }

  @Test
  void it_outlives_a_restart_and_ends_with_the_device() {
    things.send(201, "POST", path(), "ana", GUEST);
    DeviceShares again =
        DeviceShares.open(things.core.database, things.core.events, clock, things.core.audit);
    assertTrue(again.isShared(5, device));

    things.send(204, "DELETE", "/api/devices/" + device + "/", "ana", "");

    assertFalse(again.isShared(5, device));
    assertFalse(things.core.shares.isShared(5, device));
  }

  @Test
  void who_may_change_a_device_may_share_it() {
    for (String who : List.of("beto", "viewer", "guest")) {
      for (String method : List.of("GET", "POST")) {
        things.send(403, method, path(), who, method.equals("GET") ? "" : GUEST);
      }
      things.send(403, "DELETE", path() + "5/", who, "");
    }
    things.send(201, "POST", path(), "admin", GUEST);
    things.send(201, "POST", path(), "boss", GUEST);
    things.send(404, "POST", "/api/devices/99/shares/", "ana", GUEST);
    things.send(401, "GET", path(), "", "");
  }

  @Test
  void says_what_is_wrong() {
    assertEquals(
        "{\"usuario\":[\"El usuario no existe.\"]}",
        things.send(400, "POST", path(), "ana", "{\"usuario\":99}").body());
    assertEquals(
        "{\"usuario\":[\"Este campo es requerido.\"]}",
        things.send(400, "POST", path(), "ana", "{}").body());
    assertEquals(
        "{\"expira\":[\"Debe ser una fecha futura.\"]}",
        things
            .send(400, "POST", path(), "ana", "{\"usuario\":5,\"expira\":\"2020-01-01T00:00:00Z\"}")
            .body());
  }

  @Test
  void a_site_is_shared_as_far_as_it_is_ones_own() {
    things.device("A-2", "ana");
    things.device("B-1", "beto");

    JsonNode done = things.send(201, "POST", "/api/sites/1/shares/", "ana", GUEST).json();

    assertEquals(2, done.path("count").asInt());
    assertEquals(2, things.get("/api/devices/", "guest").json().path("count").asInt());
    assertEquals(
        3,
        things
            .send(201, "POST", "/api/sites/1/shares/", "admin", GUEST)
            .json()
            .path("count")
            .asInt());
    things.send(404, "POST", "/api/sites/9/shares/", "ana", GUEST);
    things.send(403, "POST", "/api/sites/1/shares/", "viewer", GUEST);
  }

  private String path() {
    return "/api/devices/" + device + "/shares/";
  }

  private int status(String method, String path, String who) {
    try {
      return things.port.send(method, path, who, method.startsWith("P") ? "{}" : "").status();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
