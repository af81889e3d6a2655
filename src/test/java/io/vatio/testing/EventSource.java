package io.vatio.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// A listener to an event stream on a raw socket: what came over the wire, frame by frame. One made
/// by [#stalled] reads nothing until told to.
public final class EventSource implements AutoCloseable {
  private static final String END = "<end>";

  private final Socket socket;
  private final BlockingQueue<String> frames = new LinkedBlockingQueue<>();
  private volatile String head = "";
  private volatile int received;

  private EventSource(Socket socket) {
    this.socket = socket;
  }

  /// Opens a stream and reads it.
  public static EventSource open(int port, String path, String token, String... headers)
      throws IOException {
    EventSource source = stalled(port, path, token, headers);
    source.read();
    return source;
  }

  /// Opens a stream with a small window and leaves it lying there.
  public static EventSource stalled(int port, String path, String token, String... headers)
      throws IOException {
    Socket socket = new Socket();
    socket.setReceiveBufferSize(4_096);
    socket.connect(new InetSocketAddress("127.0.0.1", port));
    StringBuilder request = new StringBuilder("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n");
    if (!token.isEmpty()) {
      request.append("Authorization: Bearer ").append(token).append("\r\n");
    }
    for (String header : headers) {
      request.append(header).append("\r\n");
    }
    socket.getOutputStream().write((request + "\r\n").getBytes(StandardCharsets.UTF_8));
    return new EventSource(socket);
  }

  /// Begins to read; frames wait in memory until the test takes them.
  public void read() {
    Thread.ofVirtual().start(this::run);
  }

  /// The next frame without its empty line.
  public String next() throws InterruptedException {
    String frame = frames.poll(10, TimeUnit.SECONDS);
    if (frame == null) {
      throw new AssertionError("no frame came; head: " + head);
    }
    return frame;
  }

  /// Whether the server has ended the stream, after all frames were taken.
  public boolean hasEnded() throws InterruptedException {
    return next().equals(END);
  }

  /// Whether nothing waits to be taken.
  public boolean isQuiet() {
    return frames.isEmpty();
  }

  /// Frames read so far.
  public int received() {
    return received;
  }

  /// Status line and headers.
  public String head() {
    return head;
  }

  private void run() {
    try (InputStream in = socket.getInputStream()) {
      StringBuilder lines = new StringBuilder();
      for (String line = line(in); !line.isEmpty(); line = line(in)) {
        lines.append(line).append('\n');
      }
      head = lines.toString();
      ByteArrayOutputStream text = new ByteArrayOutputStream();
      for (int size = chunkSize(in); size > 0; size = chunkSize(in)) {
        text.write(in.readNBytes(size));
        line(in);
        take(text);
      }
    } catch (IOException e) {
      // The server cut the connection: the same to the reader as an end.
    }
    frames.add(END);
  }

  private void take(ByteArrayOutputStream text) {
    String all = text.toString(StandardCharsets.UTF_8);
    int from = 0;
    for (int end = all.indexOf("\n\n"); end >= 0; end = all.indexOf("\n\n", from)) {
      frames.add(all.substring(from, end));
      received++;
      from = end + 2;
    }
    text.reset();
    text.writeBytes(all.substring(from).getBytes(StandardCharsets.UTF_8));
  }

  private static int chunkSize(InputStream in) throws IOException {
    return Integer.parseInt(line(in), 16);
  }

  private static String line(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) {
        throw new IOException("end of stream");
      }
      if (c != '\r') {
        line.write(c);
      }
    }
    return line.toString(StandardCharsets.UTF_8);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
