package io.vatio.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.vatio.platform.json.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// The part of the Telegram Bot API that a bot needs, over HTTP on a free port of the loopback:
/// long
/// polling with an offset, messages, buttons, and the ways in which it fails.
public final class BotApiServer implements AutoCloseable {
  public static final String TOKEN = "4711:geheimes-token";
  public static final String NAME = "vatio_prueba_bot";
  private static final long PATIENCE_S = 20;

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final List<ObjectNode> updates = new ArrayList<>();
  private final CountDownLatch closed = new CountDownLatch(1);
  private long nextUpdate = 1_000;
  private long nextMessage = 1;

  /// Every call but `getUpdates`, with its parameters.
  public final List<Call> calls = new CopyOnWriteArrayList<>();

  /// How often it was asked for anything.
  public final AtomicInteger requests = new AtomicInteger();

  /// Chats that have blocked the bot.
  public final List<String> blocked = new CopyOnWriteArrayList<>();

  public volatile Trouble trouble = Trouble.NONE;

  /// How many calls of `sendMessage` are answered with 429 and one second to wait.
  public final AtomicInteger tooMany = new AtomicInteger();

  /// Whether updates are given again although they were asked beyond.
  public volatile boolean repeats;

  /// What goes wrong.
  public enum Trouble {
    NONE,
    /// Takes requests and never answers.
    HANGS,
    /// 502 with a page.
    BAD_GATEWAY,
    /// 401 as for a token that nobody knows.
    UNAUTHORIZED
  }

  /// A call of the bot.
  public record Call(String method, JsonNode parameters) {
    public String text() {
      return parameters.path("text").asText();
    }

    public String chat() {
      return parameters.path("chat_id").asText();
    }
  }

  public BotApiServer() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    server.createContext("/", this::handle);
    server.setExecutor(threads);
    server.start();
  }

  /// The value of `VATIO_TELEGRAM_API`.
  public String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /// Somebody writes to the bot in a private chat.
  public void write(long chat, String text) {
    write(chat, "private", text);
  }

  public void write(long chat, String chatType, String text) {
    ObjectNode update = Json.object();
    ObjectNode message = update.putObject("message");
    message.put("message_id", 1).put("text", text);
    person(message.putObject("from"), chat);
    message.putObject("chat").put("id", chat).put("type", chatType);
    add(update);
  }

  /// Somebody presses a button under a message.
  public void press(long chat, long messageId, String data) {
    ObjectNode update = Json.object();
    ObjectNode query = update.putObject("callback_query");
    query.put("id", "press-" + data).put("data", data);
    person(query.putObject("from"), chat);
    ObjectNode message = query.putObject("message");
    message.put("message_id", messageId);
    message.putObject("chat").put("id", chat).put("type", "private");
    add(update);
  }

  private static void person(ObjectNode from, long chat) {
    from.put("id", chat).put("is_bot", false).put("username", "persona" + chat);
    from.put("first_name", "<b>Eva</b>").put("language_code", chat % 2 == 0 ? "en-GB" : "es");
  }

  private void add(ObjectNode update) {
    synchronized (updates) {
      update.put("update_id", nextUpdate++);
      updates.add(update);
      updates.notifyAll();
    }
  }

  /// Waits for the next call of this method that was not taken yet, and takes it.
  public Call take(String method) {
    Waiting.until(method, () -> calls.stream().anyMatch(call -> call.method().equals(method)));
    for (Call call : calls) {
      if (call.method().equals(method)) {
        calls.remove(call);
        return call;
      }
    }
    throw new AssertionError(method);
  }

  /// The next message to anybody.
  public Call message() {
    return take("sendMessage");
  }

  private void handle(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readAllBytes();
    String path = exchange.getRequestURI().getPath();
    String method = path.substring(path.lastIndexOf('/') + 1);
    JsonNode parameters = body.length == 0 ? Json.object() : Json.parse(body);
    try (exchange) {
      requests.incrementAndGet();
      switch (trouble) {
        case HANGS -> closed.await();
        case BAD_GATEWAY -> answer(exchange, 502, "<html>bad gateway</html>");
        case UNAUTHORIZED -> refuse(exchange, 401, "Unauthorized");
        case NONE -> {
          if (path.startsWith("/bot" + TOKEN + "/")) {
            work(exchange, method, parameters);
          } else {
            refuse(exchange, 404, "Not Found");
          }
        }
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private void work(HttpExchange exchange, String method, JsonNode parameters)
      throws IOException, InterruptedException {
    switch (method) {
      case "getMe" -> succeed(exchange, Json.object().put("id", 4711).put("username", NAME));
      case "getUpdates" -> succeed(exchange, poll(parameters));
      case "sendMessage" -> {
        if (tooMany.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
          ObjectNode refusal = refusal(429, "Too Many Requests: retry after 1");
          refusal.putObject("parameters").put("retry_after", 1);
          answer(exchange, 429, Json.text(refusal));
        } else if (blocked.contains(parameters.path("chat_id").asText())) {
          refuse(exchange, 403, "Forbidden: bot was blocked by the user");
        } else {
          calls.add(new Call(method, parameters));
          succeed(exchange, Json.object().put("message_id", nextMessage++));
        }
      }
      default -> {
        calls.add(new Call(method, parameters));
        succeed(exchange, Json.object());
      }
    }
  }

  private ArrayNode poll(JsonNode parameters) throws InterruptedException {
    long offset = parameters.path("offset").asLong(0);
    long deadline =
        System.nanoTime()
            + TimeUnit.SECONDS.toNanos(Math.min(PATIENCE_S, parameters.path("timeout").asLong()));
    synchronized (updates) {
      if (!repeats) {
        updates.removeIf(update -> update.path("update_id").asLong() < offset);
      }
      while (updates.isEmpty() && System.nanoTime() < deadline && closed.getCount() > 0) {
        updates.wait(100);
      }
      ArrayNode result = Json.array();
      updates.forEach(result::add);
      return result;
    }
  }

  private static void succeed(HttpExchange exchange, JsonNode result) throws IOException {
    ObjectNode body = Json.object().put("ok", true);
    body.set("result", result);
    answer(exchange, 200, Json.text(body));
  }

  private static void refuse(HttpExchange exchange, int code, String description)
      throws IOException {
    answer(exchange, code, Json.text(refusal(code, description)));
  }

  private static ObjectNode refusal(int code, String description) {
    return Json.object().put("ok", false).put("error_code", code).put("description", description);
  }

  private static void answer(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  @Override
  public void close() {
    closed.countDown();
    server.stop(0);
    threads.shutdownNow();
  }
}
