package io.vatio.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/// The machine of a run in one line, without which no figure means anything.
final class Machine {
  private Machine() {}

  static String describe(Path folder) {
    return "%d cores%s, %s, Java %s (%s), data on %s"
        .formatted(
            Runtime.getRuntime().availableProcessors(),
            memory(),
            System.getProperty("os.name") + " " + System.getProperty("os.arch"),
            Runtime.version(),
            System.getProperty("java.vm.vendor"),
            fileSystem(folder));
  }

  static boolean isInMemory(Path folder) {
    return fileSystem(folder).equals("tmpfs");
  }

  private static String memory() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean system
        ? ", %.0f GiB memory".formatted(system.getTotalMemorySize() / (double) (1L << 30))
        : "";
  }

  private static String fileSystem(Path folder) {
    try {
      return Files.getFileStore(folder).type();
    } catch (IOException _) {
      return "an unknown file system";
    }
  }
}
