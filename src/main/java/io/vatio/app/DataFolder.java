package io.vatio.app;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/// The folder that holds database, keys and certificates, taken by one server at a time. The lock
/// goes with the process, however it ends.
final class DataFolder implements AutoCloseable {
  private final Path path;
  private final FileChannel channel;

  private DataFolder(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  /// Creates the folder if need be and locks it.
  ///
  /// @throws StartFailure when it cannot be written or another server has it
  static DataFolder take(Path path) {
    try {
      if (!Files.isDirectory(path)) {
        Files.createDirectories(path);
        restrict(path);
      }
      FileChannel channel =
          FileChannel.open(
              path.resolve("vatio.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      FileLock lock = tryLock(channel);
      if (lock == null) {
        channel.close();
        throw new StartFailure(
            "Another Vatio already uses the data folder "
                + path.toAbsolutePath()
                + ". Stop it, or choose another folder with --data-dir.");
      }
      return new DataFolder(path, channel);
    } catch (IOException e) {
      throw new StartFailure(
          "The data folder "
              + path.toAbsolutePath()
              + " cannot be used ("
              + e
              + "). Choose another one with --data-dir, or correct its permissions.");
    }
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException _) {
      return null;
    }
  }

  private static void restrict(Path path) throws IOException {
    if (path.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwx------"));
    }
  }

  Path path() {
    return path;
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException _) {
      // The process ends anyway and takes the lock with it.
    }
  }
}
