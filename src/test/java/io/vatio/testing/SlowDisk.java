package io.vatio.testing;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Makes every fsync of a running process take longer, as a worn memory card does, by `strace` on
/// Linux. Ends with the process or when it is closed.
public final class SlowDisk implements AutoCloseable {
  private static final Path STRACE = Path.of("/usr/bin/strace");

  private final Process tracer;

  private SlowDisk(Process tracer) {
    this.tracer = tracer;
  }

  /// Whether there is such a tool and it may be used on a process of ours.
  public static boolean isPossible() throws IOException, InterruptedException {
    if (!Files.isExecutable(STRACE)) {
      return false;
    }
    Process probe = new ProcessBuilder("/bin/sleep", "60").start();
    try (SlowDisk _ = under(probe.pid(), 1)) {
      return true;
    } catch (IOException _) {
      return false;
    } finally {
      probe.destroyForcibly().waitFor();
    }
  }

  /// Slows a process down; returns when it is.
  ///
  /// @param millis added to each fsync
  public static SlowDisk under(long pid, int millis) throws IOException {
    Process tracer =
        new ProcessBuilder(
                List.of(
                    STRACE.toString(),
                    "-f",
                    "-e",
                    "trace=fsync,fdatasync",
                    "-e",
                    "inject=fsync,fdatasync:delay_enter=" + millis * 1_000,
                    "-e",
                    "signal=none",
                    "-p",
                    Long.toString(pid)))
            .redirectErrorStream(true)
            .start();
    StringBuilder said = new StringBuilder();
    int next = tracer.getInputStream().read();
    while (next >= 0 && next != '\n') {
      said.append((char) next);
      next = tracer.getInputStream().read();
    }
    if (!said.toString().contains("attached")) {
      tracer.destroyForcibly();
      throw new IOException(said.toString());
    }
    // Whoever nobody reads is stopped one day.
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try {
                tracer.getInputStream().transferTo(OutputStream.nullOutputStream());
              } catch (IOException _) {
                // It ended.
              }
            });
    return new SlowDisk(tracer);
  }

  @Override
  public void close() {
    // A polite end lets go of the process.
    tracer.destroy();
    try {
      if (!tracer.waitFor(20, TimeUnit.SECONDS)) {
        tracer.destroyForcibly();
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
