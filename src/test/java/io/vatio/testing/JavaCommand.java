package io.vatio.testing;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// How another process with the classes of this one is started.
public final class JavaCommand {
  private JavaCommand() {}

  /// The words of the command line; the process starts quickly and uses little.
  ///
  /// @param heapMb most megabytes of heap
  /// @param main name of the class to start
  public static List<String> line(int heapMb, String main, String... words) {
    List<String> line =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx" + heapMb + "m",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                main));
    line.addAll(List.of(words));
    return line;
  }
}
