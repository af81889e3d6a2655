package io.vatio.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vatio.kernel.Permission;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Reach;
import io.vatio.kernel.Text;
import io.vatio.platform.db.Database;
import io.vatio.platform.http.Access;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.http.Reply;
import io.vatio.platform.json.Json;
import io.vatio.testing.Databases;
import io.vatio.testing.FixedClock;
import io.vatio.testing.Port;
import io.vatio.testing.Waiting;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AccessRoutesTest {
  @TempDir Path folder;
  private final FixedClock clock = FixedClock.at("2026-03-01T19:35:00Z");
  private Database database;
  private AccessLog log;
  private Port port;

  private void open(Databases kind) {
    database = Databases.open(kind.newUrl(folder));
    log = new AccessLog(database, clock, new SimpleMeterRegistry());
    log.know(Set.of("devices"));
    port =
        new Port(
            api -> {
              api.observe(log::ended);
              new AccessRoutes(database, log, clock, ZoneOffset.UTC).addTo(api);
              others(api);
            });
    port.tokens.principals.put("key", new Principal.ApiKey(5, "riego", Set.of(), 4, Reach.OWN));
  }

  private static void others(HttpApi api) {
    api.route(HttpMethod.GET, "/api/devices/:id", Access.ANYONE, r -> Reply.ok(Map.of()));
    api.route(HttpMethod.POST, "/api/devices", Access.ANYONE, r -> Reply.created(Map.of()));
    api.route(
        HttpMethod.DELETE,
        "/api/devices/:id",
        Access.holder(Permission.MANAGE_DEVICES),
        r -> Reply.noContent());
    api.route(HttpMethod.GET, "/api/verify/:token", Access.PUBLIC, r -> Reply.ok(Map.of()));
    api.route(
        HttpMethod.GET,
        "/api/busy",
        Access.ANYONE,
        r -> {
          throw Problem.tooMany(Text.of("http.overloaded"), Duration.ofSeconds(1));
        });
    api.routeStream(
        HttpMethod.GET,
        "/api/stream",
        Access.ANYONE,
        r -> r.context().response().setChunked(true).write("hello"));
    api.route(HttpMethod.GET, "/elsewhere", Access.PUBLIC, r -> Reply.ok(Map.of()));
  }

  @AfterEach
  void close() {
    port.close();
    database.close();
  }

  @ParameterizedTest
  @EnumSource
  void a_request_is_shown_as_the_document_says(Databases kind) throws Exception {
    open(kind);
    port.get("/api/devices/5/?page=2&search=hola&ticket=abc", "admin");
    written(1);

    ObjectNode page = (ObjectNode) port.get("/api/access-logs/", "admin").json();
    ObjectNode line = (ObjectNode) page.path("results").path(0);
    assertTrue(line.path("response_time_ms").isDouble(), line.toString());
    assertTrue(line.path("response_time_ms").asDouble() > 0, line.toString());
    String agent = line.path("user_agent").asText();
    assertTrue(agent.startsWith("Java-http-client"), agent);
    line.put("response_time_ms", 45.2).put("user_agent", "x");
    assertEquals(
        """
        {"count":1,"next":null,"previous":null,"results":[{"id":1,\
        "timestamp":"2026-03-01T19:35:00Z","user":1,"username":"admin","module":"devices",\
        "endpoint":"/api/devices/5/","method":"GET","status_code":200,"response_time_ms":45.2,\
        "ip_address":"127.0.0.1","user_agent":"x",\
        "query_params":{"page":"2","search":"********","ticket":"********"},\
        "is_error":false,"is_slow":false}]}""",
        page.toString());
    ObjectNode stats = (ObjectNode) port.get("/api/access-logs/stats/", "admin").json();
    assertTrue(stats.path("avg_response_time_ms").isDouble());
    stats.put("avg_response_time_ms", 1.0);
    stats.withObject("slowest_endpoint").put("response_time_ms", 2.0);
    // The list itself may be among them already; it is not what this is about.
    assertEquals(
        """
        {"total_requests":1,"by_method":{"GET":1},"by_status":{"200":1},\
        "by_module":{"devices":1},"errors_count":0,"avg_response_time_ms":1.0,\
        "slowest_endpoint":{"endpoint":"/api/devices/5/","response_time_ms":2.0},\
        "most_accessed_endpoints":[{"endpoint":"/api/devices/{id}/","method":"GET","count":1}],\
        "unlisted_requests":0,"dropped_requests":0}""",
        stats.toString());
  }

  @ParameterizedTest
  @EnumSource
  void refusals_and_what_never_got_an_answer_are_there_too(Databases kind) throws Exception {
    open(kind);
    port.get("/api/devices/1", "");
    port.get("/api/devices/1", "wrong");
    port.send("DELETE", "/api/devices/1", "viewer", "");
    port.get("/api/nothing/here", "viewer");
    port.get("/api/devices/1/nothing", "viewer");
    port.send("PUT", "/api/devices/1", "viewer", "{}");
    port.send("POST", "/api/devices", "viewer", "x".repeat(2 << 20));
    port.get("/api/busy", "viewer");
    port.send("ODD", "/api/devices/1", "viewer", "");
    port.get("/elsewhere", "");
    raw("GET /api/%zz HTTP/1.1");
    written(10);

    List<String> lines = new ArrayList<>();
    for (JsonNode line :
        port.get("/api/access-logs/?ordering=timestamp", "admin").json().path("results")) {
      lines.add(
          "%s %s %s %s %s"
              .formatted(
                  line.path("method").asText(),
                  line.path("endpoint").asText(),
                  line.path("module").asText(),
                  line.path("status_code").asText(),
                  line.path("user").asText()));
    }
    assertEquals(
        List.of(
            "GET /api/devices/1 devices 401 null",
            "GET /api/devices/1 devices 401 null",
            "DELETE /api/devices/1 devices 403 4",
            "GET /api/nothing/here otros 404 null",
            "GET /api/devices/1/nothing devices 404 null",
            "PUT /api/devices/1 devices 405 null",
            "POST /api/devices devices 413 4",
            "GET /api/busy busy 429 4",
            "otros /api/devices/1 devices 405 null",
            "GET /api/%zz otros 400 null"),
        lines);
    assertEquals(
        10, port.get("/api/access-logs/stats/", "admin").json().path("errors_count").asInt());
  }

  @ParameterizedTest
  @EnumSource
  void a_stream_is_noted_at_its_end_with_the_time_until_its_beginning(Databases kind)
      throws Exception {
    open(kind);
    try (Socket socket = new Socket("127.0.0.1", port.number)) {
      socket
          .getOutputStream()
          .write(
              "GET /api/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer viewer\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      assertTrue(socket.getInputStream().read() >= 0);
      log.flush();
      assertEquals(0, requests());
    }
    written(1);

    JsonNode line = port.get("/api/access-logs/", "viewer").json().path("results").path(0);
    assertEquals("/api/stream", line.path("endpoint").asText());
    assertEquals(200, line.path("status_code").asInt());
    assertEquals(4, line.path("user").asInt());
  }

  @ParameterizedTest
  @EnumSource
  void everybody_sees_what_he_and_his_keys_did_and_superusers_all(Databases kind) throws Exception {
    open(kind);
    port.get("/api/devices/1", "viewer");
    port.get("/api/devices/2", "key");
    port.get("/api/devices/3", "operator");
    port.get("/api/devices/4", "");
    written(4);

    assertEquals(List.of(4, 3, 2, 1), ids("", "admin"));
    assertEquals(List.of(2, 1), ids("", "viewer"));
    assertEquals(List.of(2, 1), ids("", "key"));
    assertEquals(List.of(3), ids("", "operator"));
    assertEquals(List.of(2, 1), ids("?user_id=4", "admin"));
    assertEquals(List.of(2, 1), ids("?user_id=4", "viewer"));
    assertEquals(List.of(), ids("?user_id=3", "viewer"), "no back door");
    assertEquals(
        2, port.get("/api/access-logs/stats/", "viewer").json().path("total_requests").asInt());
    assertFalse(port.get("/api/access-logs/stats/", "viewer").json().has("dropped_requests"));
    assertEquals(401, port.get("/api/access-logs/", "").status());
    assertEquals(403, port.get("/api/access-logs/", "device").status());
    port.tokens.trusted = new Principal.Trusted("127.0.0.1", "operador", Set.of());
    assertEquals(List.of(), ids("", ""), "a network has no account and no lines of its own");
  }

  @ParameterizedTest
  @EnumSource
  void every_filter_and_all_of_them_together_narrow_the_list_and_its_count(Databases kind)
      throws Exception {
    open(kind);
    create("viewer", "a", "GET", 200, 10);
    clock.advance(Duration.ofHours(1));
    create("viewer", "a", "POST", 500, 2_000.001);
    create("admin", "b", "GET", 404, 3_000);
    clock.advance(Duration.ofHours(1));
    create("viewer", "b", "GET", 200, 5_000);

    assertEquals(List.of(4, 3, 2, 1), ids("", "admin"));
    assertEquals(List.of(4, 3, 1), ids("?method=GET", "admin"));
    assertEquals(List.of(4, 3, 1), ids("?method=get", "admin"));
    assertEquals(List.of(4, 1), ids("?status_code=200", "admin"));
    assertEquals(List.of(2, 1), ids("?module=a", "admin"));
    assertEquals(List.of(3, 2), ids("?errors_only=true", "admin"));
    assertEquals(List.of(4, 3, 2), ids("?slow_only=true", "admin"));
    assertEquals(List.of(4, 3, 2, 1), ids("?slow_only=false&errors_only=0", "admin"));
    assertEquals(List.of(3, 2), ids("?slow_only=true&errors_only=true", "admin"));
    assertEquals(List.of(2), ids("?slow_only=true&errors_only=true&user_id=4", "admin"));
    assertEquals(List.of(2), ids("?slow_only=true&errors_only=1&module=a", "viewer"));
    assertEquals(List.of(4), ids("?method=GET&status_code=200&module=b&user_id=4", "admin"));
    assertEquals(
        List.of(3, 2), ids("?from_date=2026-03-01T20:00&to_date=2026-03-01T21:00", "admin"));
    assertEquals(List.of(4, 3, 2), ids("?from_date=2026-03-01T20:35:00Z", "admin"));
    assertEquals(List.of(2), ids("?to_date=2026-03-01T21:00&errors_only=1&module=a", "viewer"));
    assertEquals(List.of(1, 2, 3, 4), ids("?ordering=timestamp", "admin"));
    for (String bad :
        List.of(
            "method=FLY",
            "status_code=99",
            "status_code=x",
            "errors_only=quiza",
            "slow_only=2",
            "user_id=0",
            "from_date=x",
            "to_date=x",
            "module=%00",
            "cursor=x")) {
      var answer = port.get("/api/access-logs/?" + bad, "viewer");
      assertEquals(400, answer.status(), bad);
      assertTrue(answer.json().has(bad.replaceFirst("=.*", "")), answer.body());
    }
  }

  @ParameterizedTest
  @EnumSource
  void somebody_notes_a_request_of_his_own_and_only_in_his_name(Databases kind) throws Exception {
    open(kind);
    var answer =
        port.send(
            "POST",
            "/api/access-logs/create-log/",
            "viewer",
            """
            {"module":"custom","endpoint":"/api/custom/action/?token=abc&page=3","method":"POST",
             "status_code":200,"response_time_ms":120.5,"user":1,"username":"admin",
             "ip_address":"1.2.3.4"}
            """);
    ObjectNode line = (ObjectNode) answer.json();
    line.put("user_agent", "x");

    assertEquals(201, answer.status());
    assertEquals(
        """
        {"id":1,"timestamp":"2026-03-01T19:35:00Z","user":4,"username":"viewer",\
        "module":"custom","endpoint":"/api/custom/action/","method":"POST","status_code":200,\
        "response_time_ms":120.5,"ip_address":"127.0.0.1","user_agent":"x",\
        "query_params":{"token":"********","page":"3"},"is_error":false,"is_slow":false}""",
        line.toString());
    for (String bad :
        List.of(
            "module=",
            "module=5",
            "module=" + "x".repeat(51),
            "endpoint=null",
            "method=FLY",
            "status_code=20",
            "status_code=200.5",
            "status_code=99999999999999",
            "response_time_ms=-1",
            "response_time_ms=1e99",
            "response_time_ms=x")) {
      String[] parts = bad.split("=", 2);
      ObjectNode body =
          (ObjectNode)
              Json.parse(
                  "{\"module\":\"m\",\"endpoint\":\"/e\",\"method\":\"GET\",\"status_code\":200,\"response_time_ms\":1}");
      JsonNode value =
          parts[1].equals("null") || parts[1].matches("-?[0-9.e]+")
              ? Json.parse(parts[1])
              : Json.parse('"' + parts[1] + '"');
      body.set(parts[0], value);
      var refused = port.send("POST", "/api/access-logs/create-log", "viewer", body.toString());
      assertEquals(400, refused.status(), bad);
      assertTrue(refused.json().has(parts[0]), refused.body());
    }
    var empty = port.send("POST", "/api/access-logs/create-log", "viewer", "{}");
    assertEquals(5, empty.json().size(), empty.body());
    assertEquals(405, port.send("DELETE", "/api/access-logs/", "admin", "").status());
  }

  @ParameterizedTest
  @EnumSource
  void no_secret_of_a_request_is_kept(Databases kind) throws Exception {
    open(kind);
    String secret = "hunter2-geheim";
    for (String path :
        List.of(
            "/api/verify/" + secret,
            "/api/verify/" + secret + "/",
            "/api/nothing/token/" + secret,
            "/api/nothing/kJ8sD0fQ2mZx7Lr9TbW4" + secret,
            "/api/devices/1?ticket=" + secret + "&token=" + secret + "&password=" + secret,
            "/api/devices/1?" + secret + "=1&" + secret,
            "/api/devices/1?page=vatio_" + secret + "&page_size=" + "x".repeat(200) + secret,
            "/api/devices/1?%70assword=%68unter2-geheim&x=" + secret + "%zz",
            "/api/nothing;token=" + secret + "/x")) {
      raw("GET " + path + " HTTP/1.1");
    }
    written(9);

    String all =
        database.read(
            handle -> {
              StringBuilder text = new StringBuilder();
              for (String table : List.of("access_log", "access_total", "access_endpoint")) {
                text.append(handle.createQuery("SELECT * FROM " + table).mapToMap().list());
              }
              return text.toString();
            });
    assertFalse(all.contains("geheim"), all);
    assertFalse(all.contains("hunter2"), all);
  }

  /// Sends a request that a good client would not make, and waits for its answer.
  private void raw(String firstLine) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", port.number)) {
      socket
          .getOutputStream()
          .write(
              (firstLine + "\r\nHost: x\r\nAuthorization: Bearer viewer\r\n\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      assertTrue(socket.getInputStream().read() >= 0);
    }
  }

  private void create(String who, String module, String method, int status, double ms)
      throws IOException, InterruptedException {
    String body =
        """
        {"module":"%s","endpoint":"/x","method":"%s","status_code":%d,"response_time_ms":%s}"""
            .formatted(module, method, status, ms);
    var answer = port.send("POST", "/api/access-logs/create-log/", who, body);
    assertEquals(201, answer.status(), answer.body());
  }

  private void written(int requests) {
    Waiting.until(
        requests + " requests",
        () -> {
          log.flush();
          return requests() >= requests;
        });
  }

  private long requests() {
    return database.read(
        handle ->
            handle
                .createQuery(
                    "SELECT coalesce(sum(requests), 0) FROM access_total WHERE account_id = -1")
                .mapTo(Long.class)
                .one());
  }

  private List<Integer> ids(String query, String who) throws Exception {
    JsonNode page = port.get("/api/access-logs/" + query, who).json();
    List<Integer> ids = new ArrayList<>();
    page.path("results").forEach(line -> ids.add(line.path("id").asInt()));
    assertEquals(ids.size(), page.path("count").asInt(), query);
    return ids;
  }
}
