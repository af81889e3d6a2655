package io.vatio.app;

import io.vatio.backup.Backup;
import io.vatio.backup.BackupException;
import io.vatio.platform.db.DatabasePlace;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
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
    Path file =
        dataFolder
            .resolve(Backup.FOLDER)
            .resolve("schema-%d-%s.vatio".formatted(present, TIME.format(clock.instant())));
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
}
