package io.vatio.app;

import io.vatio.backup.Backup;
import io.vatio.backup.BackupException;
import io.vatio.platform.db.DatabasePlace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A backup taken by itself before the data of an older version are brought up to date, so that
/// there is a way back.
final class UpgradeSnapshot {
  private static final Logger LOG = LoggerFactory.getLogger(UpgradeSnapshot.class);
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);

  private UpgradeSnapshot() {}

  /// @throws StartFailure when it cannot be written; nothing is upgraded without it
  static void takeIfNeeded(DatabasePlace place, Path dataFolder, Clock clock) {
    int present = place.schema();
    int newest = DatabasePlace.newestSchema();
    if (present == 0 || present >= newest) {
      return;
    }
    Path backups = dataFolder.resolve(Backup.FOLDER);
    String ofSchema = "schema-%d-".formatted(present);
    removeParts(backups, ofSchema);
    Path file = backups.resolve(ofSchema + TIME.format(clock.instant()) + ".vatio");
    LOG.info("the data are of schema {}; a snapshot before the upgrade goes to {}", present, file);
    try {
      long bytes =
          new Backup(place, dataFolder, clock, ProgressLog.to(LOG::info)).write(file, true);
      LOG.info("snapshot complete: {} MB", bytes >> 20);
    } catch (BackupException e) {
      throw new StartFailure(
          "The data are of an older Vatio, and the snapshot before their upgrade failed: "
              + e.getMessage()
              + " Nothing was changed. Make room, then start again.");
    }
  }

  /// Removes what is left of snapshots whose writing was killed; complete ones are the user's.
  private static void removeParts(Path backups, String ofSchema) {
    if (!Files.isDirectory(backups)) {
      return;
    }
    try (Stream<Path> files = Files.list(backups)) {
      for (Path file : files.toList()) {
        String name = file.getFileName().toString();
        if (name.startsWith(ofSchema) && name.endsWith(Backup.PART)) {
          Files.delete(file);
        }
      }
    } catch (IOException e) {
      LOG.warn("parts of old snapshots stay: {}", e.toString());
    }
  }
}
