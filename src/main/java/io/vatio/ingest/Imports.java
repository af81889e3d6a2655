package io.vatio.ingest;

import io.vatio.device.DeviceRegistry;
import io.vatio.platform.db.StorageException;
import io.vatio.platform.text.Messages;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Works off the files that people bring, one at a time and in order, and goes on with them after a
/// restart: a line that was stored already is a duplicate. One thread of its own.
final class Imports implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Imports.class);
  private static final Duration PAUSE = Duration.ofSeconds(5);
  private static final String UPLOAD = ".part";

  private final Path folder;
  private final ImportStore store;
  private final Inbox inbox;
  private final DeviceRegistry devices;
  private final Messages messages;
  private final Clock clock;
  private final BooleanSupplier crowded;
  private final Semaphore work = new Semaphore(0);
  private final Set<Long> cancelled = ConcurrentHashMap.newKeySet();
  private final Thread thread;
  private volatile boolean closed;

  /// @param folder of the files, made if need be
  /// @param crowded whether what follows the readings lags so far behind that they should wait
  Imports(
      Path folder,
      ImportStore store,
      Inbox inbox,
      DeviceRegistry devices,
      Messages messages,
      Clock clock,
      BooleanSupplier crowded) {
    this.folder = folder;
    this.store = store;
    this.inbox = inbox;
    this.devices = devices;
    this.messages = messages;
    this.clock = clock;
    this.crowded = crowded;
    this.thread = Thread.ofPlatform().daemon().name("imports").unstarted(this::run);
    try {
      Files.createDirectories(folder);
      try (Stream<Path> files = Files.list(folder)) {
        for (Path left : files.filter(f -> f.toString().endsWith(UPLOAD)).toList()) {
          Files.delete(left);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("imports: " + folder, e);
    }
  }

  ImportStore store() {
    return store;
  }

  void start() {
    work.release();
    thread.start();
  }

  /// Where an upload goes until it is complete.
  Path newUpload() {
    return folder.resolve(java.util.UUID.randomUUID() + UPLOAD);
  }

  /// Takes a complete file over. Blocks.
  ImportJob take(Path upload, String name, String author, ImportOptions options)
      throws IOException {
    long id = store.create(name, author, options, Files.size(upload));
    Files.move(upload, file(id));
    work.release();
    return store.find(id).orElseThrow();
  }

  /// @return whether it was not over
  boolean cancel(long id) {
    boolean stopped = store.cancel(id);
    if (stopped) {
      cancelled.add(id);
      work.release();
    }
    return stopped;
  }

  private Path file(long id) {
    return folder.resolve(id + ".csv");
  }

  private void run() {
    while (!closed) {
      try {
        work.tryAcquire(1, TimeUnit.MINUTES);
        workOff();
      } catch (InterruptedException _) {
        return;
      } catch (StorageException e) {
        LOG.warn("imports are put off: {}", e.getMessage());
        work.release();
        pause();
      } catch (RuntimeException e) {
        LOG.error("imports", e);
        pause();
      }
    }
  }

  private void pause() {
    try {
      Thread.sleep(PAUSE);
    } catch (InterruptedException _) {
      closed = true;
    }
  }

  private void workOff() throws InterruptedException {
    List<ImportJob> open = store.open();
    for (ImportJob job : open) {
      if (closed) {
        return;
      }
      ImportJob ended;
      try {
        ended =
            new ImportRun(inbox, devices, messages, clock, job)
                .run(file(job.id()), store::save, () -> mayGoOn(job.id()));
      } catch (IOException e) {
        LOG.warn("import {}: {}", job.id(), e.toString());
        ended = job.failed();
      }
      if (ended.state().isOver()) {
        store.save(ended);
      }
    }
    removeFiles();
  }

  /// Waits while the readings of devices need the room.
  private boolean mayGoOn(long id) {
    while (!closed && !cancelled.contains(id) && crowded.getAsBoolean()) {
      pause();
    }
    return !closed && !cancelled.contains(id);
  }

  /// The files of imports that are over.
  private void removeFiles() {
    Set<Path> needed = ConcurrentHashMap.newKeySet();
    store.open().forEach(job -> needed.add(file(job.id())));
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".csv")).toList()) {
        String name = file.getFileName().toString();
        boolean known = store.find(Long.parseLong(name.replace(".csv", ""))).isPresent();
        if (known && !needed.contains(file)) {
          Files.deleteIfExists(file);
        }
      }
    } catch (IOException | NumberFormatException e) {
      LOG.warn("imports: {}", e.toString());
    }
  }

  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    try {
      thread.join(Duration.ofSeconds(10));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
