package io.vatio.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;

/// How often per second this disk can append a block and be sure of it (append, then fsync), one
/// after the other: the ceiling of every store that promises the same.
final class DiskLimit {
  private DiskLimit() {}

  /// @param rowsPerSecond rows of 20 bytes that fit into those blocks
  record Ceiling(int blockBytes, double perSecond, LatencyHistogram latencies) {
    static final int ROW_BYTES = 20;

    double rowsPerSecond() {
      return perSecond * blockBytes / ROW_BYTES;
    }
  }

  static Ceiling measure(Path folder, int blockBytes, Duration time) {
    Path file = folder.resolve("disk-limit");
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      ByteBuffer block = ByteBuffer.allocateDirect(blockBytes);
      LatencyHistogram latencies = new LatencyHistogram();
      long start = System.nanoTime();
      long before = start;
      while (before - start < time.toNanos()) {
        block.clear();
        while (block.hasRemaining()) {
          channel.write(block);
        }
        channel.force(false);
        long now = System.nanoTime();
        latencies.record(now - before);
        before = now;
      }
      return new Ceiling(blockBytes, latencies.count() / ((before - start) / 1e9), latencies);
    } catch (IOException e) {
      throw new BenchFailure("cannot write in " + folder + " (" + e.getMessage() + ")", e);
    } finally {
      try {
        Files.deleteIfExists(file);
      } catch (IOException _) {
        // The whole folder is removed at the end.
      }
    }
  }
}
