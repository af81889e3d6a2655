package io.vatio.ingest;

import io.vatio.device.Device;
import io.vatio.device.DeviceRegistry;
import io.vatio.device.DeviceTemplate;
import io.vatio.device.Visibility;
import io.vatio.kernel.Micros;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Text;
import io.vatio.platform.text.Messages;
import io.vatio.reading.Appended;
import io.vatio.reading.NewReading;
import io.vatio.reading.Quality;
import io.vatio.reading.Reading;
import io.vatio.reading.ReadingStore;
import io.vatio.sensor.Series;
import io.vatio.sensor.SeriesCatalogue;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// One batch of messages on its way through validation into the database, or into the spool. Used
/// by
/// the writing thread of the inbox only.
final class Batch {
  private final List<Waiting> waiting;
  private final InboxSettings settings;
  private final DeviceRegistry devices;
  private final SeriesCatalogue catalogue;
  private final ReadingStore readings;
  private final DeadLetterStore deadLetters;
  private final @Nullable Spool spool;
  private final Messages messages;
  private final InboxMeters meters;

  /// By position in waiting: why it is refused, null while it is not.
  private final @Nullable Rejection[] refused;

  /// By position in waiting: where its readings stand in rows, and how many they are.
  private final int[] firstRow;

  private final int[] rowCount;
  private final List<NewReading> rows = new ArrayList<>();
  private final List<DeviceRegistry.Report> reports = new ArrayList<>();
  private final Map<String, Device> known = new HashMap<>();

  /// Devices of readings that were known before.
  private final Set<Long> heard = new HashSet<>();

  /// What was about to be committed, null before that.
  private @Nullable Appended tried;

  Batch(
      List<Waiting> waiting,
      InboxSettings settings,
      Inbox.Storage storage,
      Messages messages,
      InboxMeters meters) {
    this.waiting = waiting;
    this.settings = settings;
    this.devices = storage.devices();
    this.catalogue = storage.catalogue();
    this.readings = storage.readings();
    this.deadLetters = storage.deadLetters();
    this.spool = storage.spool();
    this.messages = messages;
    this.meters = meters;
    this.refused = new Rejection[waiting.size()];
    this.firstRow = new int[waiting.size()];
    this.rowCount = new int[waiting.size()];
  }

  /// Refuses what may not be, and makes the devices that are new.
  void createDevices() {
    Map<String, DeviceTemplate> wanted = new LinkedHashMap<>();
    Map<String, Long> owners = new HashMap<>();
    int strangers = -1;
    for (int i = 0; i < waiting.size(); i++) {
      switch (waiting.get(i).decoding()) {
        case Decoding.Refused(Rejection rejection) -> refused[i] = rejection;
        case Decoding.Known(KnownReadings known) -> refused[i] = recognise(known);
        case Decoding.Content content -> {
          Principal sender = waiting.get(i).message().sender();
          for (DeviceTemplate template : templates(content)) {
            Rejection rejection = mayReport(sender, template);
            if (rejection == null
                && devices.findBySerial(template.serial()).isEmpty()
                && !wanted.containsKey(template.serial())) {
              if (strangers < 0) {
                strangers = devices.countUnclaimed();
              }
              rejection = mayCreate(sender, template, strangers);
              strangers += template.claimed() ? 0 : 1;
            }
            if (rejection != null) {
              refused[i] = rejection;
              break;
            }
            wanted.put(template.serial(), template);
            Long owner = Visibility.isEditor(sender) ? Visibility.ownerAfter(sender, null) : null;
            if (owner != null) {
              owners.putIfAbsent(template.serial(), owner);
            }
          }
        }
      }
    }
    if (!wanted.isEmpty()) {
      known.putAll(devices.ensure(wanted.values(), owners));
    }
  }

  /// Notes the devices that known readings are of; why they are refused, when one is gone.
  private @Nullable Rejection recognise(KnownReadings readings) {
    for (Map.Entry<Integer, Long> series : readings.used().entrySet()) {
      if (catalogue.findById(series.getKey()).isEmpty()
          || devices.findById(series.getValue()).isEmpty()) {
        return new Rejection(
            Rejection.Reason.UNKNOWN_DEVICE,
            Text.of("ingest.unknown_device", Long.toString(series.getValue())));
      }
    }
    heard.addAll(readings.used().values());
    return null;
  }

  private Set<DeviceTemplate> templates(Decoding.Content content) {
    Set<DeviceTemplate> templates = new HashSet<>();
    content.samples().forEach(sample -> templates.add(sample.device()));
    content.states().forEach(state -> templates.add(state.device()));
    return templates;
  }

