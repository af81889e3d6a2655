package io.vatio.bench;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/// The machine of a run in one line, without which no figure means anything.
final class Machine {
  private Machine() {}

  static String describe(Path folder) {
    return "%d cores%s, %s, Java %s (%s), data on %s%s"
        .formatted(
            Runtime.getRuntime().availableProcessors(),
            memory(),
            System.getProperty("os.name") + " " + System.getProperty("os.arch"),
            Runtime.version(),
            System.getProperty("java.vm.vendor"),
            fileSystem(folder),
            otherWork());
  }

  static boolean isInMemory(Path folder) {
    return fileSystem(folder).equals("tmpfs");
  }

  private static String memory() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system
        ? ", %.0f GiB memory".formatted(system.getTotalMemorySize() / (double) (1L << 30))
        : "";
  }

  /// A run on a busy machine is worth less, and must say so.
  private static String otherWork() {
    double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
    return load < 1
        ? ""
        : String.format(Locale.ROOT, ", BUSY with other work (load %.1f before the start)", load);
  }

  private static String fileSystem(Path folder) {
    try {
      return Files.getFileStore(folder).type();
    } catch (IOException _) {
      return "an unknown file system";
    }
  }
}
