package io.vatio.bench;

import io.vatio.protocol.simulator.DeviceCredential;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// An MQTT 3.1.1 connection that keeps a fixed number of QoS 1 messages in flight. Packets are made
/// once and patched; the packet id is the number of the free place in the window.
final class MqttLane extends Lane {
  private static final int CONNACK = 0x20;
  private static final int PUBACK = 0x40;

  private final byte[] connect;
  private final @Nullable TimedBytes publish;
  private final long[] sentAt;
  private final int[] freePlaces;
  private int free;
  private long accepted;

  private MqttLane(byte[] connect, @Nullable TimedBytes publish, int window) {
    super(publish == null ? IDLE_BUFFER_BYTES : LOAD_BUFFER_BYTES);
    this.connect = connect;
    this.publish = publish;
    this.sentAt = new long[window];
    this.freePlaces = new int[window];
    for (int place = 0; place < window; place++) {
      freePlaces[free++] = place;
    }
  }

  /// @param payload text with the slots of [TimedBytes]
  /// @param stepMs between the times of two messages
  static MqttLane publishing(
      String clientId,
      @Nullable DeviceCredential credential,
      String topic,
      String payload,
      Instant start,
      long stepMs,
      int window) {
    byte[] topicBytes = topic.getBytes(StandardCharsets.UTF_8);
    byte[] body = payload.getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream variable = new ByteArrayOutputStream();
    text(variable, topicBytes);
    variable.writeBytes(new byte[2]);
    variable.writeBytes(body);
    byte[] packet = packet(0x32, variable.toByteArray());
    int idAt = packet.length - body.length - 2;
    return new MqttLane(
        connect(clientId, credential), TimedBytes.of(packet, idAt, start, stepMs), window);
  }

  /// A connection that says nothing after its greeting.
  static MqttLane idle(String clientId, @Nullable DeviceCredential credential) {
    return new MqttLane(connect(clientId, credential), null, 0);
  }

  @Override
  void greet() {
    out.put(connect);
  }

  @Override
  void read(long nowNanos, LatencyHistogram latencies) {
    while (in.remaining() >= 4) {
      int type = in.get(in.position()) & 0xF0;
      int length = in.get(in.position() + 1);
      if (length != 2 || type != (isReady() ? PUBACK : CONNACK)) {
        throw new BenchFailure(
            "the broker sent an unexpected packet (type 0x%02x, length %d)"
                .formatted(type, length));
      }
      in.getShort();
      int value = in.getShort() & 0xFFFF;
      if (type == CONNACK) {
        greeted(value & 0xFF);
      } else {
        acknowledged(value, nowNanos, latencies);
      }
    }
  }

  @Override
  void fill(long nowNanos) {
    if (publish == null) {
      return;
    }
    while (free > 0 && out.remaining() >= publish.length()) {
      int place = freePlaces[--free];
      sentAt[place] = nowNanos;
      publish.write(out, place + 1);
    }
  }

  @Override
  int outstanding() {
    return sentAt.length - free;
  }

  @Override
  long accepted() {
    return accepted;
  }

  private void greeted(int code) {
    if (code != 0) {
      throw new BenchFailure("the broker refuses the connection (CONNACK code " + code + ")");
    }
    becomeReady();
  }

  private void acknowledged(int packetId, long nowNanos, LatencyHistogram latencies) {
    int place = packetId - 1;
    if (place < 0 || place >= sentAt.length || sentAt[place] == 0) {
      throw new BenchFailure("the broker acknowledged packet " + packetId + ", never sent");
    }
    latencies.record(nowNanos - sentAt[place]);
    sentAt[place] = 0;
    freePlaces[free++] = place;
    accepted++;
  }

  private static byte[] connect(String clientId, @Nullable DeviceCredential credential) {
    ByteArrayOutputStream variable = new ByteArrayOutputStream();
    text(variable, "MQTT".getBytes(StandardCharsets.US_ASCII));
    variable.write(4);
    variable.write(credential == null ? 0x02 : 0xC2);
    variable.write(0);
    variable.write(0);
    text(variable, clientId.getBytes(StandardCharsets.UTF_8));
    if (credential != null) {
      text(variable, credential.username().getBytes(StandardCharsets.UTF_8));
      text(variable, credential.password().getBytes(StandardCharsets.UTF_8));
    }
    return packet(0x10, variable.toByteArray());
  }

  private static void text(ByteArrayOutputStream out, byte[] utf8) {
    out.write(utf8.length >>> 8);
    out.write(utf8.length);
    out.writeBytes(utf8);
  }

  private static byte[] packet(int header, byte[] rest) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(header);
    int length = rest.length;
    do {
      int seven = length & 0x7F;
      length >>>= 7;
      out.write(length > 0 ? seven | 0x80 : seven);
    } while (length > 0);
    out.writeBytes(rest);
    return out.toByteArray();
  }
}
