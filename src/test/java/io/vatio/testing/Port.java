package io.vatio.testing;

import com.fasterxml.jackson.databind.JsonNode;
import io.vatio.platform.http.ClientAddress;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.json.Json;
import io.vatio.platform.text.Messages;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// A real HTTP server on a free port of the loopback, with the routes a test gives it, and a client
/// for it.
public final class Port implements AutoCloseable {
  public final Vertx vertx = Vertx.vertx();
  public final Tokens tokens = new Tokens();
  public final HttpApi api =
      new HttpApi(vertx, tokens, new ClientAddress(List.of()), new Messages("es"), 1 << 20);
  public final int number;
  private final HttpServer server;
  private final HttpClient client = HttpClient.newHttpClient();

  public Port(Consumer<HttpApi> routes) {
    routes.accept(api);
    try {
      server =
          vertx
              .createHttpServer()
              .requestHandler(api.router())
              .listen(0, "127.0.0.1")
              .toCompletionStage()
              .toCompletableFuture()
              .get(10, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new IllegalStateException("listen", e);
    }
    number = server.actualPort();
  }

  /// Sends a request as the person with this token; `""` for nobody.
  public Answer send(String method, String path, String token, String body)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + number + path))
            .method(
                method,
                body.isEmpty()
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body));
    if (!token.isEmpty()) {
      request.header("Authorization", "Bearer " + token);
    }
    HttpResponse<byte[]> response =
        client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    return new Answer(
        response.statusCode(), new String(response.body(), StandardCharsets.UTF_8), response);
  }

  public Answer get(String path, String token) throws IOException, InterruptedException {
    return send("GET", path, token, "");
  }

  @Override
  public void close() {
    client.close();
    try {
      vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new IllegalStateException("close", e);
    }
  }

  public record Answer(int status, String body, HttpResponse<byte[]> response) {
    public JsonNode json() {
      return Json.parse(body);
    }
  }
}
