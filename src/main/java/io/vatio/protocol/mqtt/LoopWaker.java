package io.vatio.protocol.mqtt;

import io.netty.channel.EventLoop;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Wakes the connections of one event loop, many with one task: a commit that answers a thousand
/// messages of fifty connections must not interrupt the loop fifty times. Any thread adds.
final class LoopWaker implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(LoopWaker.class);

  private final EventLoop loop;
  private final Queue<Connection> connections = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean scheduled = new AtomicBoolean();

  LoopWaker(EventLoop loop) {
    this.loop = loop;
  }

  void add(Connection connection) {
    connections.add(connection);
    if (scheduled.compareAndSet(false, true)) {
      try {
        loop.execute(this);
      } catch (RejectedExecutionException e) {
        LOG.debug("the server has stopped", e);
      }
    }
  }

  @Override
  public void run() {
    scheduled.set(false);
    for (Connection connection = connections.poll();
        connection != null;
        connection = connections.poll()) {
      connection.woken();
    }
  }
}
