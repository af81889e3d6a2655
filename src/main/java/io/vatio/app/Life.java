package io.vatio.app;

import java.util.List;
import java.util.concurrent.CountDownLatch;

/// Holds the main thread until the operating system asks the process to end.
final class Life {
  private Life() {}

  /// Returns never by itself: SIGTERM and SIGINT close the parts in their order, then the process
  /// ends with the
  /// signal's exit code.
  static int untilTerminated(List<AutoCloseable> parts) {
    CountDownLatch never = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  for (AutoCloseable part : parts) {
                    close(part);
                  }
                },
                "shutdown"));
    try {
      never.await();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    return 0;
  }

  private static void close(AutoCloseable part) {
    try {
      part.close();
    } catch (Exception e) {
      System.err.println("while stopping: " + e);
    }
  }
}
