package io.vatio.app;

import io.vatio.backup.Restore;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Unmatched;

/// `vatio restore FILE`: fills an empty data folder, and an empty database, from a backup.
@Command(
    name = "restore",
    mixinStandardHelpOptions = true,
    description = {
      "Fills an empty data folder from a file that backup wrote.",
      "With --database-url a backup of the embedded database moves to PostgreSQL."
    })
final class RestoreCommand implements Callable<Integer> {
  @Parameters(paramLabel = "FILE", description = "A file written by backup.")
  private Path file = Path.of("");

  /// Read by [SettingsReader].
  @Unmatched private List<String> flags = new ArrayList<>();

  @Override
  public Integer call() {
    Settings settings = SettingsReader.run(flags, System.getenv(), Path.of(""));
    try (DataFolder folder = DataFolder.take(settings.dataDir())) {
      new Restore(settings.database(), folder.path(), ProgressLog.to(System.err::println))
          .read(file);
    }
    System.err.printf("Restored into %s. Start it with: ./vatio run%n", settings.dataDir());
    return 0;
  }
}
