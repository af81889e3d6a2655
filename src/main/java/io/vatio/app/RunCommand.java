package io.vatio.app;

import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/// `vatio run`: the server for real use.
@Command(
    name = "run",
    mixinStandardHelpOptions = true,
    description = {
      "Starts the server. Data lie in ./data, there are no simulated devices and no default password.",
      "Settings come from flags (--http-port 8080), variables (VATIO_HTTP_PORT) and vatio.yaml."
    })
final class RunCommand implements Callable<Integer> {
  /// Read by [SettingsReader], which knows all settings and names all faults at once.
  @Unmatched private List<String> flags = new ArrayList<>();

  @Override
  public Integer call() {
    Settings settings = SettingsReader.run(flags, System.getenv(), Path.of(""));
    LogFormat.install(settings.jsonLogs());
    Server server = Server.start(settings, Clock.systemUTC());
    Greeting.print(settings, server);
    return Life.untilTerminated(List.of(server));
  }
}
