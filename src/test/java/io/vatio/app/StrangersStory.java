package io.vatio.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.platform.json.Json;
import io.vatio.testing.ApiClient;
import io.vatio.testing.RawMqtt;
import io.vatio.testing.TestServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// What clients try who know more about protocols than they should.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StrangersStory {
  private static final byte[] ENERGY = "1.5".getBytes(StandardCharsets.UTF_8);

  @TempDir static Path folder;
  private TestServer server;

  @BeforeAll
  void start() {
    server = TestServer.start(folder, Map.of());
  }

  @AfterAll
  void stop() {
    server.close();
  }

  @Test
  void a_revoked_key_ends_the_mqtt_session_it_opened() throws IOException {
    ApiClient admin = ApiClient.login(server.url());
    var made =
        Json.parse(
            admin
                .post("/api/api-keys/", "{\"label\":\"k\",\"permisos\":[\"crear_lecturas\"]}")
                .body());
    try (RawMqtt client =
        RawMqtt.connect(server.mqttPort(), "c", "any", made.path("key").asText())) {
      client.publish("energy/consumption", 1, false, ENERGY);
      client.flush();
      assertEquals(1, client.readAck());

      assertEquals(
          204, admin.send("DELETE", "/api/api-keys/" + made.path("id"), null).statusCode());

      assertThrows(IOException.class, client::readAck);
    }
  }

  @Test
  void a_websocket_frame_holds_a_whole_packet() throws IOException {
    try (Socket socket = upgrade("")) {
      byte[] packet = new byte[200_000];
      // A CONNECT of 200 kB: too large for a stranger, but no fault of the frame.
      packet[0] = 0x10;
      send(socket, packet);

      assertEquals(0x82, socket.getInputStream().read(), "MQTT answers, so the frame got through");
    }
  }

  @Test
  void nothing_is_unpacked_for_strangers() throws IOException {
    try (Socket socket = new Socket("127.0.0.1", server.httpPort())) {
      assertFalse(
          head(socket, "Sec-WebSocket-Extensions: permessage-deflate\r\n").contains("deflate"));
    }
  }

  @Test
  void there_is_one_protocol_on_the_http_port() throws IOException {
    String known = ask("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    String asked =
        ask(
            "GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                + "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n");

    // An answer in text, not the frames of the other protocol.
    assertTrue(known.isEmpty() || known.startsWith("HTTP/"), known);
    assertTrue(asked.startsWith("HTTP/1.1 200"), asked);
  }

  private String ask(String request) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", server.httpPort())) {
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
    }
  }

  private Socket upgrade(String headers) throws IOException {
    Socket socket = new Socket("127.0.0.1", server.httpPort());
    assertTrue(head(socket, headers).startsWith("HTTP/1.1 101"));
    return socket;
  }

  private static String head(Socket socket, String headers) throws IOException {
    socket
        .getOutputStream()
        .write(
            ("GET /mqtt HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                    + "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
                    + "Sec-WebSocket-Protocol: mqtt\r\n"
                    + headers
                    + "\r\n")
                .getBytes(StandardCharsets.US_ASCII));
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      head.append((char) socket.getInputStream().read());
    }
    return head.toString();
  }

  private static void send(Socket socket, byte[] payload) throws IOException {
    ByteArrayOutputStream frame = new ByteArrayOutputStream();
    frame.write(0x82);
    frame.write(0xff);
    for (int shift = 56; shift >= 0; shift -= 8) {
      frame.write((int) ((long) payload.length >> shift));
    }
    frame.writeBytes(new byte[4]);
    frame.writeBytes(payload);
    socket.getOutputStream().write(frame.toByteArray());
  }
}
