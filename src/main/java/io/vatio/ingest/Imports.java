package io.vatio.ingest;

import io.vatio.device.DeviceRegistry;
import io.vatio.platform.db.StorageException;
import io.vatio.platform.schedule.Upkeep;
import io.vatio.platform.text.Messages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Works off the files that people bring, one at a time and in order, and goes on with them after a
/// restart: a line that was stored already is a duplicate. One thread of its own.
final class Imports implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Imports.class);
  private static final Duration LOOK = Duration.ofMinutes(1);
  private static final Duration PAUSE = Duration.ofSeconds(5);

  /// A file that fails so often through a fault of ours is given up, so that others have their
  /// turn.
  private static final int TRIES = 3;

  private final ImportFolder folder;
  private final ImportStore store;
  private final Inbox inbox;
  private final DeviceRegistry devices;
  private final Messages messages;
  private final Clock clock;
  private final BooleanSupplier crowded;
  private final Lock taking = new ReentrantLock();
  private final Set<Long> cancelled = ConcurrentHashMap.newKeySet();
  private final Map<Long, Integer> faults = new HashMap<>();
  private final Upkeep upkeep;

  /// Imports that are not over, as far as is known.
  private volatile int open;

  /// @param crowded whether what follows the readings lags so far behind that they should wait
  Imports(
      ImportFolder folder,
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
    this.upkeep = new Upkeep("imports", LOOK, _ -> workOff());
    this.open = store.open().size();
  }

  ImportStore store() {
    return store;
  }

  void start() {
    upkeep.wake();
    upkeep.start();
  }

  /// Where an upload goes until it is complete; call [#ended] then. Does not block.
  ///
  /// @param bytes of it, at most
  /// @throws io.vatio.kernel.Problem when it cannot be taken now
  Path newUpload(long bytes) {
    return folder.newUpload(bytes, ImportRoutes.WAITING - open);
  }

  /// An upload is over, however it ended.
  void ended(Path upload) {
    folder.ended(upload);
  }

  /// Takes a complete file over. Blocks.
  ImportJob take(Path upload, String name, String author, ImportOptions options)
      throws IOException {
    long bytes = Files.size(upload);
    taking.lock();
    try {
      long id = store.create(name, author, options, bytes, made -> folder.keep(upload, made));
      open = store.open().size();
      upkeep.wake();
      return store.find(id).orElseThrow();
    } finally {
      taking.unlock();
    }
  }

  /// @return whether it was not over
  boolean cancel(long id) {
    boolean stopped = store.cancel(id);
    if (stopped) {
      cancelled.add(id);
      open = store.open().size();
      upkeep.wake();
    }
    return stopped;
  }

  /// @return whether one failed and has to be tried again
  private boolean workOff() {
    boolean again = false;
    for (ImportJob job : store.open()) {
      if (upkeep.isClosed()) {
        return false;
      }
      ImportJob ended = workOff(job);
      if (ended.state().isOver()) {
        store.save(ended);
        faults.remove(job.id());
        cancelled.remove(job.id());
      }
      again |= faults.containsKey(job.id());
    }
    removeFiles();
    return again;
  }

  private ImportJob workOff(ImportJob job) {
    ImportRun run = new ImportRun(inbox, devices, messages, clock, job);
    try {
      return run.run(
          folder.file(job.id()), store::save, wait -> upkeep.pause(wait) && mayGoOn(job.id()));
    } catch (IOException e) {
      LOG.warn("import {}: {}", job.id(), e.toString());
      return run.failed();
    } catch (StorageException e) {
      throw e;
    } catch (RuntimeException e) {
      LOG.error("import {}", job.id(), e);
      if (faults.merge(job.id(), 1, Integer::sum) >= TRIES) {
        return run.failed();
      }
      upkeep.pause(PAUSE);
      return job;
    }
  }

  /// Waits while the readings of devices need the room.
  private boolean mayGoOn(long id) {
    while (!cancelled.contains(id) && crowded.getAsBoolean()) {
      if (!upkeep.pause(PAUSE)) {
        return false;
      }
    }
    return !upkeep.isClosed() && !cancelled.contains(id);
  }

  /// The files of imports that are over.
  private void removeFiles() {
    // Not while one is being taken over: its file has its name before its row is committed.
    taking.lock();
    try {
      List<ImportJob> left = store.open();
      open = left.size();
      folder.removeAllBut(
          left.stream().map(job -> folder.file(job.id())).collect(Collectors.toSet()));
    } finally {
      taking.unlock();
    }
  }

  @Override
  public void close() {
    upkeep.close();
  }
}
