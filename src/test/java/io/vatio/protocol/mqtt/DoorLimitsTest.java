package io.vatio.protocol.mqtt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.handler.codec.mqtt.MqttMessageType;
import io.vatio.platform.tls.ServerCertificate;
import io.vatio.testing.RawMqtt;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What one address and one device may take.
@Timeout(60)
class DoorLimitsTest {
  private static final int SILENT = 2_000;
  private static final String TOPIC = "dispositivos/pump-1/estado";

  @TempDir Path folder;

  @Test
  void thousands_of_silent_sockets_of_one_address_keep_nobody_else_out() throws Exception {
    List<Socket> silent = new ArrayList<>();
    try (BrokerFixture fixture = BrokerFixture.start(folder)) {
      for (int i = 0; i < SILENT; i++) {
        silent.add(from("127.0.0.1", fixture.port()));
      }

      long before = System.nanoTime();
      try (Socket other = from("127.0.0.2", fixture.port())) {
        assertEquals(0, login(other));
      }
      long took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - before);
      assertTrue(took < 2_000, took + " ms");
    } finally {
      for (Socket socket : silent) {
        socket.close();
      }
    }
  }

  @Test
  void a_handshake_that_is_never_made_counts_as_a_stranger() throws Exception {
    ServerCertificate certificate =
        ServerCertificate.ensure(
            folder.resolve("tls"), Set.of("localhost", "127.0.0.1"), Clock.systemUTC());
    DoorLimits five = new DoorLimits(100, 5, 100, 10, 1_000, 1 << 20);
    List<Socket> silent = new ArrayList<>();
    try (BrokerFixture fixture =
        BrokerFixture.secured(
            folder, certificate, settings -> BrokerSettings.door(settings, five))) {
      for (int i = 0; i < 5; i++) {
        silent.add(from("127.0.0.1", fixture.broker.tlsPort()));
      }
      BrokerSettings.eventually(() -> fixture.gauge("vatio.mqtt.connections.unknown") == 5);

      try (Socket sixth = from("127.0.0.1", fixture.broker.tlsPort())) {
        // Long before the time to log in is over.
        sixth.setSoTimeout(5_000);
        sixth.getInputStream().readAllBytes();
      }
      silent.removeLast().close();
      BrokerSettings.eventually(() -> fixture.gauge("vatio.mqtt.connections.unknown") == 4);
    } finally {
      for (Socket socket : silent) {
        socket.close();
      }
    }
  }

  @Test
  void who_says_goodbye_and_takes_nothing_keeps_no_socket() throws Exception {
    try (BrokerFixture fixture = BrokerFixture.start(folder);
        Probe admin = Probe.v5(fixture.port(), "admin", "admin")) {
      String large = "x".repeat(60_000);
      for (int i = 1; i <= 130; i++) {
        admin.retain("large/" + i, 1, i, large);
        admin.readAck(MqttMessageType.PUBACK, i);
      }
      try (Socket deaf = new Socket()) {
        deaf.setReceiveBufferSize(4_096);
        deaf.connect(new InetSocketAddress("127.0.0.1", fixture.port()));
        assertEquals(0, login(deaf, "admin"));
        OutputStream out = deaf.getOutputStream();
        out.write(new byte[] {(byte) 0x82, 12, 0, 1, 0, 7, 'l', 'a', 'r', 'g', 'e', '/', '#', 0});
        BrokerSettings.eventually(() -> fixture.figure("vatio.mqtt.sent") > 1);
        out.write(new byte[] {(byte) 0xe0, 0});

        BrokerSettings.eventually(
            () -> {
              try {
                out.write(0);
                return false;
              } catch (IOException _) {
                return true;
              }
            });
      }
    }
  }

  @Test
  void a_device_has_only_so_many_connections() throws Exception {
    DoorLimits two = new DoorLimits(1_000, 100, 100, 2, 1_000, 1 << 20);
    try (BrokerFixture fixture =
            BrokerFixture.start(folder, settings -> BrokerSettings.door(settings, two));
        RawMqtt one = RawMqtt.connect(fixture.port(), "one", "pump-1", "secret");
        RawMqtt _ = RawMqtt.connect(fixture.port(), "two", "pump-1", "secret")) {
      assertThrows(
          IOException.class, () -> RawMqtt.connect(fixture.port(), "three", "pump-1", "secret"));
      try (RawMqtt _ = RawMqtt.connect(fixture.port(), "three", "pump-2", "secret")) {
        one.close();
        BrokerSettings.eventually(() -> comesIn(fixture.port()));
      }
    }
  }

  private static boolean comesIn(int port) {
    try (RawMqtt _ = RawMqtt.connect(port, "three", "pump-1", "secret")) {
      return true;
    } catch (IOException _) {
      return false;
    }
  }

  @Test
  void a_device_that_publishes_too_fast_is_read_more_slowly_and_loses_nothing() throws Exception {
    DoorLimits slow = new DoorLimits(1_000, 100, 100, 10, 100, 1 << 20);
    try (BrokerFixture fixture =
            BrokerFixture.start(folder, settings -> BrokerSettings.door(settings, slow));
        RawMqtt device = RawMqtt.connect(fixture.port(), "one", "pump-1", "secret")) {
      long before = System.nanoTime();
      for (int i = 1; i <= 250; i++) {
        device.publish(TOPIC, i, false, Integer.toString(i).getBytes(StandardCharsets.UTF_8));
      }
      device.flush();
      for (int i = 1; i <= 250; i++) {
        device.readAck();
      }
      // A hundred at once, the others at a hundred a second.
      long took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - before);
      assertTrue(took > 1_000, took + " ms");
    }
  }

  @Test
  void a_device_that_names_filters_without_end_is_read_more_slowly() {
    DoorLimits thousand = new DoorLimits(1_000, 100, 100, 10, 1_000, 1 << 20);
    try (BrokerFixture fixture =
            BrokerFixture.start(folder, settings -> BrokerSettings.door(settings, thousand));
        Probe device = Probe.v5(fixture.port(), "d", "pump-1")) {
      String[] filters = new String[200];
      Arrays.setAll(filters, i -> "dispositivos/pump-1/" + i);
      device.subscribe(0, filters);

      long before = System.nanoTime();
      device.ping();
      device.read(MqttMessageType.PINGRESP);
      long took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - before);
      assertTrue(took > 800, took + " ms");
    }
  }

  @Test
  void an_address_may_rush_once_and_then_come_steadily() {
    AddressGate gate = new AddressGate(new DoorLimits(100, 100, 10, 1, 1, 1));
    long now = 0;
    for (int i = 0; i < 100; i++) {
      assertTrue(gate.enter("10.0.0.1", now));
      gate.known("10.0.0.1");
      gate.leave("10.0.0.1");
    }
    assertFalse(gate.enter("10.0.0.1", now));
    assertTrue(gate.enter("10.0.0.2", now));
    now += Duration.ofMillis(150).toNanos();
    assertTrue(gate.enter("10.0.0.1", now));
    assertFalse(gate.enter("10.0.0.1", now));
  }

  @Test
  void strangers_of_an_address_are_fewer_than_those_who_are_known() {
    AddressGate gate = new AddressGate(new DoorLimits(10, 2, 10, 1, 1, 1));
    assertTrue(gate.enter("2001:db8::1", 0));
    assertTrue(gate.enter("2001:db8::2", 0));
    assertFalse(gate.enter("2001:db8::3", 0), "one subscriber has all of 2001:db8::/64");
    assertTrue(gate.enter("2001:db8:0:1::1", 0));
    gate.known("2001:db8::1");
    assertTrue(gate.enter("2001:db8::3", 0));
  }

  @Test
  void only_so_many_addresses_are_remembered() {
    AddressGate gate = new AddressGate(DoorLimits.DEFAULT);
    for (int i = 0; i < 3 * AddressGate.REMEMBERED; i++) {
      String address = "10.%d.%d.%d".formatted(i >> 16, i >> 8 & 255, i & 255);
      assertTrue(gate.enter(address, 0));
      gate.known(address);
      gate.leave(address);
    }
    assertTrue(gate.remembered() <= AddressGate.REMEMBERED + 1);
  }

  private static Socket from(String address, int port) throws IOException {
    Socket socket = new Socket();
    socket.bind(new InetSocketAddress(InetAddress.getByName(address), 0));
    socket.connect(new InetSocketAddress("127.0.0.1", port), 5_000);
    return socket;
  }

  /// The return code of a CONNECT of pump-1.
  private static int login(Socket socket) throws IOException {
    return login(socket, "pump-1");
  }

  private static int login(Socket socket, String user) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(body)) {
      out.writeUTF("MQTT");
      out.write(4);
      out.write(0xC2);
      out.writeShort(60);
      out.writeUTF("x");
      out.writeUTF(user);
      out.writeUTF("secret");
    }
    socket.getOutputStream().write(new byte[] {0x10, (byte) body.size()});
    socket.getOutputStream().write(body.toByteArray());
    socket.setSoTimeout(10_000);
    byte[] answer = socket.getInputStream().readNBytes(4);
    return answer.length < 4 ? -1 : answer[3];
  }
}
