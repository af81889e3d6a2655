package io.vatio.platform.http;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.testing.Port;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HttpApiTest {
  private static final int STRANGERS_BODY = 16 << 10;

  private final Port port =
      new Port(
          api -> {
            api.route(HttpMethod.POST, "/api/open", Access.PUBLIC, r -> length(r));
            api.route(HttpMethod.POST, "/api/closed", Access.ANYONE, r -> length(r));
            api.route(
                HttpMethod.GET,
                "/api/page",
                Access.ANYONE,
                r -> Reply.ok(Map.of("page", r.queryInt("page", 1, 1, 9))));
            api.route(
                HttpMethod.GET,
                "/api/moment",
                Access.ANYONE,
                r ->
                    Reply.ok(
                        Map.of("at", String.valueOf(r.queryInstant("desde", ZoneOffset.UTC)))));
            api.route(
                HttpMethod.GET,
                "/api/error",
                Access.ANYONE,
                _ -> {
                  throw new StackOverflowError("for a test");
                });
            api.routeStream(
                HttpMethod.GET, "/api/flow", Access.ANYONE, r -> r.context().response().end());
          });

  private static Reply length(Request request) {
    return Reply.ok(Map.of("length", request.body().length));
  }

  @AfterEach
  void close() {
    port.close();
  }

  @Test
  void strangers_send_little_and_known_people_more() throws Exception {
    String large = "x".repeat(STRANGERS_BODY + 1);

    assertEquals(200, port.send("POST", "/api/open", "", "x".repeat(STRANGERS_BODY)).status());
    assertEquals(413, port.send("POST", "/api/open", "", large).status());
    assertEquals(401, port.send("POST", "/api/closed", "", large).status());
    assertEquals(200, port.send("POST", "/api/closed", "viewer", large).status());
  }

  @Test
  void unfinished_bodies_of_strangers_take_bounded_room_and_none_of_the_others() throws Exception {
    int places = (8 << 20) / STRANGERS_BODY;
    List<Socket> slow = new ArrayList<>();
    try {
      for (int i = 0; i < places; i++) {
        slow.add(begin(STRANGERS_BODY));
      }
      assertEquals(503, statusSoon("POST", "/api/open", "", 503));
      assertEquals(200, port.send("POST", "/api/closed", "viewer", "abc").status());
    } finally {
      for (Socket socket : slow) {
        socket.close();
      }
    }

    assertEquals(200, statusSoon("POST", "/api/open", "", 200), "room is given back");
  }

  private Socket begin(int length) throws IOException {
    Socket socket = new Socket("127.0.0.1", port.number);
    socket
        .getOutputStream()
        .write(
            ("POST /api/open HTTP/1.1\r\nHost: x\r\nContent-Length: " + length + "\r\n\r\n[")
                .getBytes(StandardCharsets.US_ASCII));
    return socket;
  }

  /// The server takes notice of connections in its own time.
  private int statusSoon(String method, String path, String token, int wanted) throws Exception {
    int status = 0;
    for (int i = 0; i < 2_000 && status != wanted; i++) {
      status = port.send(method, path, token, "abc").status();
    }
    return status;
  }

  @ParameterizedTest
  @ValueSource(strings = {"/x%zz", "/api/page?page=%zz", "/api/flow?ticket=%zz"})
  void an_escape_that_is_none_is_the_callers_fault(String path) throws Exception {
    String stranger = raw("GET " + path, "");

    assertTrue(stranger.startsWith("HTTP/1.1 4"), stranger);
    assertTrue(stranger.contains("{\"detail\":"), stranger);
  }

  @Test
  void an_escape_that_is_none_is_no_failure_of_a_parameter() throws Exception {
    String answer = raw("GET /api/page?page=%zz", "viewer");

    assertTrue(answer.startsWith("HTTP/1.1 400"), answer);
  }

  private String raw(String line, String token) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", port.number)) {
      String authorization = token.isEmpty() ? "" : "Authorization: Bearer " + token + "\r\n";
      socket
          .getOutputStream()
          .write(
              (line + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + authorization + "\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-999999999-01-01T00:00:00Z",
        "%2B999999999-12-31T23:59:59Z",
        "-0001-01-01T00:00:00Z"
      })
  void a_moment_beyond_the_calendar_is_refused_by_name(String moment) throws Exception {
    Port.Answer answer = port.get("/api/moment?desde=" + moment, "viewer");

    assertEquals(400, answer.status());
    assertTrue(answer.json().has("desde"), answer.body());
  }

  @Test
  void takes_moments_of_the_whole_calendar() {
    assertEquals(
        Instant.parse("9999-12-31T23:59:59Z"),
        Request.instant("x", "9999-12-31T23:59:59Z", ZoneOffset.UTC));
    assertEquals(
        Instant.parse("0001-01-01T00:00:00Z"), Request.instant("x", "0001-01-01", ZoneOffset.UTC));
  }

  @Test
  void an_error_of_the_machine_is_an_answer_too() throws Exception {
    assertEquals(500, port.get("/api/error", "viewer").status());
  }

  @Test
  void head_answers_as_get_does_without_its_body() throws Exception {
    Port.Answer head = port.send("HEAD", "/api/page/", "viewer", "");

    assertEquals(200, head.status());
    assertArrayEquals(new byte[0], head.response().body());
    assertEquals(401, port.send("HEAD", "/api/page", "", "").status());
  }
}
