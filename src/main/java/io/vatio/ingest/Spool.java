package io.vatio.ingest;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.vatio.platform.db.Database;
import io.vatio.platform.db.StorageException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The messages that wait on our own disk while the database server is away, in their order.
///
/// How far they were taken in stands in the database, moved by the transaction that takes them in:
/// a crash at any moment neither loses one nor stores one twice. Whether the database is back is
/// asked on a thread of its own, so that nobody waits for the answer. Everything else is for the
/// inbox's thread, except [#status].
public final class Spool implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Spool.class);

  private static final long ASK_EVERY_NS = Duration.ofSeconds(1).toNanos();
  private static final long READ_BYTES = 8L << 20;

  private static final String POSITION =
      "SELECT position FROM spool_mark WHERE spool = ? FOR UPDATE";

  private static final String MOVE = "UPDATE spool_mark SET position = ? WHERE spool = ?";

  private final Database database;
  private final SpoolLog log;
  private final String id;
  private final long limit;
  private final Executor asking = Executors.newVirtualThreadPerTaskExecutor();
  private final Counter added;
  private final Counter drained;
  private final Counter damaged;

  /// The last message that is in the database.
  private long position;

  private boolean connected;
  private @Nullable CompletableFuture<Long> question;
  private long askAt = System.nanoTime();
  private long waitedMost;
  private boolean full;
  private volatile Status status;

  private Spool(
      Database database, SpoolLog log, String id, long limit, long position, MeterRegistry meters) {
    this.database = database;
    this.log = log;
    this.id = id;
    this.limit = limit;
    this.position = position;
    this.full = limit == 0;
    this.status = new Status(0, 0, limit, full);
    this.added = meters.counter("vatio.spool.added");
    this.drained = meters.counter("vatio.spool.drained");
    this.damaged = meters.counter("vatio.spool.damaged");
    Gauge.builder("vatio.spool.messages", this, spool -> spool.status.messages()).register(meters);
    Gauge.builder("vatio.spool.bytes", this, spool -> spool.status.bytes()).register(meters);
    show();
  }

  /// Opens the spool, with what an earlier run left in it.
  ///
  /// @throws IllegalStateException with a sentence for the operator when the folder cannot be used
  public static Spool open(SpoolSettings settings, Database database, MeterRegistry meters) {
    try {
      Files.createDirectories(settings.folder());
      String id = id(settings.folder().resolve("id"));
      long position =
          database.write(
              handle -> {
                handle.execute(
                    "INSERT INTO spool_mark (spool, position) VALUES (?, 0) ON CONFLICT DO NOTHING",
                    id);
                return position(handle, id);
              });
      SpoolLog log = SpoolLog.open(settings.folder(), position);
      Spool spool = new Spool(database, log, id, settings.bytes(), position, meters);
      if (!spool.isEmpty()) {
        LOG.info("spool: {} messages wait from before", spool.status.messages());
      }
      return spool;
    } catch (IOException e) {
      throw new IllegalStateException(
          "The folder " + settings.folder() + " cannot be used: " + e.getMessage(), e);
    }
  }

  private static String id(Path file) throws IOException {
    if (Files.exists(file)) {
      return Files.readString(file).strip();
    }
    byte[] random = new byte[8];
    new SecureRandom().nextBytes(random);
    String id = HexFormat.of().formatHex(random);
    Path part = file.resolveSibling("id.part");
    Files.writeString(part, id, StandardCharsets.UTF_8);
    try (FileChannel channel = FileChannel.open(part, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
    Files.move(part, file);
    return id;
  }

  private static long position(Handle handle, String id) {
    return handle.createQuery(POSITION).bind(0, id).mapTo(Long.class).one();
  }

  /// How much waits. Any thread may ask.
  public Status status() {
    return status;
  }

  boolean isEmpty() {
    return position + 1 >= log.next();
  }

  /// The number of the newest message.
  long last() {
    return log.next() - 1;
  }

  /// Puts messages at the end, on the disk when this returns true. False: there is no room, and
  /// none of them was taken.
  boolean add(List<Spooled> messages) {
    List<byte[]> frames = new ArrayList<>(messages.size());
    long size = 0;
    for (Spooled message : messages) {
      byte[] frame = SpoolFrame.encode(message);
      size += frame.length + SpoolLog.HEADER;
      frames.add(frame);
    }
    full = log.bytes() + size > limit || !append(frames);
    show();
    return !full;
  }

  private boolean append(List<byte[]> frames) {
    try {
      log.append(frames);
      added.increment(frames.size());
      waitedMost = Math.max(waitedMost, log.next() - 1 - position);
      return true;
    } catch (IOException e) {
      LOG.error("spool: cannot be written: {}", e.getMessage());
      return false;
    }
  }

  /// Says that the database did not answer, or not surely.
  void lost() {
    connected = false;
    askAt = System.nanoTime() + ASK_EVERY_NS;
  }

  /// Whether the database answers, as far as is known; asks when it is time. Never blocks.
  boolean isConnected() {
    if (connected) {
      return true;
    }
    CompletableFuture<Long> asked = question;
    if (asked == null) {
      if (System.nanoTime() - askAt >= 0) {
        question = CompletableFuture.supplyAsync(this::ask, asking);
      }
      return false;
    }
    if (!asked.isDone()) {
      return false;
    }
    question = null;
    if (asked.isCompletedExceptionally()) {
      lost();
      return false;
    }
    // What failed without a clear answer may have been committed.
    taken(Math.max(position, asked.join()));
    connected = true;
    LOG.info("spool: the database is back, {} messages wait", status.messages());
    return true;
  }

  /// The lock of the row waits for a transaction that is still open on a connection that broke.
  private long ask() {
    return database.write(handle -> position(handle, id));
  }

  /// The next messages, oldest first. All of them share their suspect.
  List<Taken> next(int count) {
    try {
      List<Taken> messages = new ArrayList<>();
      for (SpoolLog.Frame frame : log.read(position + 1, count, READ_BYTES)) {
        Taken taken = taken(frame);
        if (!messages.isEmpty() && !sameSuspect(messages.getFirst(), taken)) {
          break;
        }
        messages.add(taken);
      }
      return messages;
    } catch (IOException e) {
      throw new StorageException("spool: read: " + e.getMessage(), e);
    }
  }

  private static boolean sameSuspect(Taken a, Taken b) {
    return Objects.equals(suspect(a), suspect(b));
  }

  private static Spooled.@Nullable Suspect suspect(Taken taken) {
    return taken.message() == null ? null : taken.message().suspect();
  }

  private Taken taken(SpoolLog.Frame frame) {
    if (frame.sound()) {
      try {
        return new Taken(frame.number(), SpoolFrame.decode(frame.bytes()), frame.bytes());
      } catch (IOException e) {
        LOG.error("spool: message {} cannot be read: {}", frame.number(), e.getMessage());
      }
    } else {
      LOG.error("spool: message {} is damaged", frame.number());
    }
    damaged.increment();
    return new Taken(frame.number(), null, frame.bytes());
  }

  /// Notes inside the transaction that takes them in that messages up to this one are in the
  /// database.
  void move(Handle handle, long to) {
    if (handle.execute(MOVE, to, id) != 1) {
      throw new IllegalStateException("spool: its mark is gone from the database");
    }
  }

  /// Says that [#move] was committed.
  void taken(long to) {
    drained.increment(to - position);
    position = to;
    full = limit == 0;
    try {
      log.release(position);
    } catch (IOException e) {
      LOG.warn("spool: {}", e.getMessage());
    }
    show();
    if (isEmpty() && waitedMost > 0) {
      LOG.info("spool: empty again, at most {} messages waited", waitedMost);
      waitedMost = 0;
    }
  }

  private void show() {
    status = new Status(log.next() - 1 - position, log.bytes(), limit, full);
  }

  @Override
  public void close() {
    log.close();
  }

  /// How much waits.
  ///
  /// @param bytes on the disk
  /// @param limit in bytes
  /// @param full whether the last that came found no room
  public record Status(long messages, long bytes, long limit, boolean full) {}

  /// One message out of the spool.
  ///
  /// @param message null when it was damaged
  /// @param frame its bytes as they lay there
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Taken(long number, @Nullable Spooled message, byte[] frame) {}
}
