package io.vatio.protocol.mqtt;

import static io.vatio.protocol.mqtt.BrokerSettings.eventually;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.mqtt.MqttEncoder;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageBuilders;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttVersion;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.ext.web.Router;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Clients that read nothing any more: once all is said they keep no socket, whoever said it.
@Timeout(60)
class DeafClientsTest {
  private static final byte[] GOODBYE = {(byte) 0xE0, 0};
  private static final byte[] WRONG = {(byte) 0xD0, 0};
  private static final byte[] PING = {(byte) 0xC0, 0};

  private static final int TEXT = 1;
  private static final int BINARY = 2;
  private static final int CLOSE = 8;

  @TempDir Path folder;
  private final List<Deaf> clients = new ArrayList<>();
  private BrokerFixture fixture;
  private HttpServer http;

  @BeforeEach
  void start() {
    fixture = BrokerFixture.start(folder);
    Router router = Router.router(fixture.vertx);
    fixture.broker.mount(router, request -> request.remoteAddress().hostAddress());
    HttpServerOptions options = new HttpServerOptions().setHost("127.0.0.1").setPort(0);
    EmbeddedBroker.WEB_SOCKET_PROTOCOLS.forEach(options::addWebSocketSubProtocol);
    http =
        BrokerFixture.await(
            fixture.vertx.createHttpServer(options).requestHandler(router).listen());
  }

  @AfterEach
  void stop() throws IOException {
    for (Deaf client : clients) {
      client.socket.close();
    }
    fixture.close();
  }

  @Test
  void whoever_reads_nothing_loses_the_socket_soon_after_the_end() throws IOException {
    Deaf goodbye = connected(false);
    Deaf wrong = connected(false);
    Deaf webGoodbye = connected(true);
    Deaf webWrong = connected(true);
    Deaf webClose = connected(true);
    Deaf webText = connected(true);
    Deaf webIdle = connected(true);
    for (Deaf client : clients) {
      if (client != webIdle) {
        client.subscribe();
      }
    }
    flood();

    goodbye.send(GOODBYE);
    wrong.send(WRONG);
    webGoodbye.send(GOODBYE);
    webIdle.send(GOODBYE);
    webWrong.send(WRONG);
    webClose.frame(CLOSE, new byte[] {3, (byte) 0xE8});
    webText.frame(TEXT, "x".getBytes(StandardCharsets.US_ASCII));

    List<Deaf> left = new ArrayList<>(clients);
    eventually(
        () -> {
          left.removeIf(Deaf::isCut);
          return left.isEmpty();
        });
    eventually(() -> fixture.gauge("vatio.mqtt.connections") == 0);
  }

  private Deaf connected(boolean webSocket) throws IOException {
    Deaf client = new Deaf(webSocket);
    clients.add(client);
    client.send(
        bytes(
            MqttMessageBuilders.connect()
                .protocolVersion(MqttVersion.MQTT_3_1_1)
                .clientId("deaf-" + clients.size())
                .cleanSession(true)
                .keepAlive(0)
                .username("admin")
                .password("secret".getBytes(StandardCharsets.US_ASCII))
                .build()));
    assertEquals(0x20, client.answer(4));
    return client;
  }

  /// Publishes more than sockets and outboxes hold.
  private void flood() {
    try (Probe admin = Probe.v3(fixture.port(), "flood", "admin")) {
      String payload = "x".repeat(60_000);
      for (int id = 1; id <= 150; id++) {
        admin.publish("plain/a", 1, id, payload);
        admin.readAck(MqttMessageType.PUBACK, id);
      }
    }
    double lost = fixture.figure("vatio.mqtt.dropped", "reason", "slow_subscriber");
    assertTrue(lost > 0, "nothing waits");
  }

  private static byte[] bytes(MqttMessage packet) {
    EmbeddedChannel codec = new EmbeddedChannel(MqttEncoder.INSTANCE);
    codec.writeOutbound(packet);
    ByteBuf encoded = codec.readOutbound();
    byte[] bytes = ByteBufUtil.getBytes(encoded);
    encoded.release();
    codec.finishAndReleaseAll();
    return bytes;
  }

  /// A client that hears two answers and then nothing.
  private final class Deaf {
    private final Socket socket = new Socket();
    private final boolean webSocket;

    Deaf(boolean webSocket) throws IOException {
      this.webSocket = webSocket;
      socket.setReceiveBufferSize(4_096);
      socket.setTcpNoDelay(true);
      socket.connect(
          new InetSocketAddress("127.0.0.1", webSocket ? http.actualPort() : fixture.port()));
      if (webSocket) {
        upgrade();
      }
    }

    private void upgrade() throws IOException {
      socket
          .getOutputStream()
          .write(
              ("GET /mqtt HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                      + "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
                      + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      StringBuilder head = new StringBuilder();
      while (head.indexOf("\r\n\r\n") < 0) {
        head.append((char) socket.getInputStream().read());
      }
      assertTrue(head.toString().startsWith("HTTP/1.1 101"), head.toString());
    }

    void subscribe() throws IOException {
      send(
          bytes(
              MqttMessageBuilders.subscribe()
                  .messageId(1)
                  .addSubscription(MqttQoS.AT_MOST_ONCE, "plain/#")
                  .build()));
      assertEquals(0x90, answer(5));
    }

    /// Reads a packet of this length.
    ///
    /// @return its first byte
    int answer(int length) throws IOException {
      if (webSocket) {
        assertEquals(2, socket.getInputStream().readNBytes(2).length);
      }
      return socket.getInputStream().readNBytes(length)[0] & 0xff;
    }

    void send(byte[] packet) throws IOException {
      if (webSocket) {
        frame(BINARY, packet);
      } else {
        socket.getOutputStream().write(packet);
      }
    }

    void frame(int kind, byte[] content) throws IOException {
      ByteArrayOutputStream frame = new ByteArrayOutputStream();
      frame.write(0x80 | kind);
      frame.write(0x80 | content.length);
      frame.writeBytes(new byte[4]);
      frame.writeBytes(content);
      socket.getOutputStream().write(frame.toByteArray());
    }

    /// Whether nobody takes what it sends.
    boolean isCut() {
      try {
        send(PING);
        return false;
      } catch (IOException _) {
        return true;
      }
    }
  }
}
