package io.vatio.testing;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// A folder that the kernel lets nobody write any more, as a file system that went read-only after
/// an error of the disk: not root either, and not through files that are open already.
///
/// Made with the immutable flag of ext4 and others (`chattr +i`), which needs root. A file that is
/// memory mapped is spared: ext4 after an error goes on taking writes to its pages, and only never
/// brings them to the disk.
public final class ReadOnlyFolder implements AutoCloseable {
  private final Path folder;

  private ReadOnlyFolder(Path folder) {
    this.folder = folder;
  }

  /// Whether this machine, this user and this file system can do it.
  public static boolean isPossible(Path folder) throws IOException, InterruptedException {
    Path probe = Files.createTempFile(folder, "probe", "");
    try (FileChannel open = FileChannel.open(probe, StandardOpenOption.WRITE)) {
      if (chattr("+i", List.of(probe)) != 0) {
        return false;
      }
      try {
        open.write(ByteBuffer.wrap(new byte[1]));
        return false;
      } catch (IOException _) {
        return true;
      }
    } finally {
      chattr("-i", List.of(probe));
      Files.delete(probe);
    }
  }

  /// Makes the folder and everything in it read-only until it is closed.
  public static ReadOnlyFolder of(Path folder) throws IOException, InterruptedException {
    ReadOnlyFolder frozen = new ReadOnlyFolder(folder);
    if (chattr("+i", frozen.files()) != 0) {
      frozen.close();
      throw new IOException("chattr +i " + folder);
    }
    return frozen;
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(file -> !file.toString().endsWith("-shm")).toList();
    }
  }

  private static int chattr(String flag, List<Path> files)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("chattr", flag, "--"));
    files.forEach(file -> command.add(file.toString()));
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (!process.waitFor(20, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        return -1;
      }
      return process.exitValue();
    } catch (IOException _) {
      // No such tool.
      return -1;
    }
  }

  /// Makes it writable again.
  @Override
  public void close() throws IOException, InterruptedException {
    chattr("-i", files());
  }
}
