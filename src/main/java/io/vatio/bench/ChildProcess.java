package io.vatio.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/// A process that lives no longer than this one: `close` asks it to end, then insists, and a
/// shutdown hook destroys it if `close` never comes.
final class ChildProcess implements AutoCloseable {
  private static final int PATIENCE_S = 15;

  private final String name;
  private final Process process;
  private final Thread lastResort;

  private ChildProcess(String name, Process process, Thread lastResort) {
    this.name = name;
    this.process = process;
    this.lastResort = lastResort;
  }

  static ChildProcess start(String name, ProcessBuilder builder) {
    try {
      Process process = builder.start();
      Thread lastResort = new Thread(process::destroyForcibly, "vatio-bench-end-of-" + name);
      Runtime.getRuntime().addShutdownHook(lastResort);
      return new ChildProcess(name, process, lastResort);
    } catch (IOException e) {
      throw new BenchFailure("cannot start %s (%s)".formatted(name, e.getMessage()), e);
    }
  }

  /// A loopback port that nobody listens on now.
  static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new BenchFailure("no free port (" + e.getMessage() + ")", e);
    }
  }

  /// Asks every three milliseconds; a process that ends or takes longer than the limit is closed
  /// and a failure with its last words.
  void awaitReady(BooleanSupplier ready, Duration limit, Supplier<String> lastWords) {
    long start = System.nanoTime();
    while (!ready.getAsBoolean()) {
      boolean late = System.nanoTime() - start > limit.toNanos();
      if (late || hasEndedWithin(3)) {
        String what = late ? "was not ready in " + limit.toSeconds() + " s" : "ended at its start";
        close();
        throw new BenchFailure(name + " " + what + "; its last words: " + lastWords.get());
      }
    }
  }

  /// Lets time pass; a process that ends meanwhile is a failure.
  void idle(Duration time) {
    if (hasEndedWithin(time.toMillis())) {
      throw new BenchFailure("%s ended by itself (exit %d)".formatted(name, process.exitValue()));
    }
  }

  long cpuNanos() {
    return ProcessFigures.cpuNanos(process.toHandle());
  }

  OptionalLong residentKib() {
    return ProcessFigures.residentKib(process.pid());
  }

  @Override
  public void close() {
    process.destroy();
    if (!hasEndedWithin(TimeUnit.SECONDS.toMillis(PATIENCE_S))) {
      process.destroyForcibly();
    }
    try {
      Runtime.getRuntime().removeShutdownHook(lastResort);
    } catch (IllegalStateException _) {
      // This process is ending too, and the hook runs.
    }
  }

  private boolean hasEndedWithin(long millis) {
    try {
      return process.waitFor(millis, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new BenchFailure("interrupted while waiting for " + name, e);
    }
  }
}