  private @Nullable Rejection mayReport(Principal sender, DeviceTemplate template) {
    if (sender instanceof Principal.Device device && !device.serial().equals(template.serial())) {
      return new Rejection(
          Rejection.Reason.NOT_YOUR_DEVICE,
          Text.of("ingest.not_your_device", template.serial(), device.serial()));
    }
    boolean person = sender instanceof Principal.User || sender instanceof Principal.ApiKey;
    if (person
        && devices
            .findBySerial(template.serial())
            .filter(device -> !Visibility.reaches(sender, device))
            .isPresent()) {
      return new Rejection(
          Rejection.Reason.NOT_YOUR_DEVICE,
          Text.of("ingest.not_in_reach", template.serial(), sender.name()));
    }
    return null;
  }

  private @Nullable Rejection mayCreate(Principal sender, DeviceTemplate template, int unclaimed) {
    if (Visibility.isEditor(sender)) {
      return null;
    }
    boolean stranger = sender instanceof Principal.Anonymous || sender instanceof Principal.Broker;
    if (template.claimed() && !stranger) {
      return new Rejection(
          Rejection.Reason.UNKNOWN_DEVICE, Text.of("ingest.unknown_device", template.serial()));
    }
    // What strangers bring into use counts with everything, so that it is bounded too.
    int present = template.claimed() ? devices.count() : unclaimed;
    if (present >= settings.unclaimedDevices()) {
      return new Rejection(
          Rejection.Reason.LIMIT_REACHED,
          Text.of("ingest.too_many_devices", settings.unclaimedDevices()));
    }
    return null;
  }

  /// Makes the series that are new, within their limit.
  void createSeries() {
    List<SeriesCatalogue.Wanted> wanted = new ArrayList<>();
    Map<Long, Set<String>> fresh = new HashMap<>();
    for (int i = 0; i < waiting.size(); i++) {
      if (refused[i] != null || !(waiting.get(i).decoding() instanceof Decoding.Content content)) {
        continue;
      }
      for (Sample sample : content.samples()) {
        Device device = known.get(sample.device().serial());
        if (device == null || catalogue.find(device.id(), sample.sensor().key()).isPresent()) {
          continue;
        }
        Set<String> keys = fresh.computeIfAbsent(device.id(), _ -> new HashSet<>());
        keys.add(sample.sensor().key());
        if (catalogue.countOf(device.id()) + keys.size() > settings.seriesPerDevice()) {
          keys.remove(sample.sensor().key());
          refused[i] =
              new Rejection(
                  Rejection.Reason.LIMIT_REACHED,
                  Text.of("ingest.too_many_sensors", settings.seriesPerDevice()));
          break;
        }
        wanted.add(new SeriesCatalogue.Wanted(device.id(), sample.sensor()));
      }
    }
    catalogue.ensure(wanted);
  }

  /// Makes rows and reports of what is not refused.
  void collect() {
    for (int i = 0; i < waiting.size(); i++) {
      firstRow[i] = rows.size();
      RawMessage message = waiting.get(i).message();
      if (refused[i] == null && waiting.get(i).decoding() instanceof Decoding.Content content) {
        content.samples().forEach(sample -> addRow(message, sample));
        content.states().forEach(state -> addReport(message, state));
      } else if (refused[i] == null
          && waiting.get(i).decoding() instanceof Decoding.Known(KnownReadings readings)) {
        readings.addTo(rows, message.receivedAt());
      }
      rowCount[i] = rows.size() - firstRow[i];
    }
  }

  private void addRow(RawMessage message, Sample sample) {
    Device device = known.get(sample.device().serial());
    Series series =
        device == null ? null : catalogue.find(device.id(), sample.sensor().key()).orElse(null);
    if (device == null || series == null) {
      throw new IllegalStateException("no series for " + sample);
    }
    Instant at = sample.at() == null ? message.receivedAt() : sample.at();
    int quality = sample.quality() | Validator.clock(at, message.receivedAt());
    if (!series.inRange(sample.value())) {
      quality |= Quality.OUT_OF_RANGE.bit();
    }
    rows.add(
        new NewReading(
            series.id(),
            Micros.of(at),
            sample.at() != null,
            sample.value(),
            quality,
            sample.meta(),
            message.delivery() == 0 ? 0 : message.delivery() + series.id(),
            message.redelivered()));
  }

  private void addReport(RawMessage message, StateReport state) {
    Device device = known.get(state.device().serial());
    if (device != null) {
      reports.add(
          new DeviceRegistry.Report(
              device.id(),
              state.state(),
              state.parameters(),
              state.configuration(),
              message.receivedAt()));
    }
  }

  /// The devices that this batch speaks of.
  List<Long> heard() {
    known.values().forEach(device -> heard.add(device.id()));
    return List.copyOf(heard);
  }

  /// When its last message arrived.
  Instant newest() {
    return waiting.getLast().message().receivedAt();
  }

  /// How many are refused.
  int refusals() {
    int count = 0;
    for (Rejection rejection : refused) {
      count += rejection == null ? 0 : 1;
    }
    return count;
  }

