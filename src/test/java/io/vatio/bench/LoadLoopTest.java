package io.vatio.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.protocol.simulator.DeviceCredential;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LoadLoopTest {
  private static final Instant START = Instant.parse("2026-01-14T10:00:00Z");
  private static final Duration WARMUP = Duration.ofMillis(50);
  private static final Duration MEASURED = Duration.ofMillis(300);
  private static final DeviceCredential PUMP = new DeviceCredential("device_pump", "geheim");

  private final Vertx vertx = Vertx.vertx();
  private final Set<String> payloads = ConcurrentHashMap.newKeySet();
  private final AtomicInteger mostUnderWay = new AtomicInteger();

  @AfterEach
  void end() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  @Test
  void every_message_is_acknowledged_once_and_no_two_are_the_same() {
    InetSocketAddress broker = broker(0);
    List<MqttLane> lanes =
        IntStream.range(0, 3)
            .mapToObj(
                i ->
                    MqttLane.publishing(
                        "c" + i,
                        PUMP,
                        "t/" + i,
                        "{\"t\":\"" + TimedBytes.TIME_SLOT + "\"}",
                        START,
                        1,
                        7))
            .toList();

    LoadLoop.Result result;
    try (LoadLoop loop = LoadLoop.connect(broker, lanes)) {
      result = loop.run(WARMUP, MEASURED, () -> -1);
    }

    assertTrue(result.accepted() > 0);
    assertTrue(result.acceptedInAll() > result.accepted());
    assertEquals(payloads.size(), result.acceptedInAll());
    assertEquals(0, result.unanswered());
    assertEquals(result.accepted(), result.latencies().count());
    assertTrue(payloads.contains("t/0{\"t\":\"2026-01-14T10:00:00.000Z\"}"));
    assertTrue(mostUnderWay.get() <= 7, "window of 7, seen " + mostUnderWay);
  }

  @Test
  void a_refused_connection_is_a_failure_with_its_code() {
    InetSocketAddress broker = broker(5);
    List<MqttLane> lanes = List.of(MqttLane.idle("c", null));

    BenchFailure failure =
        assertThrows(BenchFailure.class, () -> LoadLoop.connect(broker, lanes).close());

    assertEquals("the broker refuses the connection (CONNACK code 5)", failure.getMessage());
  }

  @Test
  void pipelined_posts_are_answered_in_order_and_refusals_are_counted_apart() {
    AtomicInteger number = new AtomicInteger();
    HttpServer server =
        vertx.createHttpServer(new HttpServerOptions().setHost("127.0.0.1").setPort(0));
    server.requestHandler(
        request ->
            request
                .body()
                .onSuccess(
                    body -> {
                      payloads.add(body.toString(StandardCharsets.US_ASCII));
                      boolean odd = number.incrementAndGet() % 2 == 1;
                      request.response().setStatusCode(odd ? 201 : 503).end("{\"status\":\"x\"}");
                    }));
    server.listen().toCompletionStage().toCompletableFuture().join();
    List<HttpLane> lanes =
        IntStream.range(0, 2)
            .mapToObj(
                i ->
                    HttpLane.posting("/generador/", PUMP, i + " " + TimedBytes.TIME_SLOT, START, 4))
            .toList();

    LoadLoop.Result result;
    try (LoadLoop loop =
        LoadLoop.connect(new InetSocketAddress("127.0.0.1", server.actualPort()), lanes)) {
      result = loop.run(WARMUP, MEASURED, () -> -1);
    }

    assertEquals(payloads.size(), result.acceptedInAll() + result.refusedInAll());
    assertTrue(Math.abs(result.acceptedInAll() - result.refusedInAll()) <= 1);
    assertEquals(0, result.unanswered());
  }

  /// Answers every QoS 1 message of 3.1.1 at once.
  private InetSocketAddress broker(int connackCode) {
    NetServer server =
        vertx.createNetServer(new NetServerOptions().setHost("127.0.0.1").setPort(0));
    server.connectHandler(socket -> socket.handler(new Conversation(socket, connackCode)::hear));
    server.listen().toCompletionStage().toCompletableFuture().join();
    return new InetSocketAddress("127.0.0.1", server.actualPort());
  }

  private final class Conversation {
    private final NetSocket socket;
    private final int connackCode;
    private Buffer pending = Buffer.buffer();

    Conversation(NetSocket socket, int connackCode) {
      this.socket = socket;
      this.connackCode = connackCode;
    }

    void hear(Buffer bytes) {
      pending.appendBuffer(bytes);
      int at = 0;
      int answered = 0;
      while (pending.length() - at >= 2 && pending.length() - at >= 2 + pending.getByte(at + 1)) {
        int end = at + 2 + pending.getByte(at + 1);
        if (pending.getByte(at) == 0x10) {
          socket.write(Buffer.buffer(new byte[] {0x20, 2, 0, (byte) connackCode}));
        } else {
          int topic = pending.getUnsignedShort(at + 2);
          payloads.add(
              pending.getString(at + 4, at + 4 + topic) + pending.getString(at + 6 + topic, end));
          socket.write(
              Buffer.buffer(new byte[] {0x40, 2})
                  .appendBytes(pending.getBytes(at + 4 + topic, at + 6 + topic)));
          answered++;
        }
        at = end;
      }
      mostUnderWay.accumulateAndGet(answered, Math::max);
      pending = pending.getBuffer(at, pending.length());
    }
  }
}
