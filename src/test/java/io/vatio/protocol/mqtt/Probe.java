package io.vatio.protocol.mqtt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.mqtt.MqttConnAckMessage;
import io.netty.handler.codec.mqtt.MqttDecoder;
import io.netty.handler.codec.mqtt.MqttEncoder;
import io.netty.handler.codec.mqtt.MqttFixedHeader;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageBuilders;
import io.netty.handler.codec.mqtt.MqttMessageIdVariableHeader;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttProperties.IntegerProperty;
import io.netty.handler.codec.mqtt.MqttPubReplyMessageVariableHeader;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttPublishVariableHeader;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttReasonCodeAndPropertiesVariableHeader;
import io.netty.handler.codec.mqtt.MqttSubAckMessage;
import io.netty.handler.codec.mqtt.MqttVersion;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/// A blocking client that sends exactly the packets that a test asks for and shows exactly those
/// that come back.
final class Probe implements AutoCloseable {
  private static final int PATIENCE_MS = 30_000;

  private final Socket socket;
  private final InputStream in;
  private final EmbeddedChannel codec =
      new EmbeddedChannel(new MqttDecoder(1 << 20), MqttEncoder.INSTANCE);
  private final byte[] buffer = new byte[8_192];

  Probe(int port) {
    try {
      socket = new Socket("127.0.0.1", port);
      socket.setSoTimeout(PATIENCE_MS);
      socket.setTcpNoDelay(true);
      in = socket.getInputStream();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /// Logs in with MQTT 3.1.1 and checks that it was accepted.
  static Probe v3(int port, String clientId, String user) {
    return connected(port, MqttVersion.MQTT_3_1_1, clientId, user, c -> c);
  }

  static Probe v5(int port, String clientId, String user) {
    return connected(port, MqttVersion.MQTT_5, clientId, user, c -> c);
  }

  static Probe connected(
      int port,
      MqttVersion version,
      String clientId,
      String user,
      UnaryOperator<MqttMessageBuilders.ConnectBuilder> more) {
    Probe probe = new Probe(port);
    MqttConnAckMessage answer = probe.connect(version, clientId, user, "secret", more);
    assertEquals(0, answer.variableHeader().connectReturnCode().byteValue());
    return probe;
  }

  MqttConnAckMessage connect(
      MqttVersion version,
      String clientId,
      String user,
      String password,
      UnaryOperator<MqttMessageBuilders.ConnectBuilder> more) {
    var builder =
        MqttMessageBuilders.connect()
            .protocolVersion(version)
            .clientId(clientId)
            .cleanSession(true)
            .keepAlive(60);
    if (user != null) {
      builder.username(user).password(password.getBytes(StandardCharsets.UTF_8));
    }
    send(more.apply(builder).build());
    return (MqttConnAckMessage) read(MqttMessageType.CONNACK);
  }

  void send(MqttMessage packet) {
    codec.writeOutbound(packet);
    for (ByteBuf part = codec.readOutbound(); part != null; part = codec.readOutbound()) {
      raw(ByteBufUtil.getBytes(part));
    }
  }

  void raw(byte[] bytes) {
    try {
      socket.getOutputStream().write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void publish(String topic, int qos, int id, String payload) {
    publish(topic, qos, id, payload, false, false, MqttProperties.NO_PROPERTIES);
  }

  void publish(
      String topic,
      int qos,
      int id,
      String payload,
      boolean retain,
      boolean dup,
      MqttProperties properties) {
    send(
        new MqttPublishMessage(
            new MqttFixedHeader(MqttMessageType.PUBLISH, dup, MqttQoS.valueOf(qos), retain, 0),
            new MqttPublishVariableHeader(topic, id, properties),
            Unpooled.wrappedBuffer(payload.getBytes(StandardCharsets.UTF_8))));
  }

  void retain(String topic, int qos, int id, String payload) {
    publish(topic, qos, id, payload, true, false, MqttProperties.NO_PROPERTIES);
  }

  /// Subscribes and gives the answer's codes.
  List<Integer> subscribe(int qos, String... filters) {
    var builder = MqttMessageBuilders.subscribe().messageId(77);
    Arrays.stream(filters).forEach(f -> builder.addSubscription(MqttQoS.valueOf(qos), f));
    send(builder.build());
    return ((MqttSubAckMessage) read(MqttMessageType.SUBACK)).payload().reasonCodes();
  }

  void ping() {
    send(MqttMessage.PINGREQ);
  }

  /// The next packet, whatever it is; null once the server has closed.
  MqttMessage read() {
    try {
      while (true) {
        MqttMessage packet = codec.readInbound();
        if (packet != null) {
          assertEquals(false, packet.decoderResult().isFailure(), packet.toString());
          return packet;
        }
        int count = in.read(buffer);
        if (count < 0) {
          return null;
        }
        codec.writeInbound(Unpooled.copiedBuffer(buffer, 0, count));
      }
    } catch (SocketTimeoutException e) {
      throw new AssertionError("nothing came for " + PATIENCE_MS + " ms", e);
    } catch (IOException e) {
      return null;
    }
  }

  /// The next packet, which has to be of this type.
  MqttMessage read(MqttMessageType type) {
    MqttMessage packet = read();
    if (packet == null) {
      fail("closed instead of " + type);
    }
    assertEquals(type, packet.fixedHeader().messageType(), packet.toString());
    return packet;
  }

  /// The next packet has to be this acknowledgement.
  void readAck(MqttMessageType type, int id) {
    assertEquals(0, readAckReason(type, id));
  }

  int readAckReason(MqttMessageType type, int id) {
    MqttMessage packet = read(type);
    assertEquals(id, ((MqttMessageIdVariableHeader) packet.variableHeader()).messageId());
    return packet.variableHeader() instanceof MqttPubReplyMessageVariableHeader header
        ? header.reasonCode() & 0xff
        : 0;
  }

  MqttPublishMessage readPublish() {
    return (MqttPublishMessage) read(MqttMessageType.PUBLISH);
  }

  /// Payload of the next packet, which has to be a message.
  String readText() {
    return text(readPublish());
  }

  static String text(MqttPublishMessage message) {
    return message.payload().toString(StandardCharsets.UTF_8);
  }

  void acknowledge(int firstByte, int id) {
    raw(new byte[] {(byte) firstByte, 2, (byte) (id >> 8), (byte) id});
  }

  /// The reason of the server's DISCONNECT, after which it closes.
  int readDisconnect() {
    MqttMessage packet = read(MqttMessageType.DISCONNECT);
    int reason =
        ((MqttReasonCodeAndPropertiesVariableHeader) packet.variableHeader()).reasonCode() & 0xff;
    readClosed();
    return reason;
  }

  void readClosed() {
    MqttMessage packet = read();
    if (packet != null) {
      fail("expected the end, got " + packet);
    }
  }

  static MqttProperties properties(int id, int value) {
    MqttProperties properties = new MqttProperties();
    properties.add(new IntegerProperty(id, value));
    return properties;
  }

  /// Goes away without a word.
  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    codec.finishAndReleaseAll();
  }
}
