package io.vatio.testing;

import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/// A tiny MQTT 3.1.1 client that sends exactly what a test says, for stories that a polite client
/// library would not play. One thread writes, one reads.
public final class RawMqtt implements AutoCloseable {
  private final Socket socket;
  private final DataInputStream in;
  private final OutputStream out;

  private RawMqtt(Socket socket) throws IOException {
    this.socket = socket;
    this.in = new DataInputStream(socket.getInputStream());
    this.out = new BufferedOutputStream(socket.getOutputStream(), 65_536);
  }

  /// Connects and waits for the CONNACK.
  ///
  /// @throws IOException also when the server refuses
  public static RawMqtt connect(int port, String clientId, String user, String password)
      throws IOException {
    Socket socket = new Socket();
    socket.connect(new InetSocketAddress("127.0.0.1", port), 5_000);
    socket.setTcpNoDelay(true);
    RawMqtt client = new RawMqtt(socket);
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    text(body, "MQTT");
    body.write(4);
    body.write(user == null ? 0x02 : 0xC2);
    body.write(0);
    body.write(120);
    text(body, clientId);
    if (user != null) {
      text(body, user);
      text(body, password);
    }
    client.packet(0x10, body.toByteArray());
    client.flush();
    byte[] connack = client.read(0x20);
    if (connack[1] != 0) {
      socket.close();
      throw new IOException("refused with code " + connack[1]);
    }
    return client;
  }

  /// Writes a PUBLISH with QoS 1 into the buffer.
  public void publish(String topic, int packetId, boolean dup, byte[] payload) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    text(body, topic);
    body.write(packetId >> 8);
    body.write(packetId);
    body.write(payload);
    packet(dup ? 0x3A : 0x32, body.toByteArray());
  }

  /// Sends what was written.
  public void flush() throws IOException {
    out.flush();
  }

  /// Waits for a PUBACK and gives its packet id.
  public int readAck() throws IOException {
    byte[] body = read(0x40);
    return (body[0] & 0xff) << 8 | body[1] & 0xff;
  }

  /// Sends any bytes at all.
  public void raw(byte[] bytes) throws IOException {
    out.write(bytes);
    out.flush();
  }

  private byte[] read(int type) throws IOException {
    int header = in.read();
    if (header < 0) {
      throw new EOFException("closed by the server");
    }
    int length = 0;
    int shift = 0;
    int digit;
    do {
      digit = in.readUnsignedByte();
      length |= (digit & 0x7f) << shift;
      shift += 7;
    } while ((digit & 0x80) != 0);
    byte[] body = new byte[length];
    in.readFully(body);
    if ((header & 0xf0) != type) {
      throw new IOException("expected packet " + type + ", got " + header);
    }
    return body;
  }

  private void packet(int header, byte[] body) throws IOException {
    out.write(header);
    int length = body.length;
    do {
      int digit = length & 0x7f;
      length >>= 7;
      out.write(length > 0 ? digit | 0x80 : digit);
    } while (length > 0);
    out.write(body);
  }

  private static void text(ByteArrayOutputStream body, String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    body.write(utf8.length >> 8);
    body.write(utf8.length);
    body.writeBytes(utf8);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
