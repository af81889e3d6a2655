package io.vatio.platform.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.json.Json;
import io.vatio.testing.Port;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EntityTagsTest {
  private final Map<String, Integer> things = new ConcurrentHashMap<>(Map.of("1", 10));
  private final Port port =
      new Port(
          api -> {
            api.route(HttpMethod.GET, "/api/things/:id", Access.ANYONE, this::show);
            api.route(HttpMethod.PUT, "/api/things/:id", Access.ANYONE, this::put);
            api.route(
                HttpMethod.DELETE,
                "/api/things/:id",
                Access.ANYONE,
                r -> {
                  things.remove(r.path("id"));
                  return Reply.noContent();
                });
            api.route(HttpMethod.POST, "/api/things/:id/add", Access.ANYONE, this::put);
            api.route(HttpMethod.DELETE, "/api/blind/:id", Access.ANYONE, _ -> Reply.noContent());
            api.route(
                HttpMethod.GET,
                "/api/text",
                Access.ANYONE,
                _ -> Reply.text(200, "text/plain", "x"));
          });
  private final HttpClient client = HttpClient.newHttpClient();

  private Reply show(Request request) {
    Integer value = things.get(request.path("id"));
    if (value == null) {
      throw Problem.notFound(Text.of("http.not_found"));
    }
    return Reply.ok(Map.of("value", value));
  }

  private Reply put(Request request) {
    things.put(request.path("id"), request.object().path("value").asInt());
    return show(request);
  }

  @AfterEach
  void close() {
    client.close();
    port.close();
  }

  @Test
  void what_is_known_is_not_sent_again() throws Exception {
    HttpResponse<String> first = send("GET", "/api/things/1", "", "");
    String tag = tag(first).orElseThrow();

    assertTrue(tag.matches("\"[A-Za-z0-9_-]{16}\""), tag);
    for (String known : List.of(tag, "\"other\", " + tag, "W/" + tag, "*")) {
      HttpResponse<String> again = send("GET", "/api/things/1/", "", "If-None-Match", known);
      assertEquals(304, again.statusCode(), known);
      assertEquals("", again.body());
      assertEquals(tag, tag(again).orElseThrow());
    }
    assertEquals(304, send("HEAD", "/api/things/1", "", "If-None-Match", tag).statusCode());
    things.put("1", 11);
    HttpResponse<String> changed = send("GET", "/api/things/1", "", "If-None-Match", tag);
    assertEquals(200, changed.statusCode());
    assertNotEquals(tag, tag(changed).orElseThrow());
    assertEquals(tag(changed), tag(send("HEAD", "/api/things/1", "", "")));
  }

  @Test
  void only_json_that_was_found_has_a_tag() throws Exception {
    assertFalse(tag(send("GET", "/api/text", "", "")).isPresent());
    assertFalse(tag(send("GET", "/api/things/9", "", "")).isPresent());
  }

  @Test
  void a_change_is_made_only_to_what_was_seen() throws Exception {
    String tag = tag(send("GET", "/api/things/1", "", "")).orElseThrow();
    String put = "{\"value\":20}";

    assertEquals(412, send("PUT", "/api/things/1", put, "If-Match", "\"other\"").statusCode());
    assertEquals(412, send("PUT", "/api/things/1", put, "If-Match", "W/" + tag).statusCode());
    assertEquals(10, things.get("1"));
    assertEquals(200, send("PUT", "/api/things/1", put, "If-Match", tag).statusCode());
    HttpResponse<String> late = send("DELETE", "/api/things/1", "", "If-Match", tag);
    assertEquals(412, late.statusCode());
    assertEquals(
        "{\"detail\":\"El objeto ha cambiado desde que se leyó. Nada se ha modificado.\"}",
        late.body());
    assertEquals(204, send("DELETE", "/api/things/1", "", "If-Match", "*").statusCode());
    assertEquals(404, send("PUT", "/api/things/1", put, "If-Match", tag).statusCode());
    assertEquals(412, send("DELETE", "/api/blind/1", "", "If-Match", "*").statusCode());
  }

  @Test
  void of_two_writers_who_saw_the_same_one_comes_too_late() throws Exception {
    CyclicBarrier start = new CyclicBarrier(2);
    try (ExecutorService writers = Executors.newFixedThreadPool(2)) {
      for (int round = 0; round < 50; round++) {
        String tag = tag(send("GET", "/api/things/1", "", "")).orElseThrow();
        int value = 1_000 + 2 * round;
        Future<Integer> one = writers.submit(writer(start, "PUT", "/api/things/1", value, tag));
        Future<Integer> other =
            writers.submit(writer(start, "PUT", "/api/things/1/", value + 1, tag));
        List<Integer> statuses =
            List.of(one.get(20, TimeUnit.SECONDS), other.get(20, TimeUnit.SECONDS));

        assertTrue(statuses.contains(200) && statuses.contains(412), statuses.toString());
        assertEquals(statuses.getFirst() == 200 ? value : value + 1, things.get("1"));
      }
    }
  }

  private Callable<Integer> writer(
      CyclicBarrier start, String method, String path, int value, String tag) {
    return () -> {
      start.await(20, TimeUnit.SECONDS);
      return send(method, path, Json.text(Map.of("value", value)), "If-Match", tag).statusCode();
    };
  }

  private static Optional<String> tag(HttpResponse<String> answer) {
    return answer.headers().firstValue("ETag");
  }

  private HttpResponse<String> send(String method, String path, String body, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port.number + path))
            .header("Authorization", "Bearer viewer")
            .method(
                method,
                body.isEmpty()
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body));
    if (headers.length == 2) {
      request.header(headers[0], headers[1]);
    }
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }
}
