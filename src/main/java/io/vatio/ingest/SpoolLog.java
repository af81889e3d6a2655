package io.vatio.ingest;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// An append-only log of frames in files of about [#SEGMENT_BYTES], each named by the number of its
/// first frame. A frame is its length, its CRC-32C and its bytes; its number is its place.
///
/// What [#append] returned from is on the disk. A tail that a crash left half written is cut when
/// the log is opened; a frame damaged later is read as such and harms no other. Used by one thread.
final class SpoolLog implements AutoCloseable {
  static final long SEGMENT_BYTES = 16L << 20;

  /// Larger than any message that a door lets in.
  static final int MAX_FRAME = 32 << 20;

  private static final Logger LOG = LoggerFactory.getLogger(SpoolLog.class);
  /// Length and checksum before each frame.
  static final int HEADER = 8;
  private static final String SUFFIX = ".spool";

  private final Path folder;
  private final TreeMap<Long, Segment> segments = new TreeMap<>();
  private long next;
  private long bytes;
  private @Nullable FileChannel writer;
  private @Nullable FileChannel reader;
  private @Nullable Segment readerOf;
  private long readerNumber;
  private long readerPosition;

  private SpoolLog(Path folder, long next) {
    this.folder = folder;
    this.next = next;
  }

  /// Opens the log, cuts a half-written tail and forgets what was taken already.
  ///
  /// @param taken number of the last frame that is not needed any more, 0 for none
  static SpoolLog open(Path folder, long taken) throws IOException {
    Files.createDirectories(folder);
    SpoolLog log = new SpoolLog(folder, taken + 1);
    List<Path> files;
    try (Stream<Path> all = Files.list(folder)) {
      files = all.filter(file -> file.getFileName().toString().endsWith(SUFFIX)).sorted().toList();
    }
    for (Path file : files) {
      String name = file.getFileName().toString();
      long first = Long.parseLong(name.substring(0, name.length() - SUFFIX.length()));
      Segment segment = new Segment(first, file);
      log.segments.put(first, segment);
      long end = segment.measure(file.equals(files.getLast()));
      log.bytes += segment.size;
      log.next = Math.max(log.next, end);
    }
    log.release(taken);
    return log;
  }

  /// The number that the next frame will get.
  long next() {
    return next;
  }

  /// Bytes on the disk.
  long bytes() {
    return bytes;
  }

  /// Writes frames and forces them to the disk, all or none.
  void append(Collection<byte[]> frames) throws IOException {
    long first = next;
    Segment segment = current();
    FileChannel channel = writer(segment);
    long start = segment.size;
    try {
      ByteBuffer block = block(frames);
      while (block.hasRemaining()) {
        channel.write(block);
      }
      channel.force(false);
      segment.size = channel.position();
      bytes += segment.size - start;
      next = first + frames.size();
    } catch (IOException e) {
      cut(channel, start);
      throw e;
    }
  }

  private static ByteBuffer block(Collection<byte[]> frames) {
    int size = 0;
    for (byte[] frame : frames) {
      size += HEADER + frame.length;
    }
    ByteBuffer block = ByteBuffer.allocate(size);
    for (byte[] frame : frames) {
      block.putInt(frame.length).putInt(crc(frame)).put(frame);
    }
    return block.flip();
  }

  /// A full disk may have taken half of it.
  private void cut(FileChannel channel, long size) {
    try {
      channel.truncate(size);
      channel.position(size);
    } catch (IOException e) {
      // The next attempt opens the file again; its open end is cut there.
      LOG.warn("spool: {}", e.getMessage());
      close(channel);
      writer = null;
    }
  }

  /// Reads frames in order.
  ///
  /// @param from number of the first one wanted
  /// @return at most so many and about so many bytes; empty when there are none yet
  List<Frame> read(long from, int count, long maxBytes) throws IOException {
    List<Frame> frames = new ArrayList<>();
    long read = 0;
    long number = from;
    while (number < next && frames.size() < count && read < maxBytes) {
      Map.Entry<Long, Segment> entry = segments.floorEntry(number);
      if (entry == null) {
        number = segments.isEmpty() ? next : segments.firstKey();
        continue;
      }
      Segment segment = entry.getValue();
      Frame frame = seek(segment, number) ? frame(segment) : null;
      if (frame == null) {
        long following =
            segments.higherKey(segment.first) == null ? next : segments.higherKey(segment.first);
        LOG.error(
            "spool: {} is unreadable from message {} to {}", segment.file, number, following - 1);
        frames.add(new Frame(following - 1, new byte[0], false));
        number = following;
      } else {
        frames.add(frame);
        read += frame.bytes.length;
        number++;
      }
    }
    return frames;
  }

  /// Puts the reader before this frame; false when the way there is broken.
  private boolean seek(Segment segment, long number) throws IOException {
    if (readerOf != segment || readerNumber > number || reader == null) {
      closeReader();
      reader = FileChannel.open(segment.file, StandardOpenOption.READ);
      readerOf = segment;
      readerNumber = segment.first;
      readerPosition = 0;
    }
    while (readerNumber < number) {
      int length = length(reader, readerPosition, segment.size);
      if (length < 0) {
        return false;
      }
      readerPosition += HEADER + length;
      readerNumber++;
    }
    return true;
  }