  /// Stores its readings, states and dead letters in the open transaction.
  Committed write(Handle handle) {
    Appended appended = readings.append(handle, rows);
    DeviceRegistry.StateChanges states = devices.apply(handle, reports);
    deadLetters.insert(handle, letters());
    if (spool != null && place() > 0) {
      spool.move(handle, place());
    }
    tried = appended;
    return new Committed(appended, states);
  }

  /// The place in the spool of its last message, 0 when it did not come from there.
  long place() {
    return waiting.getLast().place();
  }

  /// A reading that tells whether a commit without an answer took place; null when there cannot
  /// have been one, or when it does not matter.
  Spooled.@Nullable Suspect suspect() {
    if (tried != null) {
      for (Reading row : tried.rows()) {
        if (row != null) {
          return new Spooled.Suspect(row.seriesId(), row.ts(), row.seq());
        }
      }
    }
    return null;
  }

  /// Refuses what can be refused without the database.
  void judge() {
    for (int i = 0; i < waiting.size(); i++) {
      switch (waiting.get(i).decoding()) {
        case Decoding.Refused(Rejection rejection) -> refused[i] = rejection;
        case Decoding.Known(KnownReadings known) -> refused[i] = recognise(known);
        case Decoding.Content content -> {
          for (DeviceTemplate template : templates(content)) {
            Principal sender = waiting.get(i).message().sender();
            Rejection rejection = mayReport(sender, template);
            Optional<Device> device = devices.findBySerial(template.serial());
            if (rejection == null && device.isEmpty()) {
              rejection = mayCreate(sender, template, 0);
            }
            if (rejection != null) {
              refused[i] = rejection;
              break;
            }
            device.ifPresent(present -> known.put(template.serial(), present));
          }
        }
      }
    }
  }

  /// Its messages as they go into the spool.
  List<Spooled> spooled(Spooled.@Nullable Suspect suspect) {
    List<Spooled> messages = new ArrayList<>(waiting.size());
    for (int i = 0; i < waiting.size(); i++) {
      Rejection rejection = refused[i];
      Decoding decoding =
          rejection == null ? waiting.get(i).decoding() : new Decoding.Refused(rejection);
      messages.add(new Spooled(waiting.get(i).message(), decoding, suspect));
    }
    return messages;
  }

  /// What to tell the senders of messages in the spool: they are on the disk.
  List<Runnable> promises() {
    List<Runnable> promises = new ArrayList<>(waiting.size());
    for (int i = 0; i < waiting.size(); i++) {
      CompletableFuture<Receipt> receipt = waiting.get(i).receipt();
      Rejection rejection = refused[i];
      Receipt answer =
          rejection != null
              ? new Receipt.Rejected(rejection)
              : new Receipt.Stored(sampleCount(waiting.get(i).decoding()));
      promises.add(() -> receipt.complete(answer));
    }
    return promises;
  }

  private static int sampleCount(Decoding decoding) {
    return switch (decoding) {
      case Decoding.Content content -> content.samples().size();
      case Decoding.Known(KnownReadings readings) -> readings.size();
      case Decoding.Refused _ -> 0;
    };
  }

  private List<DeadLetter> letters() {
    List<DeadLetter> letters = new ArrayList<>();
    for (int i = 0; i < waiting.size(); i++) {
      Rejection rejection = refused[i];
      if (rejection != null) {
        RawMessage message = waiting.get(i).message();
        letters.add(
            new DeadLetter(
                0,
                message.receivedAt(),
                message.origin().name(),
                message.address(),
                message.sender().name(),
                rejection.reason().code(),
                messages.inDefaultLanguage(rejection.text()),
                DeadLetterStore.head(message.payload()),
                message.payload().length));
      }
    }
    return letters;
  }

  /// What to tell the senders after the commit.
  List<Runnable> receipts(Appended appended) {
    List<Runnable> receipts = new ArrayList<>(waiting.size());
    for (int i = 0; i < waiting.size(); i++) {
      CompletableFuture<Receipt> receipt = waiting.get(i).receipt();
      Receipt answer = answer(i, appended);
      receipts.add(() -> receipt.complete(answer));
    }
    return receipts;
  }

  private Receipt answer(int i, Appended appended) {
    Rejection rejection = refused[i];
    if (rejection != null) {
      meters.rejected(rejection.reason());
      return new Receipt.Rejected(rejection);
    }
    if (waiting.get(i).decoding() instanceof Decoding.Known(KnownReadings readings)) {
      readings.stored(appended, firstRow[i]);
    }
    int fresh = 0;
    for (int row = firstRow[i]; row < firstRow[i] + rowCount[i]; row++) {
      if (appended.rows().get(row) != null) {
        fresh++;
      }
    }
    return rowCount[i] > 0 && fresh == 0 ? new Receipt.Duplicate() : new Receipt.Stored(fresh);
  }

  /// What one commit has stored.
  record Committed(Appended appended, DeviceRegistry.StateChanges states) {}
}
