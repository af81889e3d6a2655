package io.vatio.testing;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vatio.audit.AuditLog;
import io.vatio.device.DeviceRegistry;
import io.vatio.device.DeviceShares;
import io.vatio.device.Visibility;
import io.vatio.ingest.DeadLetterStore;
import io.vatio.ingest.Decoder;
import io.vatio.ingest.Decoders;
import io.vatio.ingest.Inbox;
import io.vatio.ingest.InboxSettings;
import io.vatio.ingest.Spool;
import io.vatio.ingest.SpoolSettings;
import io.vatio.platform.db.Database;
import io.vatio.platform.events.Events;
import io.vatio.platform.text.Messages;
import io.vatio.reading.ReadingStore;
import io.vatio.sensor.SeriesCatalogue;
import io.vatio.site.SiteRegistry;
import java.time.Clock;
import java.time.ZoneId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The rooms from the database up to the inbox, wired as the server does, for tests that need no
/// network.
public final class Core implements AutoCloseable {
  public static final ZoneId MADRID = ZoneId.of("Europe/Madrid");

  public final Database database;
  public final Clock clock;
  public final Events events = new Events();
  public final Messages messages = new Messages("es");
  public final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  public final AuditLog audit;
  public final SiteRegistry sites;
  public final DeviceRegistry devices;
  public final DeviceShares shares;
  public final Visibility visibility;
  public final SeriesCatalogue catalogue;
  public final ReadingStore readings;
  public final DeadLetterStore deadLetters;
  public final Inbox inbox;

  private Core(
      Database database,
      Clock clock,
      InboxSettings settings,
      @Nullable SpoolSettings spool,
      List<Decoder> decoders) {
    this.clock = clock;
    this.database = database;
    this.audit = new AuditLog(database, clock);
    this.sites = SiteRegistry.open(database, events, clock, MADRID, "EUR", "es", audit);
    this.devices = DeviceRegistry.open(database, events, clock, sites.defaultSite().id(), audit);
    this.shares = DeviceShares.open(database, events, clock, audit);
    this.visibility = new Visibility(devices, shares);
    this.catalogue = SeriesCatalogue.open(database, clock, audit);
    this.readings = ReadingStore.open(database);
    this.deadLetters = new DeadLetterStore(database);
    this.inbox =
        new Inbox(
            settings,
            new Decoders(decoders),
            new Inbox.Storage(
                database,
                devices,
                catalogue,
                readings,
                deadLetters,
                spool == null ? null : Spool.open(spool, database, meters)),
            events,
            new Inbox.Voice(messages, meters));
  }

  /// Opens the database of this URL (see [Databases]) and starts the inbox.
  public static Core start(String databaseUrl, Clock clock, Decoder... decoders) {
    return start(databaseUrl, clock, InboxSettings.DEFAULT, decoders);
  }

  /// The same with other limits of the inbox.
  public static Core start(
      String databaseUrl, Clock clock, InboxSettings settings, Decoder... decoders) {
    Core core = new Core(Databases.open(databaseUrl), clock, settings, null, List.of(decoders));
    core.inbox.start();
    return core;
  }

  /// The same with a spool.
  public static Core start(
      String databaseUrl, Clock clock, SpoolSettings spool, Decoder... decoders) {
    Core core =
        new Core(
            Databases.open(databaseUrl), clock, InboxSettings.DEFAULT, spool, List.of(decoders));
    core.inbox.start();
    return core;
  }

  /// The same on a database that is open, and closed with it.
  public static Core on(Database database, Clock clock, Decoder... decoders) {
    Core core = new Core(database, clock, InboxSettings.DEFAULT, null, List.of(decoders));
    core.inbox.start();
    return core;
  }

  @Override
  public void close() {
    inbox.close();
    database.close();
  }
}
