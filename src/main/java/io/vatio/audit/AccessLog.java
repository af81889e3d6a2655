package io.vatio.audit;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.vatio.kernel.Micros;
import io.vatio.platform.db.Database;
import io.vatio.platform.http.Exchange;
import java.time.Clock;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

/// Notes every request to the API beside the requests: [#ended] puts it in a queue and returns,
/// [#flush] writes what is there, many in one commit.
///
/// Sums are exact; lines are not written of every request of a flood ([AccessBatch#LINES] a
/// second). What found the queue full is neither, but is counted itself. Thread safe.
final class AccessLog {
  private static final int QUEUE = 65_536;

  /// Lines in one transaction, few, for others wait for its end.
  private static final int STEP = 200;

  private final Database database;
  private final Clock clock;
  private final AccessStore store = new AccessStore();
  private final ArrayBlockingQueue<Ended> queue;
  private final LongAdder dropped = new LongAdder();
  private final Lock writing = new ReentrantLock();

  private volatile Set<String> modules = Set.of();

  /// Under the lock of writing.
  private final AccessBatch batch = new AccessBatch();

  AccessLog(Database database, Clock clock, MeterRegistry meters) {
    this(database, clock, meters, QUEUE);
  }

  AccessLog(Database database, Clock clock, MeterRegistry meters, int room) {
    this.database = database;
    this.clock = clock;
    this.queue = new ArrayBlockingQueue<>(room);
    FunctionCounter.builder("vatio.access_log.dropped", dropped, LongAdder::sum)
        .description("Requests that the access log had no room for")
        .register(meters);
  }

  /// A request that is over.
  record Ended(Exchange exchange, long atMicros) {}

  /// Tells which modules there are, so that requests to an unknown path of one count with it.
  void know(Set<String> known) {
    modules = Set.copyOf(known);
  }

  /// Notes a request; never blocks and never fails.
  void ended(Exchange exchange) {
    if (!queue.offer(new Ended(exchange, Micros.of(clock.instant())))) {
      dropped.increment();
    }
  }

  /// Requests that were lost since the start.
  long dropped() {
    return dropped.sum();
  }

  /// Writes what waits; what cannot be written waits on, within bounds. Blocks.
  void flush() {
    writing.lock();
    try {
      batch.begin();
      // What comes meanwhile is of the next round.
      for (int left = queue.size(); left > 0; left--) {
        Ended ended = queue.poll();
        if (ended != null && !batch.add(ended, modules)) {
          dropped.increment();
        }
      }
      while (!batch.isEmpty()) {
        database.write(
            handle -> {
              store.write(handle, batch, STEP);
              return true;
            });
        batch.written(STEP);
      }
    } finally {
      writing.unlock();
    }
  }
}
