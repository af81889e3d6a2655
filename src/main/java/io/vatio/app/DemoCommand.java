package io.vatio.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/// `vatio demo`: everything in one process with simulated devices, on loopback only.
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description = {
      "Starts everything with simulated devices (a home, an office, a ten-turbine wind farm), in a",
      "data folder that is thrown away afterwards. Log in as admin / admin123. Loopback only."
    })
final class DemoCommand implements Callable<Integer> {
  @Unmatched private List<String> flags = new ArrayList<>();

  @Override
  public Integer call() throws IOException {
    Path folder = Files.createTempDirectory("vatio-demo");
    try {
      Settings settings = SettingsReader.demo(flags, System.getenv(), Path.of(""), folder);
      LogFormat.install(settings.jsonLogs());
      Server server = Server.start(settings, Clock.systemUTC());
      Greeting.print(settings, server);
      return Life.untilTerminated(server, () -> delete(folder));
    } catch (StartFailure e) {
      delete(folder);
      throw e;
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
