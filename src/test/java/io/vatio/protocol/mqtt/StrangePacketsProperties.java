package io.vatio.protocol.mqtt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.mqtt.MqttEncoder;
import io.netty.handler.codec.mqtt.MqttFixedHeader;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageBuilders;
import io.netty.handler.codec.mqtt.MqttMessageIdVariableHeader;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttProperties.IntegerProperty;
import io.netty.handler.codec.mqtt.MqttProperties.UserProperties;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttPublishVariableHeader;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttVersion;
import io.vatio.testing.Databases;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Comparator;
import java.util.Random;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/// Packets that no client would send, over real sockets: valid streams with bits flipped, bytes
/// lost, lengths that lie, text that is none, thousands of properties. The broker ends such a
/// connection or answers it; nothing fails inside, and a bystander is served all the time.
class StrangePacketsProperties {
  private static Path folder;
  private static BrokerFixture fixture;
  private static Probe bystander;
  private static int served;

  @BeforeContainer
  static void start() throws IOException {
    folder = Files.createTempDirectory("strange");
    fixture =
        BrokerFixture.on(
            Databases.SQLITE.newUrl(folder), Clock.systemUTC(), BrokerSettings::anonymous);
    bystander = Probe.v5(fixture.port(), "bystander", "admin");
  }

