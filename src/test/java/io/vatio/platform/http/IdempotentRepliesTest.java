package io.vatio.platform.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.db.CarryingDatabase;
import io.vatio.platform.db.Database;
import io.vatio.platform.json.Json;
import io.vatio.testing.Databases;
import io.vatio.testing.FixedClock;
import io.vatio.testing.Port;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What is counted here are rows, as a stand-in for any work: a setting per piece of work.
class IdempotentRepliesTest {
  @TempDir private Path folder;
  private final FixedClock clock = FixedClock.at("2026-03-01T12:00:00Z");
  private final HttpClient client = HttpClient.newHttpClient();
  private final AtomicInteger runs = new AtomicInteger();
  private final CountDownLatch inside = new CountDownLatch(1);
  private volatile CountDownLatch hold = new CountDownLatch(0);
  private Database database;
  private IdempotentReplies replies;
  private Port port;

  private void start(Databases kind) {
    start(kind.newUrl(folder));
  }

  private void start(String url) {
    database = new CarryingDatabase(Databases.open(url));
    database.write(
        h -> h.execute("CREATE TABLE IF NOT EXISTS work (id INTEGER PRIMARY KEY, what TEXT)"));
    replies = new IdempotentReplies(database, clock);
    port =
        new Port(
            api -> {
              api.route(HttpMethod.POST, "/api/work", Access.ANYONE, this::work);
              api.route(HttpMethod.POST, "/api/open", Access.PUBLIC, this::work);
              api.route(HttpMethod.POST, "/api/work/:id/do-it", Access.ANYONE, this::work);
              api.route(HttpMethod.POST, "/api/refusing", Access.ANYONE, this::refuse);
              api.route(HttpMethod.POST, "/api/broken", Access.ANYONE, this::breakOff);
              api.route(HttpMethod.POST, "/api/failing", Access.ANYONE, this::fail);
              api.route(HttpMethod.POST, "/api/large", Access.ANYONE, this::large);
              api.routeAsync(HttpMethod.POST, "/api/async", Access.ANYONE, this::async);
            });
    port.api.rememberRepliesIn(replies);
  }

  private Reply work(Request request) throws InterruptedException {
    int run = runs.incrementAndGet();
    inside.countDown();
    assertTrue(hold.await(20, TimeUnit.SECONDS));
    add("work");
    return Reply.created(Map.of("run", run, "secret", "hidden-word"));
  }

  private void add(String what) {
    database.write(
        h ->
            h.createUpdate(
                    "INSERT INTO work (id, what) VALUES ((SELECT count(*) + 1 FROM work), :what)")
                .bind("what", what)
                .execute());
  }

  private Reply refuse(Request request) {
    add("the attempt");
    runs.incrementAndGet();
    throw Problem.invalid("x", Text.of("http.field_required"));
  }

  /// Committed, and then the end comes before the answer.
  private Reply breakOff(Request request) {
    runs.incrementAndGet();
    add("work");
    throw new IllegalStateException("for a test");
  }

  /// The end comes before the commit.
  private Reply fail(Request request) {
    if (runs.incrementAndGet() > 1) {
      add("work");
      return Reply.created(Map.of());
    }
    return database.write(
        _ -> {
          throw new IllegalStateException("for a test");
        });
  }

  private Reply large(Request request) {
    runs.incrementAndGet();
    return Reply.created(Map.of("text", "x".repeat(IdempotentReplies.MAX_BODY)));
  }

  private Future<Reply> async(Request request) {
    return Future.succeededFuture(Reply.created(Map.of("run", runs.incrementAndGet())));
  }

  @AfterEach
  void close() {
    client.close();
    stop();
  }

