package io.vatio.app;

import io.vatio.backup.Backup;
import io.vatio.backup.BackupException;
import io.vatio.platform.db.BeforeUpgrade;
import io.vatio.platform.db.DatabasePlace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A backup taken by itself before the data of an older version are brought up to date, so that
/// there is a way back. A start that was broken off between the two does not take another one when
/// nothing was written since.
final class UpgradeSnapshot implements BeforeUpgrade {
  private static final Logger LOG = LoggerFactory.getLogger(UpgradeSnapshot.class);
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);
  private static final String FILE = ".vatio";

  private final DatabasePlace place;
  private final Path dataFolder;
  private final Clock clock;

  UpgradeSnapshot(DatabasePlace place, Path dataFolder, Clock clock) {
    this.place = place;
    this.dataFolder = dataFolder;
    this.clock = clock;
  }

  /// @throws StartFailure when it cannot be written; nothing is upgraded without it
  @Override
  public void run(int schema) {
    Backup backup = new Backup(place, dataFolder, clock, ProgressLog.to(LOG::info));
    Path backups = dataFolder.resolve(Backup.FOLDER);
    String ofSchema = "schema-%d-".formatted(schema);
    removeParts(backups, ofSchema);
    Optional<Path> present = endingWith(backups, ofSchema, FILE).filter(backup::shows).findFirst();
    if (present.isPresent()) {
      LOG.info("the data are of schema {}; the snapshot of them is {}", schema, present.get());
      return;
    }
    Path file = backups.resolve(ofSchema + TIME.format(clock.instant()) + FILE);
    LOG.info("the data are of schema {}; a snapshot before the upgrade goes to {}", schema, file);
    try {
      LOG.info("snapshot complete: {} MB", backup.write(file, true) >> 20);
    } catch (BackupException e) {
      throw new StartFailure(
          "The data are of an older Vatio, and the snapshot before their upgrade failed: "
              + e.getMessage()
              + " Nothing was changed. Make room, then start again.");
    }
  }

  /// Removes what is left of snapshots whose writing was killed; complete ones are the user's.
  private static void removeParts(Path backups, String ofSchema) {
    try {
      for (Path part : endingWith(backups, ofSchema, Backup.PART).toList()) {
        Files.delete(part);
      }
    } catch (IOException e) {
      LOG.warn("parts of old snapshots stay: {}", e.toString());
    }
  }

  private static Stream<Path> endingWith(Path backups, String ofSchema, String end) {
    if (!Files.isDirectory(backups)) {
      return Stream.empty();
    }
    try (Stream<Path> files = Files.list(backups)) {
      return files
          .filter(
              file -> {
                String name = file.getFileName().toString();
                return name.startsWith(ofSchema) && name.endsWith(end);
              })
          .toList()
          .stream();
    } catch (IOException e) {
      LOG.warn("{} cannot be read: {}", backups, e.toString());
      return Stream.empty();
    }
  }
}
