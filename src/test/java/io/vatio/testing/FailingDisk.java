package io.vatio.testing;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// A small ext4 file system of its own, in a file, that a test can have fail: the kernel then makes
/// it read-only until it is mounted anew, as after a real error of a disk. Needs root and a loop
/// device.
public final class FailingDisk implements AutoCloseable {
  private static final long BYTES = 256L << 20;

  private final Path image;
  private final Path folder;

  private FailingDisk(Path image, Path folder) {
    this.image = image;
    this.folder = folder;
  }

  /// Makes one, mounted in this folder; empty where that is not possible.
  public static Optional<FailingDisk> in(Path folder) throws IOException, InterruptedException {
    Path image = folder.resolve("disk.img");
    FailingDisk disk = new FailingDisk(image, Files.createDirectories(folder.resolve("disk")));
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(BYTES);
    }
    if (run("mkfs.ext4", "-q", "-F", image.toString()) != 0 || !disk.mount()) {
      return Optional.empty();
    }
    if (disk.trigger().isEmpty()) {
      disk.close();
      return Optional.empty();
    }
    return Optional.of(disk);
  }

  /// Where it is mounted.
  public Path folder() {
    return folder;
  }

  private boolean mount() throws InterruptedException {
    return run("mount", "-o", "loop,errors=remount-ro", image.toString(), folder.toString()) == 0;
  }

  /// Where the kernel is told to fail it.
  private Optional<Path> trigger() throws IOException {
    return Files.readAllLines(Path.of("/proc/mounts"), StandardCharsets.UTF_8).stream()
        .map(line -> line.split(" "))
        .filter(mount -> mount[1].equals(folder.toString()))
        .map(mount -> Path.of(mount[0]).getFileName().toString())
        .map(device -> Path.of("/sys/fs/ext4", device, "trigger_fs_error"))
        .filter(Files::isWritable)
        .findFirst();
  }

  /// From now on nothing gets onto it, through open files neither.
  public void fail() throws IOException {
    Files.writeString(trigger().orElseThrow(), "1");
  }

  /// Mounts it anew. Nobody may use it.
  public void repair() throws IOException, InterruptedException {
    if (run("umount", folder.toString()) != 0 || !mount()) {
      throw new IOException("mount " + image);
    }
  }

  private static int run(String... command) throws InterruptedException {
    try {
      Process process =
          new ProcessBuilder(List.of(command))
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        return -1;
      }
      return process.exitValue();
    } catch (IOException _) {
      // No such tool.
      return -1;
    }
  }

  /// Unmounts it, also while somebody uses it.
  @Override
  public void close() throws InterruptedException {
    run("umount", "-l", folder.toString());
  }
}
