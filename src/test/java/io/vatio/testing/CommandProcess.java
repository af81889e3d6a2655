package io.vatio.testing;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// One run of a `vatio` command in a process of its own, as a person at a terminal starts it.
///
/// @param code what it ended with
/// @param output both streams
public record CommandProcess(int code, String output) {
  private static final String MAIN = "io.vatio.app.Main";

  /// Runs a command to its end.
  ///
  /// @param folder the working directory
  public static CommandProcess run(Path folder, Map<String, String> environment, String... command)
      throws IOException, InterruptedException {
    Process process = start(folder, environment, command);
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IllegalStateException("did not end: " + output);
    }
    return new CommandProcess(process.exitValue(), output);
  }

  /// Starts a command, for stories about its death.
  public static Process start(Path folder, Map<String, String> environment, String... command)
      throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(JavaCommand.line(512, MAIN, command))
            .directory(folder.toFile())
            .redirectErrorStream(true);
    builder.environment().keySet().removeIf(name -> name.startsWith("VATIO_"));
    builder.environment().putAll(environment);
    return builder.start();
  }
}
