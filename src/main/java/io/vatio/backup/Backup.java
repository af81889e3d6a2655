package io.vatio.backup;

import io.vatio.platform.db.Database.Dialect;
import io.vatio.platform.db.DatabasePlace;
import io.vatio.platform.db.StorageException;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.jspecify.annotations.Nullable;

/// Writes everything into one ZIP file: the manifest, the files of the data folder, the rows of
/// every table.
///
/// The rows are those of one moment; the server goes on writing meanwhile. The files come first: a
/// message that waits in the spool and is drained while we copy is then in the file twice rather
/// than not at all, and a message that comes twice is stored once. The file holds password hashes
/// and keys, so only its owner may read it.
public final class Backup {
  /// Folder of the data folder that holds the snapshots taken before an upgrade.
  public static final String FOLDER = "backups";

  /// How the names of files end that are not complete.
  public static final String PART = ".part";

  /// What is written into the backup in another way, or belongs to the running process.
  private static final Set<String> NOT_FILES =
      Set.of("vatio.db", "vatio.db-wal", "vatio.db-shm", "vatio.lock", FOLDER);

  private static final int FETCHED = 500;
  private static final int TOLD_EVERY = 20_000;

  private final DatabasePlace place;
  private final Path dataFolder;
  private final Clock clock;
  private final Progress progress;

  public Backup(DatabasePlace place, Path dataFolder, Clock clock, Progress progress) {
    this.place = place;
    this.dataFolder = dataFolder;
    this.clock = clock;
    this.progress = progress;
  }

  /// Writes the backup; it gets its name when it is complete and on the disk. Blocks.
  ///
  /// @param replace whether a file of that name may be replaced
  /// @return bytes of the file
  /// @throws BackupException when something is in the way
  public long write(Path file, boolean replace) {
    if (Files.exists(file) && !replace) {
      throw new BackupException(file + " is there already. Choose another name, or add --replace.");
    }
    if (!place.exists() || place.schema() == 0) {
      throw new BackupException(
          "There is no database at "
              + place.name()
              + ". Name the data folder of the server with --data-dir.");
    }
    Path part = file.resolveSibling(file.getFileName() + PART);
    try {
      Path folder = part.toAbsolutePath().getParent();
      if (folder != null) {
        Files.createDirectories(folder);
      }
      try (FileChannel channel = create(part)) {
        OutputStream bytes = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
        ZipOutputStream zip = new ZipOutputStream(bytes);
        zip.setLevel(Deflater.BEST_SPEED);
        write(zip);
        zip.finish();
        bytes.flush();
        channel.force(true);
      }
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      forceFolder(folder);
      return Files.size(file);
    } catch (IOException | SQLException | StorageException e) {
      deleteQuietly(part);
      throw new BackupException("The backup was not written", e);
    }
  }

  /// Whether a file is a complete backup of just what is there now, so that another one would say
  /// the same. In doubt it is not.
  public boolean shows(Path file) {
    try (ZipFile zip = new ZipFile(file.toFile());
        Connection connection = place.snapshot()) {
      return Manifest.of(zip, file).state().equals(place.state(connection))
          && !hasFilesSince(Files.getLastModifiedTime(file));
    } catch (IOException | SQLException | BackupException _) {
      return false;
    }
  }

  private boolean hasFilesSince(FileTime time) throws IOException {
    for (Path file : files()) {
      if (Files.getLastModifiedTime(file).compareTo(time) > 0) {
        return true;
      }
    }
    return false;
  }

  private static FileChannel create(Path part) throws IOException {
    FileChannel channel =
        FileChannel.open(
            part,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE);
    if (part.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      Files.setPosixFilePermissions(part, PosixFilePermissions.fromString("rw-------"));
    }
    return channel;
  }

  /// Makes the new name survive a power cut; a system that cannot do it does without.
  private static void forceFolder(@Nullable Path folder) {
    if (folder == null) {
      return;
    }
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException _) {
      // Windows opens no folder; the file itself is on the disk.
    }
  }

  private static void deleteQuietly(Path part) {
    try {
      Files.deleteIfExists(part);
    } catch (IOException _) {
      // What went wrong before matters more.
    }
  }

  private void write(ZipOutputStream zip) throws IOException, SQLException {
    writeFiles(zip);
    try (Connection connection = place.snapshot()) {
      Tables tables = new Tables(connection, place.dialect());
      List<Manifest.Table> list = tables.inOrder();
      Manifest manifest =
          new Manifest(
              place.schema(),
              place.dialect(),
              clock.instant(),
              place.state(connection),
              list,
              tables.counters());
      zip.putNextEntry(new ZipEntry(Manifest.ENTRY));
      zip.write(manifest.toJson());
      zip.closeEntry();
      for (Manifest.Table table : list) {
        zip.putNextEntry(new ZipEntry(table.entry()));
        writeRows(connection, table, zip);
        zip.closeEntry();
      }
      connection.rollback();
    }
  }

  private void writeFiles(ZipOutputStream zip) throws IOException {
    for (Path file : files()) {
      writeFile(zip, file, dataFolder.relativize(file).toString().replace('\\', '/'));
    }
  }

  private List<Path> files() throws IOException {
    if (!Files.isDirectory(dataFolder)) {
      return List.of();
    }
    try (Stream<Path> all = Files.walk(dataFolder)) {
      return all.filter(file -> Files.isRegularFile(file) && isKept(dataFolder.relativize(file)))
          .sorted()
          .toList();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /// Files that are being written, this backup among them, are in nobody's way back.
  private static boolean isKept(Path name) {
    return !NOT_FILES.contains(name.getName(0).toString()) && !name.toString().endsWith(PART);
  }

  private static void writeFile(ZipOutputStream zip, Path file, String name) throws IOException {
    zip.putNextEntry(new ZipEntry("files/" + name));
    try {
      Files.copy(file, zip);
    } catch (NoSuchFileException _) {
      // Was done with between the listing and now.
    }
    zip.closeEntry();
  }

  private void writeRows(Connection connection, Manifest.Table table, OutputStream out)
      throws IOException, SQLException {
    Rows.Writer rows =
        new Rows.Writer(new DataOutputStream(new BufferedOutputStream(out, 1 << 16)));
    try (Statement statement = connection.createStatement()) {
      if (place.dialect() == Dialect.POSTGRESQL) {
        statement.setFetchSize(FETCHED);
      }
      try (ResultSet all =
          statement.executeQuery(
              "SELECT " + String.join(", ", table.columns()) + " FROM " + table.name())) {
        @Nullable Object[] row = new Object[table.columns().size()];
        while (all.next()) {
          for (int i = 0; i < row.length; i++) {
            row[i] = all.getObject(i + 1);
          }
          rows.row(row);
          if (rows.rows() % TOLD_EVERY == 0) {
            progress.at(table.name(), rows.rows(), false);
          }
        }
      }
    }
    rows.end();
    if (rows.rows() > 0) {
      progress.at(table.name(), rows.rows(), true);
    }
  }
}
