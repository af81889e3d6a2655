package io.vatio.app;

import io.vatio.backup.Backup;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Unmatched;

/// `vatio backup FILE`: everything at one moment in one file, while the server runs.
@Command(
    name = "backup",
    mixinStandardHelpOptions = true,
    description = {
      "Writes everything (readings, devices, accounts, keys, certificates) to one file.",
      "The server may run meanwhile. Give the same settings as to run, such as --data-dir.",
      "The file contains keys: keep it as safe as the server."
    })
final class BackupCommand implements Callable<Integer> {
  @Parameters(paramLabel = "FILE", description = "Where to write.")
  private Path file = Path.of("");

  @Option(names = "--replace", description = "Replace the file if it is there already.")
  private boolean replace;

  /// Read by [SettingsReader].
  @Unmatched private List<String> flags = new ArrayList<>();

  @Override
  public Integer call() {
    Settings settings = SettingsReader.run(flags, System.getenv(), Path.of(""));
    Backup backup =
        new Backup(
            settings.database(),
            settings.dataDir(),
            Clock.systemUTC(),
            ProgressLog.to(System.err::println));
    long bytes = backup.write(file, replace);
    System.err.printf("%s: %,d bytes. Restore it with: ./vatio restore %s%n", file, bytes, file);
    return 0;
  }
}
