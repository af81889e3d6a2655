package io.vatio.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalLong;

/// What the kernel says about a process. CPU time works everywhere, memory on Linux only.
final class ProcessFigures {
  private ProcessFigures() {}

  static long ownCpuNanos() {
    return cpuNanos(ProcessHandle.current());
  }

  /// User and system time, or -1 when the system does not tell.
  static long cpuNanos(ProcessHandle process) {
    return process.info().totalCpuDuration().map(Duration::toNanos).orElse(-1L);
  }

  /// Resident memory in KiB (VmRSS); empty when the system does not tell.
  static OptionalLong residentKib(long pid) {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
        if (line.startsWith("VmRSS:")) {
          return OptionalLong.of(Long.parseLong(line.replaceAll("\\D+", "")));
        }
      }
    } catch (IOException _) {
      // No such file: not Linux, or the process is gone.
    }
    return OptionalLong.empty();
  }
}
