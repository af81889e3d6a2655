package io.vatio.platform.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.platform.json.Json;
import io.vatio.platform.text.Messages;
import io.vatio.testing.Tokens;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ConnectionGuardTest {
  private static final String REQUEST = "GET /api/hello HTTP/1.1\r\nHost: x\r\n\r\n";

  private final Vertx vertx = Vertx.vertx();
  private final List<Socket> sockets = new ArrayList<>();

  @AfterEach
  void stop() throws Exception {
    for (Socket socket : sockets) {
      socket.close();
    }
    vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  @Test
  void whoever_trickles_headers_is_cut_off() throws Exception {
    int port = listen(1_000);
    Socket slow = from("127.0.0.1", port);
    boolean closed = false;
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    slow.setSoTimeout(50);
    slow.getOutputStream().write("GET /api/hello HTTP/1.1\r\n".getBytes(StandardCharsets.US_ASCII));
    while (!closed && System.nanoTime() < deadline) {
      try {
        slow.getOutputStream().write("X-Slow: 1\r\n".getBytes(StandardCharsets.US_ASCII));
        closed = slow.getInputStream().read() < 0;
      } catch (SocketTimeoutException _) {
        // Still open: nothing was answered.
      } catch (IOException _) {
        closed = true;
      }
    }
    assertTrue(closed);
  }

  @Test
  void whoever_asks_in_time_is_answered_again_and_again_and_cut_off_when_idle() throws Exception {
    int port = listen(1_000);
    Socket client = from("127.0.0.1", port);
    assertTrue(ask(client).startsWith("HTTP/1.1 200"));
    assertTrue(ask(client).startsWith("HTTP/1.1 200"));
    client.setSoTimeout(20_000);
    assertEquals(-1, client.getInputStream().read());
  }

  @Test
  void one_address_cannot_take_all_connections() throws Exception {
    int port = listen(20);
    for (int i = 0; i < 100; i++) {
      from("127.0.0.1", port);
    }
    assertTrue(ask(from("127.0.0.2", port)).startsWith("HTTP/1.1 200"));
    int open = 0;
    for (Socket socket : sockets.subList(0, 100)) {
      socket.setSoTimeout(50);
      try {
        open += socket.getInputStream().read() < 0 ? 0 : 1;
      } catch (SocketTimeoutException _) {
        open++;
      }
    }
    assertTrue(open <= 20, open + " are open");
  }

  private int listen(int perAddress) throws Exception {
    HttpApi api =
        new HttpApi(vertx, new Tokens(), new ClientAddress(List.of()), new Messages("es"), 1 << 20);
    api.route(
        HttpMethod.GET, "/api/hello", Access.PUBLIC, _ -> Reply.ok(Json.object().put("a", 1)));
    HttpSettings settings =
        new HttpSettings(
            "127.0.0.1",
            0,
            List.of(),
            1 << 16,
            new HttpSettings.Limits(
                1_000, perAddress, Duration.ofSeconds(1), Duration.ofSeconds(1)));
    return HttpFront.listen(vertx, settings, api, 2)
        .toCompletionStage()
        .toCompletableFuture()
        .get(10, TimeUnit.SECONDS)
        .port();
  }

  private Socket from(String address, int port) throws IOException {
    Socket socket = new Socket();
    socket.bind(new InetSocketAddress(InetAddress.getByName(address), 0));
    socket.connect(new InetSocketAddress("127.0.0.1", port), 5_000);
    sockets.add(socket);
    return socket;
  }

  private static String ask(Socket socket) throws IOException {
    socket.setSoTimeout(10_000);
    socket.getOutputStream().write(REQUEST.getBytes(StandardCharsets.US_ASCII));
    StringBuilder answer = new StringBuilder();
    while (answer.indexOf("{\"a\":1}") < 0) {
      int next = socket.getInputStream().read();
      if (next < 0) {
        break;
      }
      answer.append((char) next);
    }
    return answer.toString();
  }
}
