package io.vatio.wind;

import io.vatio.ingest.Decoder;
import io.vatio.ingest.Decoding;
import io.vatio.ingest.InboxSettings;
import io.vatio.ingest.Origin;
import io.vatio.ingest.RawMessage;
import io.vatio.ingest.Receipt;
import io.vatio.kernel.Micros;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Reach;
import io.vatio.reading.Interval;
import io.vatio.testing.Core;
import io.vatio.testing.FixedClock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// The wind farm on a real inbox and a real database, without network. Its clock stands.
final class Park implements AutoCloseable {
  static final Principal.User ADMIN = new Principal.User(1, "admin", true, "", Set.of(), Reach.ALL);

  final FixedClock clock = FixedClock.at("2026-03-01T12:00:00Z");
  final Core core;
  final WindModule wind;
  final ParkAggregates aggregates;

  Park(Path folder) {
    this(folder, InboxSettings.DEFAULT);
  }

  Park(Path folder, InboxSettings settings) {
    this("sqlite:" + folder.resolve("vatio.db"), settings);
  }

  /// @param databaseUrl see [io.vatio.testing.Databases]
  Park(String databaseUrl, InboxSettings settings) {
    Late decoder = new Late();
    this.core = Core.start(databaseUrl, clock, settings, decoder);
    this.wind = open();
    decoder.decoder = wind.decoder();
    this.aggregates = new ParkAggregates(core.readings, new Turbines(core.devices, core.catalogue));
  }

  /// The module as a server that starts now would have it.
  WindModule open() {
    return WindModule.open(
        TurbineModel.GENERIC,
        new WindModule.Needs(
            core.devices,
            core.visibility,
            core.catalogue,
            core.readings,
            Core.MADRID,
            clock,
            core.messages));
  }

  Receipt send(String address, String json) {
    return accept(address, json, ADMIN).join();
  }

  /// A record of a generator over HTTP.
  Receipt send(String json) {
    return send("generador", json);
  }

  CompletableFuture<Receipt> accept(String address, String json, Principal sender) {
    return core.inbox.accept(
        RawMessage.of(
            Origin.MQTT, address, json.getBytes(StandardCharsets.UTF_8), clock.instant(), sender));
  }

  ParkAggregate aggregate(Interval interval, Instant from, Instant to, @Nullable String park) {
    long[] bounds = interval.bounds(Micros.of(from), Micros.of(to), Core.MADRID);
    return aggregates.over(_ -> true, from, to, bounds, park, clock.instant());
  }

  static String json(int id, double production, double windMs, Instant at) {
    return """
        {"id":%d,"valor_produccion":%s,"velocidad_viento":%s,"direccion_viento":"NE",
         "temperatura":12.5,"error":false,"timestamp":"%s"}"""
        .formatted(id, production, windMs, at);
  }

  List<String> newest() {
    return new NewestRecords(core.readings, new Turbines(core.devices, core.catalogue))
        .list(_ -> true).stream().map(Object::toString).toList();
  }

  @Override
  public void close() {
    core.close();
  }

  /// The inbox wants its decoders before the registries exist that they ask.
  private static final class Late implements Decoder {
    private Decoder decoder;

    @Override
    public boolean wants(String address) {
      return decoder.wants(address);
    }

    @Override
    public Decoding decode(RawMessage message) {
      return decoder.decode(message);
    }
  }
}
