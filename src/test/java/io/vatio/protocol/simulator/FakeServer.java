package io.vatio.protocol.simulator;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/// The few routes of a server that simulated devices use, as the contract words them.
final class FakeServer implements AutoCloseable {
  /// @param user of the Basic credential
  record Posted(String user, String path, JsonObject body) {}

  final BlockingQueue<Posted> posted = new LinkedBlockingQueue<>();
  final List<String> calls = new CopyOnWriteArrayList<>();
  final Map<String, Long> devices = new ConcurrentHashMap<>();
  final AtomicInteger answersBusy = new AtomicInteger();
  private final AtomicLong ids = new AtomicLong();
  private final AtomicInteger generation = new AtomicInteger();
  private final HttpServer server;
  volatile boolean refusesDevices;

  FakeServer(Vertx vertx) {
    this.server = vertx.createHttpServer(new HttpServerOptions().setHost("127.0.0.1").setPort(0));
    server.requestHandler(request -> request.body().onSuccess(body -> answer(request, body)));
    server.listen().toCompletionStage().toCompletableFuture().join();
  }

  URI url() {
    return URI.create("http://127.0.0.1:" + server.actualPort());
  }

  /// From now on the access tokens handed out before are refused.
  void expireAccess() {
    generation.incrementAndGet();
  }

  Posted next() throws InterruptedException {
    Posted next = posted.poll(10, TimeUnit.SECONDS);
    if (next == null) {
      throw new AssertionError("nothing was posted in ten seconds");
    }
    return next;
  }

  @Override
  public void close() {
    server.close().toCompletionStage().toCompletableFuture().join();
  }

  private void answer(HttpServerRequest request, Buffer body) {
    String call = request.method() + " " + request.path();
    calls.add(call);
    JsonObject json = body.length() > 0 ? body.toJsonObject() : new JsonObject();
    if (answersBusy.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
      request.response().setStatusCode(503).putHeader("Retry-After", "1").end();
    } else if (call.equals("POST /api/auth/login/")) {
      boolean known =
          "admin".equals(json.getString("username")) && "secret".equals(json.getString("password"));
      end(request, known ? 200 : 401, known ? tokens() : new JsonObject().put("detail", "no"));
    } else if (call.equals("POST /api/auth/refresh/")) {
      boolean known = "refresh".equals(json.getString("refresh"));
      end(request, known ? 200 : 401, known ? tokens() : new JsonObject());
    } else if (call.equals("POST /generador/")) {
      posted.add(new Posted(basicUser(request), request.path(), json));
      end(request, refusesDevices ? 401 : 201, new JsonObject());
    } else if (!("Bearer access-" + generation.get()).equals(request.getHeader("Authorization"))) {
      end(request, 401, new JsonObject().put("detail", "no"));
    } else if (call.equals("GET /dispositivos")) {
      JsonArray all = new JsonArray();
      devices.forEach(
          (serial, id) -> all.add(new JsonObject().put("id", id).put("serial_number", serial)));
      request.response().end(all.toBuffer());
    } else if (call.equals("POST /dispositivos")) {
      long id = ids.incrementAndGet();
      devices.put(json.getString("serial_number"), id);
      end(request, 201, new JsonObject().put("mensaje", "Dispositivo agregado").put("id", id));
    } else if (request.path().endsWith("/credentials/")) {
      long id = Long.parseLong(request.path().split("/")[3]);
      end(request, 201, new JsonObject().put("mqtt", credential(id)));
    } else {
      end(request, 404, new JsonObject());
    }
  }

  private JsonObject tokens() {
    return new JsonObject().put("access", "access-" + generation.get()).put("refresh", "refresh");
  }

  private JsonObject credential(long id) {
    String serial =
        devices.entrySet().stream()
            .filter(device -> device.getValue() == id)
            .findFirst()
            .orElseThrow()
            .getKey();
    return new JsonObject().put("username", "device_" + serial).put("password", "p" + id);
  }

  private static String basicUser(HttpServerRequest request) {
    String header = request.getHeader("Authorization");
    if (header == null || !header.startsWith("Basic ")) {
      return "";
    }
    byte[] plain = Base64.getDecoder().decode(header.substring("Basic ".length()));
    return new String(plain, StandardCharsets.UTF_8).split(":")[0];
  }

  private static void end(HttpServerRequest request, int status, JsonObject body) {
    request.response().setStatusCode(status).end(body.toBuffer());
  }
}
