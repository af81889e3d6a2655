package io.vatio.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.function.LongSupplier;

/// Drives all connections of a load from the calling thread: one selector, prepared bytes, no
/// library. So the generator takes as little as possible of the cores it shares with the server.
final class LoadLoop implements AutoCloseable {
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(60);
  private static final Duration DRAIN_LIMIT = Duration.ofSeconds(30);
  private static final long SELECT_MS = 20;

  private final Selector selector;
  private final List<? extends Lane> lanes;
  private final LatencyHistogram latencies = new LatencyHistogram();
  private boolean filling;

  /// What one load gave.
  ///
  /// @param accepted answers within the measured time
  /// @param acceptedInAll answers including warm-up and drain
  /// @param unanswered requests without an answer half a minute after the end
  /// @param serverCpu cores the server used while measured, such as 1.3; negative when unknown
  /// @param loadCpu the same of this process
  record Result(
      long accepted,
      Duration measured,
      LatencyHistogram latencies,
      long acceptedInAll,
      long refusedInAll,
      long unanswered,
      double serverCpu,
      double loadCpu) {

    double perSecond() {
      return accepted / (measured.toNanos() / 1e9);
    }
  }

  private LoadLoop(Selector selector, List<? extends Lane> lanes) {
    this.selector = selector;
    this.lanes = lanes;
  }

  /// Opens every lane and waits until all are ready.
  static LoadLoop connect(InetSocketAddress server, List<? extends Lane> lanes) {
    LoadLoop loop = null;
    try {
      loop = new LoadLoop(Selector.open(), lanes);
      for (Lane lane : lanes) {
        loop.open(server, lane);
      }
      loop.runUntilReady();
      return loop;
    } catch (IOException | BenchFailure e) {
      if (loop != null) {
        loop.close();
      }
      throw e instanceof BenchFailure known
          ? known
          : new BenchFailure("cannot connect to " + server + " (" + e.getMessage() + ")", e);
    }
  }

  /// Full load for the time to warm up and the time measured, then waits for the last answers.
  Result run(Duration warmup, Duration measured, LongSupplier serverCpuNanos) {
    try {
      filling = true;
      long start = System.nanoTime();
      for (SelectionKey key : selector.keys()) {
        Lane lane = (Lane) key.attachment();
        lane.fill(start);
        flush(key, lane);
      }
      turnUntil(start + warmup.toNanos());
      latencies.reset();
      long from = System.nanoTime();
      long acceptedBefore = accepted();
      long serverBefore = serverCpuNanos.getAsLong();
      long loadBefore = ProcessFigures.ownCpuNanos();
      turnUntil(from + measured.toNanos());
      long elapsed = System.nanoTime() - from;
      long accepted = accepted() - acceptedBefore;
      double serverCpu = cores(serverBefore, serverCpuNanos.getAsLong(), elapsed);
      double loadCpu = cores(loadBefore, ProcessFigures.ownCpuNanos(), elapsed);
      LatencyHistogram seen = latencies.copy();
      filling = false;
      drain();
      if (accepted() == 0) {
        throw new BenchFailure(nothingAccepted());
      }
      return new Result(
          accepted,
          Duration.ofNanos(elapsed),
          seen,
          accepted(),
          lanes.stream().mapToLong(Lane::refused).sum(),
          outstanding(),
          serverCpu,
          loadCpu);
    } catch (IOException e) {
      throw new BenchFailure("the connection broke under load (" + e.getMessage() + ")", e);
    }
  }

  @Override
  public void close() {
    for (SelectionKey key : selector.keys()) {
      try {
        key.channel().close();
      } catch (IOException _) {
        // It is gone already.
      }
    }
    try {
      selector.close();
    } catch (IOException _) {
      // Nothing waits on it any more.
    }
  }

  private void open(InetSocketAddress server, Lane lane) throws IOException {
    SocketChannel channel = SocketChannel.open(server);
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    channel.configureBlocking(false);
    SelectionKey key = channel.register(selector, SelectionKey.OP_READ, lane);
    lane.greet();
    flush(key, lane);
  }

  private void runUntilReady() throws IOException {
    long limit = System.nanoTime() + CONNECT_LIMIT.toNanos();
    while (!lanes.stream().allMatch(Lane::isReady)) {
      if (System.nanoTime() > limit) {
        long missing = lanes.stream().filter(lane -> !lane.isReady()).count();
        throw new BenchFailure(
            "%d of %d connections got no answer to their greeting"
                .formatted(missing, lanes.size()));
      }
      turn();
    }
  }

  private void turnUntil(long nanoTime) throws IOException {
    while (System.nanoTime() < nanoTime) {
      turn();
    }
  }

  private void drain() throws IOException {
    long limit = System.nanoTime() + DRAIN_LIMIT.toNanos();
    while (outstanding() > 0 && System.nanoTime() < limit) {
      turn();
    }
  }

  private void turn() throws IOException {
    selector.select(SELECT_MS);
    for (SelectionKey key : selector.selectedKeys()) {
      Lane lane = (Lane) key.attachment();
      if (key.isReadable()) {
        receive(key, lane);
      }
      flush(key, lane);
    }
    selector.selectedKeys().clear();
  }

  private void receive(SelectionKey key, Lane lane) throws IOException {
    if (((SocketChannel) key.channel()).read(lane.in) < 0) {
      throw new BenchFailure("the server closed a connection");
    }
    long now = System.nanoTime();
    lane.in.flip();
    lane.read(now, latencies);
    lane.in.compact();
    if (!lane.in.hasRemaining()) {
      throw new BenchFailure("the server sent an answer larger than the buffer");
    }
    if (filling) {
      lane.fill(now);
    }
  }

  private static void flush(SelectionKey key, Lane lane) throws IOException {
    if (lane.out.position() == 0) {
      return;
    }
    lane.out.flip();
    ((SocketChannel) key.channel()).write(lane.out);
    boolean more = lane.out.hasRemaining();
    lane.out.compact();
    int interest = more ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ;
    if (key.interestOps() != interest) {
      key.interestOps(interest);
    }
  }

  private String nothingAccepted() {
    return lanes.stream()
        .filter(lane -> lane.refused() > 0)
        .findFirst()
        .map(lane -> "the server refused everything, with status " + lane.lastRefusal())
        .orElse("the server answered nothing");
  }

  private long accepted() {
    return lanes.stream().mapToLong(Lane::accepted).sum();
  }

  private int outstanding() {
    return lanes.stream().mapToInt(Lane::outstanding).sum();
  }

  private static double cores(long before, long after, long elapsedNanos) {
    return before < 0 || after < 0 ? -1 : (after - before) / (double) elapsedNanos;
  }
}
