package io.vatio.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.audit.AuditLog;
import io.vatio.backup.Backup;
import io.vatio.platform.db.Database;
import io.vatio.platform.db.DatabasePlace;
import io.vatio.platform.db.PostgresAddress;
import io.vatio.platform.events.Events;
import io.vatio.site.SiteRegistry;
import io.vatio.testing.Databases;
import io.vatio.testing.FixedClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.ZoneId;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// A start that is broken off between its snapshot and the upgrade, perhaps again and again.
class UpgradeSnapshotTest {
  private static final int SCHEMA = DatabasePlace.newestSchema();
  private static final String WRITE = "UPDATE site SET name = name || '!'";

  @TempDir Path folder;
  private final FixedClock clock = FixedClock.at("2026-03-01T10:00:00Z");

  @ParameterizedTest
  @EnumSource(Databases.class)
  void no_second_snapshot_of_the_same_data(Databases kind) throws IOException {
    String url = filled(kind);

    // On PostgreSQL it may happen that the server itself wrote something between two of them.
    int before;
    int tries = 0;
    do {
      before = snapshots();
      start(url);
    } while (snapshots() > before && ++tries < 5);

    assertTrue(before >= 1);
    assertTrue(tries < 5, "another one each time");
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void another_snapshot_when_something_was_written(Databases kind) throws IOException {
    String url = filled(kind);
    start(url);
    int before = snapshots();

    try (Database database = Databases.open(url)) {
      database.write(handle -> handle.execute(WRITE));
    }
    start(url);

    assertEquals(before + 1, snapshots());
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void another_snapshot_when_the_last_write_is_still_in_the_log(Databases kind) throws IOException {
    String url = filled(kind);
    try (Database database = Databases.open(url)) {
      start(url);
      int before = snapshots();

      database.write(handle -> handle.execute(WRITE));
      start(url);

      assertEquals(before + 1, snapshots());
    }
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void another_snapshot_when_a_key_was_replaced(Databases kind) throws IOException {
    String url = filled(kind);
    Path key = Files.writeString(folder.resolve("key"), "one");
    start(url);
    int before = snapshots();

    Files.writeString(key, "two");
    Files.setLastModifiedTime(key, later(Files.getLastModifiedTime(key)));
    start(url);

    assertEquals(before + 1, snapshots());
  }

  private static FileTime later(FileTime time) {
    return FileTime.from(time.toInstant().plusSeconds(1));
  }

  private String filled(Databases kind) {
    String url = kind.newUrl(folder);
    try (Database database = Databases.open(url)) {
      SiteRegistry.open(
          database,
          new Events(),
          clock,
          ZoneId.of("Europe/Madrid"),
          "EUR",
          "es",
          new AuditLog(database, clock));
    }
    return url;
  }

  private void start(String url) {
    clock.advance(Duration.ofSeconds(1));
    DatabasePlace place =
        url.startsWith("sqlite:")
            ? new DatabasePlace.SqliteFile(Path.of(url.substring("sqlite:".length())))
            : new DatabasePlace.PostgresServer(PostgresAddress.parse(url));
    new UpgradeSnapshot(place, folder, clock).run(SCHEMA);
  }

  private int snapshots() throws IOException {
    Path backups = folder.resolve(Backup.FOLDER);
    if (!Files.isDirectory(backups)) {
      return 0;
    }
    try (Stream<Path> files = Files.list(backups)) {
      return (int) files.count();
    }
  }
}
