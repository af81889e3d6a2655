package io.vatio.ingest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import io.vatio.device.DeviceRegistry;
import io.vatio.device.DeviceTemplate;
import io.vatio.kernel.Permission;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Text;
import io.vatio.platform.text.Messages;
import io.vatio.sensor.SensorGuess;
import io.vatio.sensor.SensorTemplate;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Reads one file and brings its readings through the inbox, a small batch at a time, so that
/// devices come first; after each batch it says how far it is. One thread.
final class ImportRun {
  private static final int BATCH = 1_000;
  private static final int ERRORS = 100;
  private static final int GUESSES = 10_000;

  /// Lines after which it says how far it is, however few of them were good.
  private static final int LINES = 20_000;

  private final Inbox inbox;
  private final DeviceRegistry devices;
  private final Messages messages;
  private final Clock clock;
  private final Principal sender;
  private final Map<String, SensorTemplate> sensors = new HashMap<>();
  private final Map<String, List<Sample>> batch = new LinkedHashMap<>();
  private int waiting;
  private ImportJob job;

  ImportRun(Inbox inbox, DeviceRegistry devices, Messages messages, Clock clock, ImportJob job) {
    this.inbox = inbox;
    this.devices = devices;
    this.messages = messages;
    this.clock = clock;
    this.job = job;
    Set<Permission> may = EnumSet.of(Permission.CREATE_READINGS);
    if (job.options().mayCreateDevices()) {
      may.add(Permission.MANAGE_DEVICES);
    }
    ImportOptions options = job.options();
    this.sender =
        new Principal.User(options.account(), job.author(), false, "", may, options.reach());
  }

  /// Goes on from where the job says.
  ///
  /// @param progress hears how far it is
  /// @param goOn asked before each line, and when the inbox wants it to wait so long first
  /// @return the job as it ended, or as it stands when it may not go on
  ImportJob run(Path file, Consumer<ImportJob> progress, Predicate<Duration> goOn)
      throws IOException {
    try (ImportLines lines = ImportLines.open(file)) {
      ImportTable table = table(lines);
      if (table == null) {
        return state(ImportJob.State.FAILED);
      }
      // Read again, not skipped: what a time or a comma means depends on the lines before.
      while (job.bytesDone() > lines.position() && goOn.test(Duration.ZERO)) {
        List<String> done = lines.next();
        if (done == null) {
          return fail(Text.of("import.shorter"));
        }
        table.read(done, _ -> {}, _ -> {});
      }
      job = state(ImportJob.State.RUNNING);
      while (goOn.test(Duration.ZERO)) {
        List<String> cells = lines.next();
        if (cells != null) {
          table.read(cells, this::add, fault -> reject(lines.line(), fault.column(), fault.text()));
        }
        if (waiting >= BATCH || lines.line() - job.linesDone() >= LINES || cells == null) {
          if (!send(lines.line(), goOn)) {
            return job;
          }
          job = at(lines.position(), lines.line());
          progress.accept(job);
        }
        if (cells == null) {
          return state(ImportJob.State.DONE);
        }
      }
      return job;
    } catch (ImportLines.TooLong _) {
      return fail(Text.of("import.line_long"));
    }
  }

  private ImportJob fail(Text why) {
    reject(job.linesDone(), "", why);
    return state(ImportJob.State.FAILED);
  }

  /// The job, given up for a fault of ours.
  ImportJob failed() {
    return fail(Text.of("import.fault"));
  }

  private @Nullable ImportTable table(ImportLines lines) throws IOException {
    List<String> header = lines.next();
    try {
      return new ImportTable(header == null ? List.of() : header, job.options(), lines.separator());
    } catch (Refusal refusal) {
      reject(1, "", refusal.decoding().rejection().text());
      return null;
    }
  }

  private void add(ImportTable.Cell cell) {
    SensorTemplate sensor = sensors.get(cell.key());
    if (sensor == null) {
      sensor = SensorGuess.of(cell.key());
      if (sensors.size() < GUESSES) {
        sensors.put(cell.key(), sensor);
      }
    }
    batch
        .computeIfAbsent(cell.serial(), _ -> new ArrayList<>())
        .add(
            new Sample(
                DeviceTemplate.unknown(cell.serial()), sensor, cell.value(), cell.at(), 0, null));
    waiting++;
  }

  /// Sends what is collected, one message a device, and waits until all of it is on the disk.
  ///
  /// @return false when it may not go on before that; what was stored is a duplicate next time
  private boolean send(long line, Predicate<Duration> goOn) {
    Map<String, CompletableFuture<Receipt>> sent = new LinkedHashMap<>();
    for (Map.Entry<String, List<Sample>> one : batch.entrySet()) {
      if (devices.findBySerial(one.getKey()).isEmpty() && !job.options().mayCreateDevices()) {
        reject(one.getValue().size(), line, Text.of("ingest.unknown_device", one.getKey()));
      } else {
        sent.put(one.getKey(), accept(one.getKey(), one.getValue()));
      }
    }
    for (Map.Entry<String, CompletableFuture<Receipt>> one : sent.entrySet()) {
      List<Sample> samples = batch.getOrDefault(one.getKey(), List.of());
      Receipt receipt = one.getValue().join();
      while (receipt instanceof Receipt.Overloaded(Duration retryAfter)) {
        if (!goOn.test(retryAfter)) {
          return false;
        }
        receipt = accept(one.getKey(), samples).join();
      }
      count(receipt, samples.size(), line);
    }
    batch.clear();
    waiting = 0;
    return true;
  }

  private CompletableFuture<Receipt> accept(String serial, List<Sample> samples) {
    RawMessage message =
        RawMessage.of(
            Origin.HTTP,
            "api/imports/" + job.id(),
            serial.getBytes(StandardCharsets.UTF_8),
            clock.instant(),
            sender);
    return inbox.accept(message, Decoding.Content.of(samples));
  }

  private void count(Receipt receipt, int samples, long line) {
    switch (receipt) {
      case Receipt.Stored(int fresh) -> counted(fresh, samples - fresh);
      case Receipt.Duplicate() -> counted(0, samples);
      case Receipt.Rejected(Rejection rejection) -> reject(samples, line, rejection.text());
      case Receipt.Overloaded _ -> throw new IllegalStateException("sent again before");
    }
  }

  private void counted(int fresh, int duplicates) {
    job =
        job.with(
            job.state(),
            job.bytesDone(),
            job.linesDone(),
            job.stored() + fresh,
            job.duplicates() + duplicates,
            job.rejected());
  }

  /// A batch of one device that the inbox refused; it ends at this line.
  private void reject(int samples, long line, Text text) {
    reject(line, "dispositivo", text);
    job = rejecting(samples - 1);
  }

  private void reject(long line, String column, Text text) {
    ArrayNode errors = job.errors();
    if (errors.size() < ERRORS) {
      errors
          .addObject()
          .put("linea", line)
          .put("columna", column)
          .put("mensaje", messages.inDefaultLanguage(text));
    }
    job = rejecting(1);
  }

  private ImportJob rejecting(int more) {
    return job.with(
        job.state(),
        job.bytesDone(),
        job.linesDone(),
        job.stored(),
        job.duplicates(),
        job.rejected() + more);
  }

  private ImportJob at(long bytes, long lines) {
    return job.with(job.state(), bytes, lines, job.stored(), job.duplicates(), job.rejected());
  }

  private ImportJob state(ImportJob.State state) {
    return job.with(
        state, job.bytesDone(), job.linesDone(), job.stored(), job.duplicates(), job.rejected());
  }
}
