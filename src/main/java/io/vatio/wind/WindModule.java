package io.vatio.wind;

import io.vatio.device.DeviceRegistry;
import io.vatio.device.Visibility;
import io.vatio.ingest.Decoder;
import io.vatio.ingest.Inbox;
import io.vatio.kernel.Micros;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.text.Messages;
import io.vatio.reading.Reading;
import io.vatio.reading.ReadingStore;
import io.vatio.sensor.SeriesCatalogue;
import java.time.Clock;
import java.time.ZoneId;
import java.util.List;

/// The wiring of the wind farm: a decoder for the inbox, and routes that need the inbox.
public final class WindModule {
  /// Turbines whose history is read again at the start; the others begin a new one.
  private static final int RESTORED = 1_000;

  private final GeneratorParser parser;
  private final GeneratorDecoder decoder;
  private final Turbines turbines;
  private final ReadingStore readings;
  private final Visibility visibility;
  private final ZoneId zone;
  private final Clock clock;
  private final Messages messages;

  private WindModule(
      GeneratorParser parser,
      GeneratorDecoder decoder,
      Turbines turbines,
      ReadingStore readings,
      Visibility visibility,
      ZoneId zone,
      Clock clock,
      Messages messages) {
    this.parser = parser;
    this.decoder = decoder;
    this.turbines = turbines;
    this.readings = readings;
    this.visibility = visibility;
    this.zone = zone;
    this.clock = clock;
    this.messages = messages;
  }

  /// What the wind farm needs of the other rooms.
  ///
  /// @param zone of the site: intervals follow its clock, times without zone are its times
  public record Needs(
      DeviceRegistry devices,
      Visibility visibility,
      SeriesCatalogue catalogue,
      ReadingStore readings,
      ZoneId zone,
      Clock clock,
      Messages messages) {}

  /// Reads the newest record of each turbine, so that what comes next is judged as if nothing had
  /// stopped. Blocks on the store.
  public static WindModule open(TurbineModel model, Needs needs) {
    GeneratorParser parser = new GeneratorParser(needs.zone());
    Turbines turbines = new Turbines(needs.devices(), needs.catalogue());
    TurbineHistories histories = new TurbineHistories();
    turbines.list().stream()
        .limit(RESTORED)
        .forEach(turbine -> restore(turbine, model, needs.readings(), histories));
    GeneratorDecoder decoder =
        new GeneratorDecoder(model, parser, needs.devices(), needs.catalogue(), histories);
    return new WindModule(
        parser,
        decoder,
        turbines,
        needs.readings(),
        needs.visibility(),
        needs.zone(),
        needs.clock(),
        needs.messages());
  }

  private static void restore(
      Turbines.Known turbine,
      TurbineModel model,
      ReadingStore readings,
      TurbineHistories histories) {
    Reading newest = readings.latest(turbine.production()).orElse(null);
    if (newest == null || turbine.wind() == null) {
      return;
    }
    int records = 2 * model.stuckRecords();
    List<Reading> production =
        readings.newest(turbine.production(), Long.MIN_VALUE, newest.ts() + 1, records).reversed();
    List<Reading> wind =
        readings.newest(turbine.wind(), Long.MIN_VALUE, newest.ts() + 1, records).reversed();
    QualityRules.History history = null;
    for (int i = 0; i < Math.min(production.size(), wind.size()); i++) {
      Reading produced = production.get(i);
      Reading blew = wind.get(i);
      history =
          history == null
              ? QualityRules.History.startingWith(
                  Micros.toInstant(produced.ts()), produced.value(), blew.value())
              : history.followedBy(Micros.toInstant(produced.ts()), produced.value(), blew.value());
    }
    if (history != null) {
      histories.restore(turbine.id(), history);
    }
  }

  /// Understands the records of turbines, for the inbox.
  public Decoder decoder() {
    return decoder;
  }

  /// Adds the addresses of the wind farm.
  public void addTo(HttpApi api, Inbox inbox) {
    new WindRoutes(
            inbox,
            parser,
            new NewestRecords(readings, turbines),
            new ParkAggregates(readings, turbines),
            visibility,
            zone,
            clock,
            messages)
        .addTo(api);
  }
}
