package io.vatio.platform.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClientAddressTest {
  private static Vertx vertx;

  @BeforeAll
  static void start() {
    vertx = Vertx.vertx();
  }

  @AfterAll
  static void stop() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // proxies               | header lines                      | address
        "''                      | ''                                | 127.0.0.1",
        "''                      | 192.168.1.5                       | 127.0.0.1",
        "10.0.0.0/8              | 192.168.1.5                       | 127.0.0.1",
        "127.0.0.1               | 192.168.1.5                       | 192.168.1.5",
        "127.0.0.1               | 6.6.6.6, 192.168.1.5              | 192.168.1.5",
        "127.0.0.1 192.168.1.5   | 6.6.6.6, 8.8.8.8, 192.168.1.5     | 8.8.8.8",
        "127.0.0.1               | 192.168.1.5 ; 8.8.8.8             | 8.8.8.8",
        "127.0.0.1               | 192.168.1.5, 127.0.0.1            | 192.168.1.5",
        "127.0.0.1               | 8.8.8.8, not an address           | not an address",
      })
  void believes_trusted_proxies_only_and_from_the_right(
      String proxies, String lines, String address) throws IOException, InterruptedException {
    List<Cidr> networks =
        Arrays.stream(proxies.strip().split(" "))
            .filter(text -> !text.isEmpty())
            .map(Cidr::parse)
            .toList();
    ClientAddress addresses = new ClientAddress(networks);
    HttpServer server =
        vertx
            .createHttpServer()
            .requestHandler(request -> request.response().end(addresses.of(request)))
            .listen(0, "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .join();

    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.actualPort()));
    for (String line : lines.split(";")) {
      if (!line.isBlank()) {
        request.header("X-Forwarded-For", line.strip());
      }
    }
    String seen;
    try (HttpClient client = HttpClient.newHttpClient()) {
      seen = client.send(request.build(), HttpResponse.BodyHandlers.ofString()).body();
    }

    assertEquals(address, seen);
    server.close().toCompletionStage().toCompletableFuture().join();
  }
}
