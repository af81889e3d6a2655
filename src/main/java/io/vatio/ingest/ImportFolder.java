package io.vatio.ingest;

import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/// The files of imports: uploads on their way, and what waits to be read. An upload is refused
/// before it begins when the disk would not keep a reserve for the readings themselves. Thread
/// safe.
final class ImportFolder {
  /// Bytes of the disk that uploads leave free.
  static final long RESERVE = 512L << 20;

  private static final String UPLOAD = ".part";
  private static final String FILE = ".csv";
  private static final Duration LATER = Duration.ofMinutes(10);

  private final Path folder;
  private final Room room;

  /// The bytes each upload under way may still need, at most.
  private final Map<Path, Long> uploads = new ConcurrentHashMap<>();

  /// How many bytes the disk of a folder has left.
  @FunctionalInterface
  interface Room {
    long left(Path folder) throws IOException;
  }

  /// @param folder made if need be; uploads that were cut off are removed
  ImportFolder(Path folder, Room room) {
    this.folder = folder;
    this.room = room;
    try {
      Files.createDirectories(folder);
      for (Path left : list(UPLOAD)) {
        Files.delete(left);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("imports: " + folder, e);
    }
  }

  ImportFolder(Path folder) {
    this(folder, path -> Files.getFileStore(path).getUsableSpace());
  }

  /// Where an upload goes until it is complete; [#ended] gives its room back.
  ///
  /// @param bytes at most
  /// @param places imports that may still begin; uploads under way take them too
  /// @throws Problem when there is no room or no place
  synchronized Path newUpload(long bytes, int places) {
    if (uploads.size() >= places) {
      throw Problem.conflict(Text.of("import.too_many", Integer.toString(ImportRoutes.WAITING)));
    }
    long promised = uploads.values().stream().mapToLong(Long::longValue).sum();
    try {
      if (room.left(folder) - promised - bytes < RESERVE) {
        throw Problem.unavailable(Text.of("import.no_room"), LATER);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("imports: " + folder, e);
    }
    Path upload = folder.resolve(UUID.randomUUID() + UPLOAD);
    uploads.put(upload, bytes);
    return upload;
  }

  /// An upload is over, however it ended.
  void ended(Path upload) {
    uploads.remove(upload);
  }

  /// Has an upload be the file of an import, forced to the disk with its name. Blocks.
  void keep(Path upload, long id) throws IOException {
    try (FileChannel file = FileChannel.open(upload, StandardOpenOption.WRITE)) {
      file.force(true);
    }
    // A file under this name is that of an import that was never told.
    Files.move(upload, file(id), StandardCopyOption.REPLACE_EXISTING);
    if (folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      try (FileChannel names = FileChannel.open(folder, StandardOpenOption.READ)) {
        names.force(true);
      }
    }
  }

  Path file(long id) {
    return folder.resolve(id + FILE);
  }

  /// Removes the files of all imports but these.
  void removeAllBut(Set<Path> needed) {
    try {
      for (Path file : list(FILE)) {
        if (!needed.contains(file)) {
          Files.deleteIfExists(file);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("imports: " + folder, e);
    }
  }

  private List<Path> list(String ending) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(f -> f.toString().endsWith(ending)).toList();
    }
  }
}
