package io.vatio.wind;

import io.vatio.device.Device;
import io.vatio.device.DeviceRegistry;
import io.vatio.device.DeviceTemplate;
import io.vatio.ingest.Decoder;
import io.vatio.ingest.Decoding;
import io.vatio.ingest.RawMessage;
import io.vatio.ingest.Rejection;
import io.vatio.ingest.Sample;
import io.vatio.ingest.Validator;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Text;
import io.vatio.sensor.SensorTemplate;
import io.vatio.sensor.Series;
import io.vatio.sensor.SeriesCatalogue;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// Understands the records of turbines: HTTP `generador` and MQTT `parque/<parque>/generador/<id>`.
///
/// Every well-formed record is taken; what is doubtful about it becomes bits of
/// [io.vatio.reading.Quality] on each of its samples. Thread safe: the histories have their own
/// lock, everything else is read from memory.
final class GeneratorDecoder implements Decoder {
  static final String HTTP_ADDRESS = "generador";

  private static final int KNOWN_META = 1_000;

  private final TurbineModel model;
  private final QualityRules rules;
  private final GeneratorParser parser;
  private final DeviceRegistry devices;
  private final SeriesCatalogue catalogue;
  private final TurbineHistories histories;

  /// The few texts that nearly all records share, so that readings in memory share them too.
  private final Map<RecordMeta, String> metaTexts = new ConcurrentHashMap<>();

  GeneratorDecoder(
      TurbineModel model,
      GeneratorParser parser,
      DeviceRegistry devices,
      SeriesCatalogue catalogue,
      TurbineHistories histories) {
    this.model = model;
    this.rules = new QualityRules(model);
    this.parser = parser;
    this.devices = devices;
    this.catalogue = catalogue;
    this.histories = histories;
  }

  @Override
  public boolean wants(String address) {
    if (address.equals(HTTP_ADDRESS)) {
      return true;
    }
    if (!address.startsWith("parque/")) {
      return false;
    }
    String[] levels = address.split("/", -1);
    return levels.length == 4 && levels[2].equals("generador");
  }

  @Override
  public List<String> filters() {
    return List.of("parque/+/generador/+");
  }

  @Override
  public Decoding decode(RawMessage message) {
    GeneratorParser.Subject subject = GeneratorParser.Subject.OPEN;
    if (!message.address().equals(HTTP_ADDRESS)) {
      String[] levels = message.address().split("/", -1);
      OptionalInt id = Turbine.number(levels[3]);
      if (!GeneratorParser.isName(levels[1]) || id.isEmpty()) {
        return refused(
            Rejection.Reason.INVALID_VALUE,
            Text.of("wind.topic", Integer.toString(Turbine.MAX_ID)));
      }
      subject = new GeneratorParser.Subject(id.getAsInt(), levels[1]);
    }
    return switch (parser.parse(message.payload(), subject)) {
      case GeneratorParser.Parsed.Understood(GeneratorRecord record) ->
          Decoding.Content.of(samples(message, record));
      case GeneratorParser.Parsed.Faulty(List<Fault> faults) -> refused(faults);
      case GeneratorParser.Parsed.TooLarge() ->
          refused(
              Rejection.Reason.TOO_LARGE,
              Text.of("wind.too_large", Integer.toString(GeneratorParser.MAX_BYTES)));
    };
  }

  private static Decoding refused(List<Fault> faults) {
    Fault first = faults.getFirst();
    Text text =
        faults.size() == 1
            ? first.text()
            : Text.of("wind.faults", String.join(", ", faults.stream().map(Fault::field).toList()));
    return refused(
        first.field().isEmpty() ? Rejection.Reason.MALFORMED : Rejection.Reason.INVALID_VALUE,
        text);
  }

  private static Decoding refused(Rejection.Reason reason, Text text) {
    return new Decoding.Refused(new Rejection(reason, text));
  }

  private List<Sample> samples(RawMessage message, GeneratorRecord record) {
    DeviceTemplate device = Turbine.device(record.id(), model);
    int quality = judge(message, record, device.serial());
    List<Sample> samples = new ArrayList<>(4);
    samples.add(
        sample(
            device,
            Turbine.production(model),
            record.productionKwh(),
            record,
            quality,
            meta(record)));
    samples.add(sample(device, Turbine.wind(model), record.windMs(), record, quality, null));
    samples.add(
        sample(device, Turbine.temperature(model), record.temperatureC(), record, quality, null));
    OptionalDouble degrees = WindDirection.degrees(record.direction());
    if (degrees.isPresent()) {
      samples.add(
          sample(device, Turbine.direction(), degrees.getAsDouble(), record, quality, null));
    }
    return samples;
  }

  private static Sample sample(
      DeviceTemplate device,
      SensorTemplate sensor,
      double value,
      GeneratorRecord record,
      int quality,
      @Nullable String meta) {
    // Without a time of its own the record stays untimed: the store then tells a message sent twice
    // from two messages of one moment.
    return new Sample(device, sensor, value, record.at(), quality, meta);
  }

  private int judge(RawMessage message, GeneratorRecord record, String serial) {
    Instant at = record.at() == null ? message.receivedAt() : record.at();
    QualityRules.Limits limits = limits(serial);
    if (Validator.clock(at, message.receivedAt()) != 0) {
      // A wrong clock says nothing about order, and must not spoil it for the records to come.
      return rules.alone(record, limits);
    }
    boolean stranger =
        message.sender() instanceof Principal.Device sender && !sender.serial().equals(serial);
    return stranger
        ? histories.judgeStranger(rules, record, at, limits)
        : histories.judge(rules, record, at, limits);
  }

  private QualityRules.Limits limits(String serial) {
    Optional<Device> device = devices.findBySerial(serial);
    return new QualityRules.Limits(
        limits(device, Turbine.PRODUCTION, model.production()),
        limits(device, Turbine.WIND, model.wind()),
        limits(device, Turbine.TEMPERATURE, model.temperature()));
  }

  private Span limits(Optional<Device> device, String key, Span normal) {
    Optional<Series> series = device.flatMap(known -> catalogue.find(known.id(), key));
    return series.isEmpty() ? normal : new Span(series.get().min(), series.get().max());
  }

  private String meta(GeneratorRecord record) {
    RecordMeta meta = new RecordMeta(record.direction(), record.park());
    if (metaTexts.size() > KNOWN_META) {
      metaTexts.clear();
    }
    return metaTexts.computeIfAbsent(meta, RecordMeta::text);
  }
}