  @AfterContainer
  static void stop() throws IOException {
    bystander.close();
    fixture.close();
    try (Stream<Path> files = Files.walk(folder)) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    }
  }

  @Property(tries = 400)
  void nothing_fails_and_others_are_served(@ForAll long seed) {
    Random random = new Random(seed);
    byte[] stream = mutated(valid(random), random);
    try (Socket socket = new Socket("127.0.0.1", fixture.port())) {
      socket.setSoTimeout(5);
      OutputStream out = socket.getOutputStream();
      int at = 0;
      while (at < stream.length) {
        int count = Math.min(stream.length - at, 1 + random.nextInt(4_096));
        out.write(stream, at, count);
        at += count;
      }
      drain(socket);
    } catch (IOException e) {
      // The broker closed it, as it may.
    }
    served++;
    bystander.publish("plain/a", 1, 1 + served % 60_000, "still here");
    bystander.readAck(MqttMessageType.PUBACK, 1 + served % 60_000);
    assertEquals(0, fixture.figure("vatio.mqtt.dropped", "reason", "failed"), "seed " + seed);
  }

  @Property(tries = 5)
  void a_packet_of_thousands_of_properties_is_one_packet(@ForAll long seed) {
    MqttProperties many = new MqttProperties();
    UserProperties users = new UserProperties();
    for (int i = 0; i < 6_000; i++) {
      users.add("k" + (seed + i) % 10, "v");
    }
    many.add(users);
    Probe probe = Probe.v5(fixture.port(), "many", "admin");
    probe.publish("plain/many", 1, 1, "x", false, false, many);
    probe.readAck(MqttMessageType.PUBACK, 1);
    probe.close();
  }

  private static void drain(Socket socket) throws IOException {
    byte[] buffer = new byte[4_096];
    try {
      while (socket.getInputStream().read(buffer) >= 0) {
        assertTrue(buffer.length > 0);
      }
    } catch (SocketTimeoutException e) {
      // It answers or waits for the rest; both are fine.
    }
  }

  private static byte[] valid(Random random) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    MqttVersion version = random.nextBoolean() ? MqttVersion.MQTT_5 : MqttVersion.MQTT_3_1_1;
    write(bytes, connect(random, version));
    for (int i = random.nextInt(8); i >= 0; i--) {
      write(bytes, packet(random, version));
    }
    return bytes.toByteArray();
  }

  private static MqttMessage connect(Random random, MqttVersion version) {
    var connect =
        MqttMessageBuilders.connect()
            .protocolVersion(version)
            .clientId("fuzz" + random.nextInt(5))
            .cleanSession(random.nextBoolean())
            .keepAlive(random.nextInt(100));
    if (random.nextInt(4) > 0) {
      connect.username("admin").password("secret".getBytes(StandardCharsets.UTF_8));
    }
    if (random.nextInt(3) == 0) {
      connect
          .willFlag(true)
          .willTopic("plain/will")
          .willQoS(MqttQoS.valueOf(random.nextInt(3)))
          .willMessage(new byte[random.nextInt(50)]);
    }
    if (version == MqttVersion.MQTT_5) {
      connect.properties(Probe.properties(MqttProperties.SESSION_EXPIRY_INTERVAL, 60));
    }
    return connect.build();
  }

  private static MqttMessage packet(Random random, MqttVersion version) {
    int id = 1 + random.nextInt(10);
    return switch (random.nextInt(6)) {
      case 0 ->
          MqttMessageBuilders.subscribe()
              .messageId(id)
              .addSubscription(
                  MqttQoS.valueOf(random.nextInt(3)),
                  random.nextBoolean() ? "plain/#" : "$share/g/plain/+")
              .build();
      case 1 -> MqttMessageBuilders.unsubscribe().messageId(id).addTopicFilter("plain/#").build();
      case 2 -> MqttMessage.PINGREQ;
      case 3 -> acknowledgement(random, id);
      default -> publish(random, version, id);
    };
  }

  private static MqttMessage publish(Random random, MqttVersion version, int id) {
    int qos = random.nextInt(3);
    MqttProperties properties = MqttProperties.NO_PROPERTIES;
    if (version == MqttVersion.MQTT_5 && random.nextBoolean()) {
      properties = new MqttProperties();
      properties.add(new IntegerProperty(MqttProperties.TOPIC_ALIAS, random.nextInt(40)));
      properties.add(new IntegerProperty(MqttProperties.PAYLOAD_FORMAT_INDICATOR, 1));
    }
    byte[] payload = new byte[random.nextInt(200)];
    random.nextBytes(payload);
    return new MqttPublishMessage(
        new MqttFixedHeader(
            MqttMessageType.PUBLISH,
            random.nextBoolean(),
            MqttQoS.valueOf(qos),
            random.nextInt(5) == 0,
            0),
        new MqttPublishVariableHeader(
            "plain/" + "x/".repeat(random.nextInt(40)), qos == 0 ? 0 : id, properties),
        Unpooled.wrappedBuffer(payload));
  }

  private static MqttMessage acknowledgement(Random random, int id) {
    MqttMessageType type =
        MqttMessageType.valueOf(MqttMessageType.PUBACK.value() + random.nextInt(4));
    return new MqttMessage(
        new MqttFixedHeader(
            type,
            false,
            type == MqttMessageType.PUBREL ? MqttQoS.AT_LEAST_ONCE : MqttQoS.AT_MOST_ONCE,
            false,
            2),
        MqttMessageIdVariableHeader.from(id));
  }

  private static void write(ByteArrayOutputStream bytes, MqttMessage packet) {
    EmbeddedChannel encoder = new EmbeddedChannel(MqttEncoder.INSTANCE);
    try {
      encoder.writeOutbound(packet);
      for (ByteBuf part = encoder.readOutbound(); part != null; part = encoder.readOutbound()) {
        bytes.write(ByteBufUtil.getBytes(part));
        part.release();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      encoder.finishAndReleaseAll();
    }
  }

  private static byte[] mutated(byte[] valid, Random random) {
    byte[] bytes = valid.clone();
    switch (random.nextInt(6)) {
      case 0 -> {
        for (int i = random.nextInt(8); i >= 0; i--) {
          bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
        }
      }
      case 1 -> {
        return java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length));
      }
      case 2 -> {
        // A length that lies, perhaps by a lot.
        byte[] bomb = {(byte) 0x30, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x7f};
        System.arraycopy(bomb, 0, bytes, Math.min(bytes.length - 5, bytes.length / 2), 5);
      }
      case 3 -> {
        for (int i = random.nextInt(20); i >= 0; i--) {
          bytes[random.nextInt(bytes.length)] = (byte) 0xc0;
        }
      }
      case 4 -> {
        int from = random.nextInt(bytes.length);
        byte[] noise = new byte[bytes.length - from];
        random.nextBytes(noise);
        System.arraycopy(noise, 0, bytes, from, noise.length);
      }
      default -> {
        // As it was: what valid packets do in a strange order.
      }
    }
    return bytes;
  }
}
