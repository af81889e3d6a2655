package io.vatio.testing;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Stands between a client and a server, and can be a network that breaks or a server that hangs.
public final class CutProxy implements AutoCloseable {
  private final ServerSocket door;
  private final InetSocketAddress target;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final Lock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private Mode mode = Mode.OPEN;

  /// Cuts every connection as soon as the client has sent this, before any answer to it; null for
  /// never.
  private volatile byte @Nullable [] cutAfter;

  private enum Mode {
    OPEN,
    CUT,
    HANGING
  }

  public CutProxy(String host, int port) {
    try {
      this.target = new InetSocketAddress(host, port);
      this.door = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    Thread.ofVirtual().start(this::accept);
  }

  public int port() {
    return door.getLocalPort();
  }

  /// Breaks all connections and refuses new ones.
  public void cut() {
    set(Mode.CUT);
    sockets.forEach(CutProxy::close);
  }

  /// Keeps connections, and takes new ones, but lets no byte through.
  public void hang() {
    set(Mode.HANGING);
  }

  public void open() {
    set(Mode.OPEN);
  }

  /// Lets the next message of clients that holds this text through to the server, and no answer.
  public void cutAfter(String text) {
    cutAfter = text.getBytes(java.nio.charset.StandardCharsets.US_ASCII);
  }

  private void set(Mode wanted) {
    lock.lock();
    try {
      mode = wanted;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void accept() {
    while (!door.isClosed()) {
      try {
        Socket client = door.accept();
        if (is(Mode.CUT)) {
          client.close();
          continue;
        }
        Socket server = new Socket(target.getAddress(), target.getPort());
        sockets.add(client);
        sockets.add(server);
        Thread.ofVirtual().start(() -> pump(client, server, true));
        Thread.ofVirtual().start(() -> pump(server, client, false));
      } catch (IOException _) {
        // Closed, or the server is away: the client sees its connection break.
      }
    }
  }

  private boolean is(Mode asked) {
    lock.lock();
    try {
      return mode == asked;
    } finally {
      lock.unlock();
    }
  }

  private void pump(Socket from, Socket to, boolean fromClient) {
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] buffer = new byte[1 << 16];
      int n;
      while ((n = in.read(buffer)) >= 0) {
        awaitFlow();
        if (fromClient && holds(buffer, n)) {
          cutAfter = null;
          set(Mode.CUT);
          out.write(buffer, 0, n);
          out.flush();
          // The server's answer has nowhere to go, but the server goes on.
          from.close();
          drain(to);
          sockets.forEach(CutProxy::close);
          return;
        }
        out.write(buffer, 0, n);
        out.flush();
      }
    } catch (IOException _) {
      // Broken, as planned.
    } finally {
      sockets.remove(from);
      sockets.remove(to);
    }
  }

  /// Waits until the server has answered, so that it has surely done what it was told.
  private static void drain(Socket server) throws IOException {
    server.setSoTimeout(2_000);
    server.getInputStream().read();
  }

  private void awaitFlow() throws IOException {
    lock.lock();
    try {
      while (mode == Mode.HANGING) {
        changed.awaitUninterruptibly();
      }
      if (mode == Mode.CUT) {
        throw new IOException("cut");
      }
    } finally {
      lock.unlock();
    }
  }

  private boolean holds(byte[] buffer, int n) {
    byte[] wanted = cutAfter;
    if (wanted == null) {
      return false;
    }
    for (int i = 0; i + wanted.length <= n; i++) {
      if (java.util.Arrays.equals(buffer, i, i + wanted.length, wanted, 0, wanted.length)) {
        return true;
      }
    }
    return false;
  }

  private static void close(Closeable socket) {
    try {
      socket.close();
    } catch (IOException _) {
      // Nothing more to do.
    }
  }

  @Override
  public void close() {
    cut();
    close(door);
  }
}