  private void stop() {
    if (port != null) {
      port.close();
      replies.close();
      database.close();
    }
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void the_same_request_is_done_once_and_answered_twice(Databases kind) throws Exception {
    start(kind);

    for (String path : List.of("/api/work", "/api/open", "/api/async")) {
      runs.set(0);
      HttpResponse<String> first = post(path, "k1", "{\"a\":1}");
      HttpResponse<String> again = post(path + "/", "k1", "{\"a\":1}");
      assertEquals(201, first.statusCode(), first.body());
      assertEquals(201, again.statusCode());
      assertEquals(first.body(), again.body());
      assertEquals("true", again.headers().firstValue("Idempotency-Replayed").orElse(""));
      assertEquals(
          first.headers().firstValue("Content-Type"), again.headers().firstValue("Content-Type"));
      assertEquals(1, runs.get());
      if (!path.equals("/api/open")) {
        assertEquals(422, post("/api/large", "k1", "{\"a\":1}").statusCode());
      }
      clearKeys();
    }
  }

  private void clearKeys() {
    database.write(h -> h.execute("DELETE FROM idempotent_reply"));
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void every_spelling_of_a_path_is_the_same_request(Databases kind) throws Exception {
    start(kind);

    post("/api/work/5/do-it", "k", "");
    assertEquals(201, post("/api/work/5/do_it/", "k", "").statusCode());
    assertEquals(1, runs.get());
    HttpResponse<String> other = post("/api/work/6/do-it", "k", "");
    assertEquals(422, other.statusCode());
    assertEquals(
        "{\"detail\":\"Esta Idempotency-Key ya se usó con otra petición.\"}", other.body());
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void another_body_another_person_and_another_key_are_other_requests(Databases kind)
      throws Exception {
    start(kind);

    assertEquals(201, post("/api/work", "k", "{}").statusCode());
    assertEquals(422, post("/api/work", "k", "{ }").statusCode());
    assertEquals(201, post("/api/work", "other", "{}").statusCode());
    assertEquals(201, send("/api/work", "{}", "manager", "k").statusCode());
    assertEquals(3, runs.get());
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void the_answer_outlives_the_server_for_a_day(Databases kind) throws Exception {
    String url = kind.newUrl(folder);
    start(url);
    String first = post("/api/work", "k", "{}").body();
    stop();
    start(url);

    clock.advance(IdempotentReplies.LIFETIME.minusMillis(1));
    assertEquals(first, post("/api/work", "k", "{}").body());
    clock.advance(Duration.ofMillis(1));
    assertFalse(first.equals(post("/api/work", "k", "{}").body()), "done again");
    assertEquals(2, runs.get());
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void what_was_committed_without_an_answer_is_not_done_again(Databases kind) throws Exception {
    String url = kind.newUrl(folder);
    start(url);
    assertEquals(500, post("/api/broken", "k", "{}").statusCode());
    stop();
    start(url);

    HttpResponse<String> again = post("/api/broken", "k", "{}");

    assertEquals(409, again.statusCode());
    assertTrue(again.body().contains("su respuesta no se conserva"), again.body());
    assertEquals(1, runs.get());
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void what_was_rolled_back_is_done_at_the_second_try(Databases kind) throws Exception {
    start(kind);

    assertEquals(500, post("/api/failing", "k", "{}").statusCode());
    assertEquals(201, post("/api/failing", "k", "{}").statusCode());
    assertEquals(201, post("/api/failing", "k", "{}").statusCode());
    assertEquals(2, runs.get());
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void a_refused_request_leaves_its_key_free(Databases kind) throws Exception {
    start(kind);

    assertEquals(400, post("/api/refusing", "k", "{}").statusCode());
    assertEquals(400, post("/api/refusing", "k", "{}").statusCode());
    assertEquals(201, post("/api/work", "k", "{}").statusCode());
    assertEquals(3, runs.get());
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void of_two_at_the_same_time_the_second_waits_for_the_answer_of_the_first(Databases kind)
      throws Exception {
    start(kind);
    hold = new CountDownLatch(1);
    try (ExecutorService senders = Executors.newFixedThreadPool(2)) {
      var first =
          CompletableFuture.supplyAsync(() -> quietly(() -> post("/api/work", "k", "{}")), senders);
      assertTrue(inside.await(20, TimeUnit.SECONDS));
      var second =
          CompletableFuture.supplyAsync(() -> quietly(() -> post("/api/work", "k", "{}")), senders);
      assertEquals(422, post("/api/work", "k", "{\"other\":1}").statusCode(), "at once");
      hold.countDown();

      assertEquals(201, first.get(20, TimeUnit.SECONDS).statusCode());
      assertEquals(first.get().body(), second.get(20, TimeUnit.SECONDS).body());
      assertEquals(1, runs.get());
    }
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void hostile_keys_are_refused_by_name(Databases kind) throws Exception {
    start(kind);

    for (String key : List.of("x".repeat(256), "a b", "ñ", "a\tb")) {
      HttpResponse<String> answer = post("/api/work", key, "{}");
      assertEquals(400, answer.statusCode(), key);
      assertTrue(Json.parse(answer.body()).has("Idempotency-Key"), answer.body());
    }
    assertEquals(201, post("/api/work", "x".repeat(255), "{}").statusCode());
    assertEquals(400, send("/api/work", "{}", "viewer", "a", "b").statusCode());
    assertEquals(1, runs.get());
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void no_secret_can_be_read_from_the_database(Databases kind) throws Exception {
    start(kind);
    post("/api/work", "my-key", "{}");

    String row =
        database.read(
            h ->
                h.createQuery("SELECT * FROM idempotent_reply")
                    .map(
                        (rs, _) ->
                            rs.getString("sender")
                                + rs.getString("key")
                                + new String(rs.getBytes("body"), StandardCharsets.ISO_8859_1))
                    .one());

    assertFalse(row.contains("hidden-word") || row.contains("my-key"), row);
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void what_is_kept_is_bounded_in_size_and_number(Databases kind) throws Exception {
    start(kind);

    assertEquals(201, post("/api/large", "k", "{}").statusCode());
    assertEquals(409, post("/api/large", "k", "{}").statusCode());
    assertEquals(1, runs.get());
    for (int i = 0; i < 5; i++) {
      clock.advance(Duration.ofSeconds(1));
      post("/api/work", "k" + i, "{}");
      send("/api/work", "{}", "manager", "k" + i);
    }
    replies.trim("user:4", 3);
    int before = runs.get();
    post("/api/work", "k4", "{}");
    post("/api/work", "k2", "{}");
    send("/api/work", "{}", "manager", "k0");
    assertEquals(before, runs.get(), "the newest are there, and those of others");
    post("/api/work", "k1", "{}");
    assertEquals(before + 1, runs.get());
  }

  private HttpResponse<String> post(String path, String key, String body) throws Exception {
    return send(path, body, "viewer", key);
  }

  private HttpResponse<String> send(String path, String body, String token, String... keys)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port.number + path))
            .header("Authorization", "Bearer " + token)
            .POST(HttpRequest.BodyPublishers.ofString(body));
    for (String key : keys) {
      request.header("Idempotency-Key", key);
    }
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private static <T> T quietly(Callable<T> call) {
    try {
      return call.call();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
