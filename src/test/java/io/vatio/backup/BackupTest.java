package io.vatio.backup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.platform.db.Database;
import io.vatio.platform.db.DatabasePlace;
import io.vatio.platform.db.PostgresAddress;
import io.vatio.testing.Databases;
import io.vatio.testing.FixedClock;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BackupTest {
  private static final Clock CLOCK = FixedClock.at("2026-03-01T10:00:00Z");

  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource(Databases.class)
  void gives_back_every_row_of_every_table(Databases kind) throws IOException {
    String url = kind.newUrl(folder);
    fill(url);
    Path file = folder.resolve("all.vatio");

    new Backup(place(url), folder.resolve("none"), CLOCK, Progress.silent()).write(file, false);
    String restored = kind.newUrl(Files.createDirectory(folder.resolve("new")));
    restore(restored, file, folder.resolve("new-data"));

    assertEquals(contents(url), contents(restored));
  }

  @Test
  void what_was_restored_is_found_by_the_full_text() throws IOException {
    String url = Databases.SQLITE.newUrl(folder);
    fill(url);
    Path file = folder.resolve("all.vatio");

    new Backup(place(url), folder.resolve("none"), CLOCK, Progress.silent()).write(file, false);
    String restored = Databases.SQLITE.newUrl(Files.createDirectory(folder.resolve("new")));
    restore(restored, file, folder.resolve("new-data"));

    try (Database database = Databases.open(restored)) {
      assertEquals(
          List.of(3L),
          database.read(
              handle ->
                  handle
                      .createQuery(
                          "SELECT rowid FROM audit_search WHERE audit_search MATCH '\"ens\"'")
                      .mapTo(Long.class)
                      .list()));
    }
  }

  @Test
  void moves_the_embedded_database_to_postgresql() throws IOException {
    String url = Databases.SQLITE.newUrl(folder);
    fill(url);
    Path file = folder.resolve("all.vatio");

    new Backup(place(url), folder.resolve("none"), CLOCK, Progress.silent()).write(file, false);
    String restored = Databases.POSTGRESQL.newUrl(folder);
    restore(restored, file, folder.resolve("new-data"));

    Map<String, List<String>> before = contents(url);
    Map<String, List<String>> after = contents(restored);
    assertEquals(before.get("reading_chunk"), after.get("reading_chunk"));
    assertEquals(before.get("device"), after.get("device"));
    assertEquals(2, after.getOrDefault("reading", List.of()).size(), "hot rows become readings");
    try (Database database = Databases.open(restored)) {
      long next =
          database.write(
              handle ->
                  handle
                      .createQuery(
                          "INSERT INTO reading (series_id, ts, value, quality) VALUES (1, 99, 1.0, 0) RETURNING seq")
                      .mapTo(Long.class)
                      .one());
      assertTrue(next > 900, "a number that no sealed reading has: " + next);
    }
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void shows_one_moment_while_writing_goes_on(Databases kind) throws IOException {
    String url = kind.newUrl(folder);
    fill(url);
    Path file = folder.resolve("all.vatio");
    Map<String, List<String>> before = contents(url);

    try (Database database = Databases.open(url)) {
      // The first table is told, the second is read after this row was committed.
      boolean[] wrote = {false};
      Progress meanwhile =
          (table, _, _) -> {
            if (!wrote[0]) {
              wrote[0] = true;
              database.write(h -> h.execute("UPDATE event SET message = 'later'"));
              database.write(h -> h.execute("DELETE FROM reading_chunk"));
            }
          };
      new Backup(place(url), folder.resolve("none"), CLOCK, meanwhile).write(file, false);
      assertTrue(wrote[0]);
    }
    String restored = kind.newUrl(Files.createDirectory(folder.resolve("new")));
    restore(restored, file, folder.resolve("new-data"));

    assertEquals(before, contents(restored));
  }

  @Test
  void keeps_keys_and_leaves_out_the_lock_and_older_snapshots() throws IOException {
    String url = Databases.SQLITE.newUrl(folder.resolve("data"));
    fill(url);
    Path data = folder.resolve("data");
    Files.createDirectories(data.resolve("keys"));
    Files.writeString(data.resolve("keys/jwt.key"), "geheim");
    Files.writeString(data.resolve("vatio.lock"), "");
    Files.createDirectories(data.resolve(Backup.FOLDER));
    Files.writeString(data.resolve(Backup.FOLDER).resolve("old"), "old");
    Path file = folder.resolve("all.vatio");

    new Backup(place(url), data, CLOCK, Progress.silent()).write(file, false);
    restore("sqlite:" + folder.resolve("new/vatio.db"), file, folder.resolve("new"));

    assertEquals("geheim", Files.readString(folder.resolve("new/keys/jwt.key")));
    assertFalse(Files.exists(folder.resolve("new/" + Backup.FOLDER)));
    assertEquals(
        "rw-------",
        PosixFilePermissions.toString(Files.getPosixFilePermissions(file)),
        "it holds secrets");
    assertEquals(
        "rw-------",
        PosixFilePermissions.toString(
            Files.getPosixFilePermissions(folder.resolve("new/keys/jwt.key"))));
  }

  @Test
  void refuses_to_overwrite_and_to_fill_what_is_not_empty() throws IOException {
    String url = Databases.SQLITE.newUrl(folder.resolve("data"));
    fill(url);
    Path file = folder.resolve("all.vatio");
    Backup backup = new Backup(place(url), folder.resolve("data"), CLOCK, Progress.silent());
    backup.write(file, false);

    assertTrue(
        assertThrows(BackupException.class, () -> backup.write(file, false))
            .getMessage()
            .contains("--replace"));
    backup.write(file, true);
    assertTrue(
        assertThrows(BackupException.class, () -> restore(url, file, folder.resolve("data")))
            .getMessage()
            .contains("not empty"));
    String used = Databases.POSTGRESQL.newUrl(folder);
    fill(used);
    assertTrue(
        assertThrows(BackupException.class, () -> restore(used, file, folder.resolve("x")))
            .getMessage()
            .contains("has rows"));
  }

  @Test
  void a_cut_or_damaged_or_foreign_file_restores_nothing() throws IOException {
    String url = Databases.SQLITE.newUrl(folder.resolve("data"));
    fill(url);
    Path file = folder.resolve("all.vatio");
    new Backup(place(url), folder.resolve("data"), CLOCK, Progress.silent()).write(file, false);
    byte[] whole = Files.readAllBytes(file);
    Path cut = folder.resolve("cut.vatio");
    Files.write(cut, java.util.Arrays.copyOf(whole, whole.length / 2));
    Path foreign = folder.resolve("foreign.vatio");
    try (OutputStream out = Files.newOutputStream(foreign, StandardOpenOption.CREATE);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      zip.putNextEntry(new ZipEntry("hello"));
    }

    for (Path broken : List.of(cut, foreign, folder.resolve("missing"))) {
      Path target = folder.resolve("into-" + broken.getFileName());
      assertThrows(
          BackupException.class,
          () -> restore("sqlite:" + target.resolve("vatio.db"), broken, target));
      assertFalse(Files.exists(target.resolve("vatio.db")), "nothing that looks whole");
    }
  }

  @Test
  void a_backup_that_fails_leaves_no_file() {
    Path file = folder.resolve("all.vatio");
    DatabasePlace nothing = new DatabasePlace.SqliteFile(folder.resolve("none/vatio.db"));

    String message =
        assertThrows(
                BackupException.class,
                () ->
                    new Backup(nothing, folder.resolve("none"), CLOCK, Progress.silent())
                        .write(file, false))
            .getMessage();

    assertTrue(message.contains("--data-dir"), message);
    assertFalse(Files.exists(file));
  }

  private static void restore(String url, Path file, Path dataFolder) {
    new Restore(place(url), dataFolder, Progress.silent()).read(file);
  }

  private static DatabasePlace place(String url) {
    return url.startsWith("sqlite:")
        ? new DatabasePlace.SqliteFile(Path.of(url.substring("sqlite:".length())))
        : new DatabasePlace.PostgresServer(PostgresAddress.parse(url));
  }

  private static void fill(String url) {
    try (Database database = Databases.open(url)) {
      database.write(
          h -> {
            h.execute(
                "INSERT INTO site (id, name, timezone, currency, language, created_at) VALUES (1, 'Casa ñ \uD83C\uDFE0', 'Europe/Madrid', 'EUR', 'es', -5)");
            h.execute(
                """
                INSERT INTO device (id, site_id, serial, name, type, model, description, location,
                    lifecycle_state, operating_state, parameters, configuration, claimed,
                    created_at, updated_at)
                VALUES (7, 1, 'S-7', 'n', 't', 'm', '', '', 'activo', 'x', '{}', '{}', 1, 1, 1)
                """);
            h.execute(
                "INSERT INTO audit_log (id, at, username, action, model, object_id, object_name, changes, address, user_agent, search) VALUES (3, 1, 'ana', 'CREATE', 'Sensor', '1', 's', '{}', '', '', '  ana  sensor  s')");
            h.execute(
                "INSERT INTO audit_total (scope, action, model, n) VALUES ('all', 'CREATE', 'Sensor', 1)");
            h.execute(
                "INSERT INTO access_log (id, at, username, module, endpoint, method, status, duration_us, address, user_agent, query) VALUES (4, 1, 'ana', 'devices', '/api/devices/', 'GET', 200, 5, '', '', '{}')");
            h.execute(
                "INSERT INTO event (id, at, kind, severity, message, source, data) VALUES (1, 1, 'k', 's', 'now', '', '')");
            h.execute(
                "INSERT INTO reading_chunk (id, series_id, day, from_ts, to_ts, count, min_seq, max_seq, merged, data) VALUES (1, 1, 2, 3, 4, 5, 6, 900, 0, ?)",
                (Object) new byte[] {0, -1, 127});
            String hot = url.startsWith("sqlite:") ? "reading_hot" : "reading";
            h.execute(
                "INSERT INTO "
                    + hot
                    + " (seq, series_id, ts, value, quality, meta, delivery) VALUES (901, 1, 10, 0.1, 0, NULL, -77)");
            return h.execute(
                "INSERT INTO "
                    + hot
                    + " (seq, series_id, ts, value, quality, meta, delivery) VALUES (902, 1, 11, -1e300, 64, '{\"a\":1}', NULL)");
          });
    }
  }

  /// Every row of every table as text, sorted.
  private static Map<String, List<String>> contents(String url) throws IOException {
    Map<String, List<String>> contents = new TreeMap<>();
    DatabasePlace place = place(url);
    try (var connection = place.snapshot()) {
      for (Manifest.Table table : new Tables(connection, place.dialect()).inOrder()) {
        List<String> rows = new ArrayList<>();
        List<String> columns = table.columns().stream().sorted().toList();
        try (var statement = connection.createStatement();
            var all =
                statement.executeQuery(
                    "SELECT " + String.join(", ", columns) + " FROM " + table.name())) {
          while (all.next()) {
            StringBuilder row = new StringBuilder();
            for (int i = 1; i <= columns.size(); i++) {
              Object value = all.getObject(i);
              row.append(columns.get(i - 1))
                  .append('=')
                  .append(value instanceof byte[] b ? HexFormat.of().formatHex(b) : value)
                  .append(' ');
            }
            rows.add(row.toString());
          }
        }
        rows.sort(null);
        if (!rows.isEmpty()) {
          contents.put(table.name(), rows);
        }
      }
    } catch (java.sql.SQLException e) {
      throw new IOException(e);
    }
    return contents;
  }
}
