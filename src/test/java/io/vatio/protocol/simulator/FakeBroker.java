package io.vatio.protocol.simulator;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// As much of an MQTT 5 broker as a publishing device needs, with its mouth under the test's
/// control.
final class FakeBroker implements AutoCloseable {
  /// @param user as whom it was published, empty for nobody
  record Published(String user, String topic, String payload) {}

  final BlockingQueue<Published> published = new LinkedBlockingQueue<>();
  final BlockingQueue<String> subscribed = new LinkedBlockingQueue<>();
  private final List<NetSocket> sockets = new CopyOnWriteArrayList<>();
  private final Map<String, NetSocket> subscribers = new ConcurrentHashMap<>();
  private final NetServer server;
  volatile int connackCode;
  volatile int pubackCode;
  volatile boolean silent;

  FakeBroker(Vertx vertx) {
    this.server = vertx.createNetServer(new NetServerOptions().setHost("127.0.0.1").setPort(0));
    server.connectHandler(this::serve);
    server.listen().toCompletionStage().toCompletableFuture().join();
  }

  int port() {
    return server.actualPort();
  }

  Published next() throws InterruptedException {
    Published next = published.poll(10, TimeUnit.SECONDS);
    if (next == null) {
      throw new AssertionError("nothing was published in ten seconds");
    }
    return next;
  }

  void dropEverybody() {
    sockets.forEach(NetSocket::close);
    sockets.clear();
  }

  void say(String topic, String payload) {
    Buffer rest = Buffer.buffer();
    text(rest, topic);
    rest.appendByte((byte) 0).appendString(payload);
    subscribers.get(topic).write(packet(0x30, rest));
  }

  @Override
  public void close() {
    server.close().toCompletionStage().toCompletableFuture().join();
  }

  private void serve(NetSocket socket) {
    sockets.add(socket);
    Session session = new Session(socket);
    socket.handler(session::arrived);
  }

  private final class Session {
    private final NetSocket socket;
    private Buffer pending = Buffer.buffer();
    private String user = "";

    Session(NetSocket socket) {
      this.socket = socket;
    }

    void arrived(Buffer bytes) {
      pending.appendBuffer(bytes);
      while (pending.length() >= 2) {
        Cursor cursor = new Cursor(pending, 1);
        int length = cursor.varint();
        if (cursor.overrun || cursor.at + length > pending.length()) {
          return;
        }
        int end = cursor.at + length;
        packet(pending.getByte(0) & 0xFF, cursor, end);
        pending = pending.getBuffer(end, pending.length());
      }
    }

    private void packet(int header, Cursor cursor, int end) {
      switch (header >>> 4) {
        case 1 -> connect(cursor);
        case 3 -> publish(header, cursor, end);
        case 8 -> subscribe(cursor, end);
        case 12 -> socket.write(Buffer.buffer().appendByte((byte) 0xD0).appendByte((byte) 0));
        default -> {}
      }
    }

    private void connect(Cursor cursor) {
      cursor.text();
      cursor.at++;
      int flags = cursor.one();
      cursor.at += 2;
      cursor.skipProperties();
      cursor.text();
      if ((flags & 0x80) != 0) {
        user = cursor.text();
      }
      socket.write(FakeBroker.packet(0x20, Buffer.buffer(new byte[] {0, (byte) connackCode, 0})));
      if (connackCode != 0) {
        socket.close();
      }
    }

    private void publish(int header, Cursor cursor, int end) {
      String topic = cursor.text();
      int id = (header & 0x06) == 0 ? 0 : cursor.two();
      cursor.skipProperties();
      published.add(new Published(user, topic, pending.getString(cursor.at, end)));
      if (id != 0 && !silent) {
        Buffer rest = Buffer.buffer().appendUnsignedShort(id).appendByte((byte) pubackCode);
        socket.write(FakeBroker.packet(0x40, rest));
      }
    }

    private void subscribe(Cursor cursor, int end) {
      Buffer rest = Buffer.buffer().appendUnsignedShort(cursor.two()).appendByte((byte) 0);
      cursor.skipProperties();
      while (cursor.at < end) {
        String filter = cursor.text();
        cursor.at++;
        subscribers.put(filter, socket);
        subscribed.add(filter);
        rest.appendByte((byte) 1);
      }
      socket.write(FakeBroker.packet(0x90, rest));
    }
  }

  private static final class Cursor {
    private final Buffer bytes;
    private int at;
    private boolean overrun;

    Cursor(Buffer bytes, int at) {
      this.bytes = bytes;
      this.at = at;
    }

    int one() {
      return bytes.getByte(at++) & 0xFF;
    }

    int two() {
      return one() << 8 | one();
    }

    int varint() {
      int value = 0;
      for (int shift = 0; at < bytes.length(); shift += 7) {
        int next = one();
        value |= (next & 0x7F) << shift;
        if (next < 0x80) {
          return value;
        }
      }
      overrun = true;
      return value;
    }

    String text() {
      int length = two();
      at += length;
      return bytes.getString(at - length, at);
    }

    void skipProperties() {
      int length = varint();
      at += length;
    }
  }

  private static void text(Buffer out, String text) {
    out.appendUnsignedShort(text.length()).appendString(text);
  }

  /// Packets of a test are shorter than 128 bytes.
  private static Buffer packet(int header, Buffer rest) {
    return Buffer.buffer()
        .appendByte((byte) header)
        .appendByte((byte) rest.length())
        .appendBuffer(rest);
  }
}
