package io.vatio.backup;

import io.vatio.platform.db.Database.Dialect;
import io.vatio.platform.db.DatabasePlace;
import io.vatio.platform.db.StorageException;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/// Fills an empty data folder, and an empty database, from a backup.
///
/// The schema is first made as old as the backup; the next start of the server brings it up to
/// date, as it would have done with the original. The embedded database gets its name when it is
/// complete, PostgreSQL gets one commit: a restore that breaks off leaves nothing that could be
/// taken for whole.
public final class Restore {
  /// Rows that the embedded database has in one table and PostgreSQL in another.
  private static final String HOT = "reading_hot";

  private static final String READING = "reading";

  private static final int BATCH = 500;
  private static final int TOLD_EVERY = 20_000;

  private final DatabasePlace place;
  private final Path dataFolder;
  private final Progress progress;

  public Restore(DatabasePlace place, Path dataFolder, Progress progress) {
    this.place = place;
    this.dataFolder = dataFolder;
    this.progress = progress;
  }

  /// Blocks until everything is in place and on the disk.
  ///
  /// @throws BackupException when the file cannot be read or the place is not empty
  public void read(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new BackupException("There is no file " + file + ".");
    }
    try (ZipFile zip = new ZipFile(file.toFile())) {
      Manifest manifest = Manifest.of(zip, file);
      requireReadable(manifest);
      requireEmpty();
      Files.createDirectories(dataFolder);
      switch (place) {
        case DatabasePlace.PostgresServer server -> fill(server, zip, manifest);
        case DatabasePlace.SqliteFile(Path database) -> {
          Path part = database.resolveSibling(database.getFileName() + ".restoring");
          fill(new DatabasePlace.SqliteFile(part), zip, manifest);
          Files.move(part, database, StandardCopyOption.ATOMIC_MOVE);
        }
      }
    } catch (IOException | SQLException | StorageException e) {
      throw new BackupException("Nothing was restored from " + file, e);
    }
  }

  private void fill(DatabasePlace target, ZipFile zip, Manifest manifest)
      throws IOException, SQLException {
    if (target.schema() == 0) {
      target.migrate(manifest.schema());
    }
    if (target.schema() != manifest.schema()) {
      throw new BackupException(
          "The database %s has schema %d, the backup %d. Restore into an empty one."
              .formatted(target.name(), target.schema(), manifest.schema()));
    }
    try (Connection connection = target.writer()) {
      Tables tables = new Tables(connection, target.dialect());
      for (Manifest.Table table : manifest.tables()) {
        fill(connection, tables, zip, table);
        if (target.dialect() == Dialect.SQLITE) {
          // Nobody sees the file before it is complete; small transactions are quicker.
          connection.commit();
        }
      }
      tables.raise(manifest.counters());
      writeFiles(zip);
      connection.commit();
    }
  }

  private void requireReadable(Manifest manifest) {
    int newest = DatabasePlace.newestSchema();
    if (manifest.schema() > newest) {
      throw new BackupException(
          "The backup was written by a newer Vatio (schema %d, this program knows %d). Use that newer version."
              .formatted(manifest.schema(), newest));
    }
    if (manifest.dialect() == place.dialect()) {
      return;
    }
    if (place.dialect() == Dialect.SQLITE) {
      throw new BackupException(
          "The backup is from PostgreSQL. It can be restored into PostgreSQL only: name an empty database with --database-url.");
    }
    if (manifest.schema() < newest) {
      throw new BackupException(
          "The backup is from an older Vatio. Restore it into the embedded database first, start that once, and take a new backup for PostgreSQL.");
    }
  }

  private void requireEmpty() throws IOException, SQLException {
    if (Files.isDirectory(dataFolder)) {
      try (Stream<Path> inside = Files.list(dataFolder)) {
        List<String> names =
            inside
                .map(path -> String.valueOf(path.getFileName()))
                .filter(name -> !name.equals("vatio.lock"))
                .sorted()
                .toList();
        if (!names.isEmpty()) {
          throw new BackupException(
              "The data folder "
                  + dataFolder
                  + " is not empty (it has "
                  + names.getFirst()
                  + "). Restore into an empty one; name it with --data-dir.");
        }
      }
    }
    if (place.schema() == 0) {
      return;
    }
    try (Connection connection = place.writer()) {
      Tables tables = new Tables(connection, place.dialect());
      for (Manifest.Table table : tables.inOrder()) {
        if (!tables.isEmpty(table.name())) {
          throw new BackupException(
              "The database %s is not empty (table %s has rows). Restore into an empty one."
                  .formatted(place.name(), table.name()));
        }
      }
      connection.rollback();
    }
  }

  private void fill(Connection connection, Tables tables, ZipFile zip, Manifest.Table table)
      throws IOException, SQLException {
    ZipEntry entry = zip.getEntry(table.entry());
    if (entry == null) {
      throw new IOException("the rows of " + table.name() + " are missing");
    }
    String target = target(table.name());
    Set<String> known = new HashSet<>(tables.columns(target));
    if (!known.containsAll(table.columns())) {
      throw new IOException("columns of " + table.name() + " do not fit: " + table.columns());
    }
    String insert =
        "INSERT INTO %s (%s) VALUES (%s)"
            .formatted(
                target,
                String.join(", ", table.columns()),
                String.join(", ", Collections.nCopies(table.columns().size(), "?")));
    try (PreparedStatement statement = connection.prepareStatement(insert);
        DataInputStream in =
            new DataInputStream(new BufferedInputStream(zip.getInputStream(entry), 1 << 16))) {
      Rows.Reader rows = new Rows.Reader(in, table.columns().size());
      @Nullable Object[] row;
      while ((row = rows.next()) != null) {
        for (int i = 0; i < row.length; i++) {
          statement.setObject(i + 1, row[i]);
        }
        statement.addBatch();
        if (rows.rows() % BATCH == 0) {
          statement.executeBatch();
        }
        if (rows.rows() % TOLD_EVERY == 0) {
          progress.at(table.name(), rows.rows(), false);
        }
      }
      statement.executeBatch();
      if (rows.rows() > 0) {
        progress.at(table.name(), rows.rows(), true);
      }
    }
  }

  /// Where the rows of a table go.
  private String target(String table) {
    return place.dialect() == Dialect.POSTGRESQL && table.equals(HOT) ? READING : table;
  }

  private void writeFiles(ZipFile zip) throws IOException {
    Path root = dataFolder.toAbsolutePath().normalize();
    for (ZipEntry entry : (Iterable<ZipEntry>) zip.stream().map(e -> (ZipEntry) e)::iterator) {
      if (!entry.getName().startsWith("files/") || entry.isDirectory()) {
        continue;
      }
      Path file = root.resolve(entry.getName().substring("files/".length())).normalize();
      if (!file.startsWith(root)) {
        throw new IOException("a name that leads out of the data folder: " + entry.getName());
      }
      Path folder = file.getParent();
      if (folder != null && !folder.equals(root)) {
        Files.createDirectories(folder);
        restrict(folder, "rwx------");
      }
      try (InputStream in = zip.getInputStream(entry)) {
        Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
      }
      restrict(file, "rw-------");
    }
  }

  private static void restrict(Path path, String permissions) throws IOException {
    if (path.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
    }
  }
}