  private @Nullable Frame frame(Segment segment) throws IOException {
    FileChannel channel = reader;
    if (channel == null) {
      return null;
    }
    int length = length(channel, readerPosition, segment.size);
    if (length < 0) {
      return null;
    }
    ByteBuffer frame = ByteBuffer.allocate(HEADER + length);
    fill(channel, frame, readerPosition);
    int crc = frame.getInt(4);
    byte[] content = new byte[length];
    frame.get(HEADER, content);
    readerPosition += HEADER + length;
    return new Frame(readerNumber++, content, crc(content) == crc);
  }

  /// The length of the frame at this position, −1 when there cannot be one.
  private static int length(FileChannel channel, long position, long size) throws IOException {
    if (position + HEADER > size) {
      return -1;
    }
    ByteBuffer header = ByteBuffer.allocate(4);
    fill(channel, header, position);
    int length = header.getInt(0);
    return length <= 0 || length > MAX_FRAME || position + HEADER + length > size ? -1 : length;
  }

  private static void fill(FileChannel channel, ByteBuffer buffer, long position)
      throws IOException {
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, position + buffer.position()) < 0) {
        throw new IOException("the file ends at " + channel.size());
      }
    }
  }

  /// Deletes what lies wholly up to this frame.
  void release(long taken) throws IOException {
    while (!segments.isEmpty()) {
      Segment first = segments.firstEntry().getValue();
      Long following = segments.higherKey(first.first);
      long end = following == null ? next : following;
      if (end > taken + 1) {
        return;
      }
      if (readerOf == first) {
        closeReader();
      }
      if (following == null) {
        closeWriter();
      }
      Files.deleteIfExists(first.file);
      bytes -= first.size;
      segments.remove(first.first);
    }
  }

  private Segment current() throws IOException {
    Segment last = segments.isEmpty() ? null : segments.lastEntry().getValue();
    if (last != null && last.size < SEGMENT_BYTES) {
      return last;
    }
    closeWriter();
    Path file = folder.resolve("%020d%s".formatted(next, SUFFIX));
    Files.deleteIfExists(file);
    Segment fresh = new Segment(next, Files.createFile(file));
    segments.put(next, fresh);
    // The name has to survive as well.
    try (FileChannel directory = FileChannel.open(folder, StandardOpenOption.READ)) {
      directory.force(true);
    } catch (IOException _) {
      // Not every file system can do that; those that cannot do not need it.
    }
    return fresh;
  }

  private FileChannel writer(Segment segment) throws IOException {
    FileChannel channel = writer;
    if (channel == null) {
      channel = FileChannel.open(segment.file, StandardOpenOption.WRITE);
      channel.truncate(segment.size);
      channel.position(segment.size);
      writer = channel;
    }
    return channel;
  }

  private static int crc(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }

  @Override
  public void close() {
    closeReader();
    closeWriter();
  }

  private void closeReader() {
    close(reader);
    reader = null;
    readerOf = null;
  }

  private void closeWriter() {
    close(writer);
    writer = null;
  }

  private static void close(@Nullable FileChannel channel) {
    if (channel != null) {
      try {
        channel.close();
      } catch (IOException e) {
        LOG.warn("spool: {}", e.getMessage());
      }
    }
  }

  /// One frame.
  ///
  /// @param number its place; for a stretch that cannot be read any more, of its last frame
  /// @param sound whether its bytes are what was written
  @SuppressWarnings("ArrayRecordComponent") // carried from here to its reader, never compared
  record Frame(long number, byte[] bytes, boolean sound) {}

  private static final class Segment {
    private final long first;
    private final Path file;
    private long size;

    Segment(long first, Path file) {
      this.first = first;
      this.file = file;
    }

    /// Counts the frames.
    ///
    /// @param last whether it may have a half-written tail, which is cut
    /// @return the number after its last frame
    long measure(boolean last) throws IOException {
      try (FileChannel channel =
          FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
        size = channel.size();
        long position = 0;
        long number = first;
        // The end of the last sound frame, and its number: what lies behind is a tail, or damage
        // between frames.
        long soundEnd = 0;
        long soundNumber = first;
        while (true) {
          int length = length(channel, position, size);
          if (length < 0) {
            break;
          }
          ByteBuffer frame = ByteBuffer.allocate(HEADER + length);
          fill(channel, frame, position);
          byte[] content = new byte[length];
          frame.get(HEADER, content);
          position += HEADER + length;
          number++;
          if (crc(content) == frame.getInt(4)) {
            soundEnd = position;
            soundNumber = number;
          }
        }
        if (!last) {
          return number;
        }
        if (soundEnd < size) {
          LOG.warn("spool: {} bytes of {} were never acknowledged, cut", size - soundEnd, file);
          channel.truncate(soundEnd);
          channel.force(true);
          size = soundEnd;
        }
        return soundNumber;
      }
    }
  }
}
