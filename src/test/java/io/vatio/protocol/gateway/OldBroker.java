package io.vatio.protocol.gateway;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/// Stands in front of a broker and refuses whoever speaks MQTT 5, as brokers of before 2019 do.
final class OldBroker implements AutoCloseable {
  private static final int VERSION_AT = 8;
  private static final byte[] UNACCEPTABLE_VERSION = {0x20, 2, 0, 1};

  private final ServerSocket server;
  private final int behind;

  OldBroker(int behind) throws IOException {
    this.behind = behind;
    this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  int port() {
    return server.getLocalPort();
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket client = server.accept();
        Thread.ofVirtual().start(() -> serve(client));
      } catch (IOException _) {
        // Closed.
      }
    }
  }

  private void serve(Socket client) {
    try (client) {
      InputStream in = client.getInputStream();
      // Fixed header with one byte of length, then "MQTT" with its length, then the version.
      byte[] head = in.readNBytes(VERSION_AT + 1);
      if (head[VERSION_AT] == 5) {
        client.getOutputStream().write(UNACCEPTABLE_VERSION);
        return;
      }
      try (Socket broker = new Socket(InetAddress.getLoopbackAddress(), behind)) {
        broker.getOutputStream().write(head);
        Thread back = Thread.ofVirtual().start(() -> pump(broker, client));
        pump(client, broker);
        back.join();
      }
    } catch (IOException _) {
      // One of both has gone.
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private static void pump(Socket from, Socket to) {
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] buffer = new byte[8_192];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        out.write(buffer, 0, n);
        out.flush();
      }
      to.close();
    } catch (IOException _) {
      // One of both has gone.
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
