package io.vatio.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.audit.AuditLog.Action;
import io.vatio.audit.AuditLog.Target;
import io.vatio.kernel.Actor;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Reach;
import io.vatio.platform.db.Database;
import io.vatio.platform.json.Json;
import io.vatio.testing.Databases;
import io.vatio.testing.FixedClock;
import io.vatio.testing.Port;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AuditRoutesTest {
  private static final Actor ADMIN = actor(1, "admin", "192.168.1.100", "Mozilla/5.0");
  private static final Actor ANA = actor(2, "ana", "10.0.0.7", "curl/8");

  @TempDir Path folder;
  private final FixedClock clock = FixedClock.at("2026-03-01T19:30:00Z");
  private Database database;
  private AuditLog audit;
  private Port port;

  private void open(Databases kind) {
    database = Databases.open(kind.newUrl(folder));
    audit = new AuditLog(database, clock);
    port = new Port(api -> new AuditRoutes(database, ZoneOffset.UTC).addTo(api));
  }

  @AfterEach
  void close() {
    port.close();
    database.close();
  }

  @ParameterizedTest
  @EnumSource
  void a_change_is_shown_as_the_document_says(Databases kind) throws Exception {
    open(kind);
    ObjectNode before = Json.object().put("nombre", "Hub").put("estado", "offline");
    ObjectNode after = before.deepCopy().put("estado", "online");
    as(
        ADMIN,
        () ->
            database.write(
                handle -> {
                  Target hub = Target.of("Dispositivo", 5, "Raspberry Pi 4 - Sensor Hub");
                  audit.updated(handle, hub, before, after);
                  audit.updated(handle, hub, after, after);
                  return true;
                }));

    String line =
        """
        {"id":1,"timestamp":"2026-03-01T19:30:00Z","user":1,"username":"admin",\
        "model_name":"Dispositivo","object_id":"5","object_repr":"Raspberry Pi 4 - Sensor Hub",\
        "action":"UPDATE","changes":{"estado":{"old":"offline","new":"online"}},\
        "ip_address":"192.168.1.100","user_agent":"Mozilla/5.0"}""";
    assertEquals(
        "{\"count\":1,\"next\":null,\"previous\":null,\"results\":[" + line + "]}",
        port.get("/api/audit-logs/", "admin").body());
    assertEquals(line, port.get("/api/audit-logs/1/", "admin").body());
    assertEquals(
        "{\"total_logs\":1,\"by_action\":{\"UPDATE\":1},\"by_model\":{\"Dispositivo\":1},\"recent_logs\":["
            + line
            + "]}",
        port.get("/api/audit-logs/stats/", "admin").body());
    assertEquals(404, port.get("/api/audit-logs/2/", "admin").status());
  }

  @ParameterizedTest
  @EnumSource
  void only_superusers_see_it_and_nobody_changes_it(Databases kind) throws Exception {
    open(kind);
    write(ADMIN, Action.CREATE, "Sensor", 1, "s");

    for (String path :
        List.of("/api/audit-logs/", "/api/audit-logs/stats/", "/api/audit-logs/1/")) {
      assertEquals(401, port.get(path, "").status(), path);
      assertEquals(403, port.get(path, "manager").status(), path);
      assertEquals(403, port.get(path, "device").status(), path);
      for (String method : List.of("POST", "PUT", "PATCH", "DELETE")) {
        assertEquals(405, port.send(method, path, "admin", "{}").status(), method + path);
      }
    }
    assertEquals(1, ids("").size());
  }

  @ParameterizedTest
  @EnumSource
  void every_filter_and_all_of_them_together_narrow_the_list_and_its_count(Databases kind)
      throws Exception {
    open(kind);
    write(ADMIN, Action.CREATE, "Sensor", 1, "Temperatura salón");
    clock.advance(Duration.ofHours(1));
    write(ANA, Action.CREATE, "Sensor", 2, "Humedad");
    write(ANA, Action.UPDATE, "Sensor", 1, "Temperatura salón");
    clock.advance(Duration.ofHours(1));
    write(ADMIN, Action.DELETE, "Dispositivo", 1, "Relé 100%");
    for (boolean settled : new boolean[] {false, true}) {
      if (settled) {
        settle();
      }
      assertEquals(List.of(4, 3, 2, 1), ids(""));
      assertEquals(List.of(2, 1), ids("?action=CREATE"));
      assertEquals(List.of(2, 1), ids("?action=create"));
      assertEquals(List.of(3, 2, 1), ids("?model_name=Sensor"));
      assertEquals(List.of(3, 2), ids("?username=ana"));
      assertEquals(List.of(3, 2), ids("?user_id=2"));
      assertEquals(List.of(), ids("?user_id=2&username=admin"));
      assertEquals(List.of(4, 3, 1), ids("?object_id=1"));
      assertEquals(List.of(3), ids("?object_id=1&username=ana&action=UPDATE&model_name=Sensor"));
      assertEquals(List.of(2), ids("?username=ana&action=CREATE&model_name=Sensor"));
      assertEquals(List.of(4, 3, 2), ids("?from_date=2026-03-01T20:30:00Z"));
      assertEquals(List.of(1), ids("?to_date=2026-03-01T20:30:00Z"));
      assertEquals(
          List.of(3, 2), ids("?from_date=2026-03-01T20:00:00&to_date=2026-03-01T21:00:00Z"));
      assertEquals(List.of(), ids("?from_date=2030-01-01"));
      assertEquals(List.of(3, 1), ids("?search=SALON"));
      assertEquals(List.of(3, 1), ids("?search=sal%C3%B3n%20temp"));
      assertEquals(List.of(3), ids("?search=tempera%20ana"));
      assertEquals(List.of(3, 2), ids("?search=0.0.7"));
      assertEquals(List.of(3, 2), ids("?search=an"), "two letters begin a word");
      assertEquals(List.of(3, 2, 1), ids("?search=s&model_name=Sensor"));
      assertEquals(List.of(4), ids("?search=100%25"));
      assertEquals(List.of(), ids("?search=10_%25"));
      assertEquals(List.of(), ids("?search=zzz"));
      assertEquals(List.of(), ids("?search=%22%27%20OR%20*"));
      assertEquals(List.of(2, 1), ids("?search=sensor&action=CREATE&to_date=2026-03-02"));
      assertEquals(List.of(1, 2, 3, 4), ids("?ordering=timestamp"));
      assertEquals(List.of(4, 3, 2, 1), ids("?ordering=nothing"));
      assertEquals(List.of(1, 3), ids("?search=salon&ordering=timestamp"));
    }
  }

  @ParameterizedTest
  @EnumSource
  void pages_by_number_and_by_cursor_in_both_directions(Databases kind) throws Exception {
    open(kind);
    for (int i = 1; i <= 5; i++) {
      write(ADMIN, Action.CREATE, "Sensor", i, "sensor " + i);
    }

    JsonNode second = port.get("/api/audit-logs/?page_size=2&page=2", "admin").json();
    assertEquals(5, second.path("count").asInt());
    assertTrue(second.path("next").asText().endsWith("/api/audit-logs/?page_size=2&page=3"));
    assertTrue(second.path("previous").asText().endsWith("?page_size=2&page=1"));
    assertEquals(List.of(3, 2), ids(second));
    assertEquals(404, port.get("/api/audit-logs/?page=2", "admin").status());
    for (String query :
        List.of("", "&search=sensor", "&search=sensor&action=CREATE", "&model_name=Sensor")) {
      assertEquals(List.of(5, 4, 3, 2, 1), walk("?page_size=2&cursor=" + query));
      assertEquals(
          List.of(1, 2, 3, 4, 5), walk("?page_size=2&cursor=0&ordering=timestamp" + query));
    }
  }

  private List<Integer> walk(String query) throws Exception {
    List<Integer> all = new ArrayList<>();
    String next = "/api/audit-logs/" + query;
    while (true) {
      JsonNode page = port.get(next, "admin").json();
      assertEquals(5, page.path("count").asInt());
      all.addAll(ids(page));
      if (page.path("next").isNull()) {
        return all;
      }
      next = page.path("next").asText().replaceFirst("^http://[^/]+", "");
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_bad_filter_is_named(Databases kind) throws Exception {
    open(kind);
    for (String bad :
        List.of(
            "action=EXPLODE",
            "user_id=x",
            "user_id=0",
            "from_date=ayer",
            "to_date=2026-13-01",
            "from_date=2026-03-02&to_date=2026-03-01",
            "page=0",
            "page_size=x",
            "cursor=x",
            "cursor=-1",
            "username=%00",
            "search=a%00b",
            "model_name=" + "x".repeat(301))) {
      var answer = port.get("/api/audit-logs/?" + bad, "admin");
      assertEquals(400, answer.status(), bad);
      assertTrue(answer.json().has(bad.replaceFirst("=.*", "")), answer.body());
    }
  }

  @ParameterizedTest
  @EnumSource
  void counting_ends_somewhere_and_says_so(Databases kind) throws Exception {
    open(kind);
    database.write(
        handle -> {
          for (int i = 0; i <= LineCount.MOST; i++) {
            audit.note(handle, Action.COMMAND, Target.of("Dispositivo", 7, "bomba"), Json.object());
          }
          return true;
        });

    JsonNode all = port.get("/api/audit-logs/?page_size=1", "admin").json();
    assertEquals(10_001, all.path("count").asInt());
    assertFalse(all.has("count_capped"));
    JsonNode found = port.get("/api/audit-logs/?search=bomba&page_size=1", "admin").json();
    assertEquals(2_000, found.path("count").asInt());
    assertTrue(found.path("count_capped").asBoolean());
    assertFalse(found.path("next").isNull());
    JsonNode ofObject = port.get("/api/audit-logs/?object_id=7&page_size=1", "admin").json();
    assertEquals(10_000, ofObject.path("count").asInt());
    assertTrue(ofObject.path("count_capped").asBoolean());
    // So many lines that the full text is asked.
    assertEquals(
        10_001 - 1_999,
        port.get("/api/audit-logs/?search=bom%20disp&page=40", "admin")
            .json()
            .path("results")
            .path(50 - 1)
            .path("id")
            .asInt());
    while (settle()) {
      assertEquals(
          10_001, port.get("/api/audit-logs/stats/", "admin").json().path("total_logs").asInt());
    }
  }

  @ParameterizedTest
  @EnumSource
  void nothing_is_noted_of_a_change_that_was_rolled_back(Databases kind) throws Exception {
    open(kind);
    try {
      database.write(
          handle -> {
            audit.note(handle, Action.CREATE, Target.of("Sensor", 1, "s"), Json.object());
            throw new IllegalArgumentException("no");
          });
    } catch (IllegalArgumentException _) {
      // As meant.
    }

    assertEquals(List.of(), ids(""));
  }

  private static Actor actor(long id, String name, String address, String agent) {
    return new Actor(
        new Principal.User(id, name, true, "superusuario", Set.of(), Reach.ALL), address, agent);
  }

  private void write(Actor actor, Action action, String model, long id, String name) {
    as(
        actor,
        () ->
            database.write(
                handle -> {
                  audit.note(handle, action, Target.of(model, id, name), Json.object());
                  return true;
                }));
  }

  private static void as(Actor actor, ScopedValue.CallableOp<?, RuntimeException> work) {
    actor.doing(work);
  }

  private boolean settle() {
    return database.write(
        handle -> {
          boolean some = AuditTotals.isDue(handle, 0);
          AuditTotals.settle(handle, 1_000);
          return some;
        });
  }

  private List<Integer> ids(String query) throws Exception {
    JsonNode page = port.get("/api/audit-logs/" + query, "admin").json();
    List<Integer> ids = ids(page);
    assertEquals(ids.size(), page.path("count").asInt(), query);
    return ids;
  }

  private static List<Integer> ids(JsonNode page) {
    List<Integer> ids = new ArrayList<>();
    page.path("results").forEach(line -> ids.add(line.path("id").asInt()));
    return ids;
  }
}
