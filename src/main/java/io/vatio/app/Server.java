package io.vatio.app;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vatio.account.AccountModule;
import io.vatio.alert.AlertRoutes;
import io.vatio.alert.Alerts;
import io.vatio.audit.AuditLog;
import io.vatio.audit.AuditModule;
import io.vatio.dashboard.ApiDocs;
import io.vatio.dashboard.PageRoutes;
import io.vatio.dashboard.StatsRoutes;
import io.vatio.device.AccessNarrowed;
import io.vatio.device.Device;
import io.vatio.device.DeviceAccessRevoked;
import io.vatio.device.DeviceAccessRoutes;
import io.vatio.device.DeviceCertificateRoutes;
import io.vatio.device.DeviceCertificates;
import io.vatio.device.DeviceChanged;
import io.vatio.device.DeviceCredentials;
import io.vatio.device.DeviceRegistry;
import io.vatio.device.DeviceShares;
import io.vatio.device.DispositivoRoutes;
import io.vatio.device.ShareRoutes;
import io.vatio.device.Visibility;
import io.vatio.energy.ConsumptionDecoder;
import io.vatio.energy.EnergyRoutes;
import io.vatio.energy.MainMeter;
import io.vatio.ingest.DeadLetterRoutes;
import io.vatio.ingest.DeadLetterStore;
import io.vatio.ingest.Decoder;
import io.vatio.ingest.Decoders;
import io.vatio.ingest.DeviceStateDecoder;
import io.vatio.ingest.ImportModule;
import io.vatio.ingest.Inbox;
import io.vatio.ingest.InboxSettings;
import io.vatio.ingest.ReadingPostRoutes;
import io.vatio.ingest.ReadingsStored;
import io.vatio.ingest.SensorDataDecoder;
import io.vatio.ingest.Spool;
import io.vatio.ingest.SpoolSettings;
import io.vatio.kernel.Authenticator;
import io.vatio.kernel.Principal;
import io.vatio.live.LiveModule;
import io.vatio.live.LiveSettings;
import io.vatio.messaging.MessagingModule;
import io.vatio.platform.contract.Contract;
import io.vatio.platform.db.CarryingDatabase;
import io.vatio.platform.db.Database;
import io.vatio.platform.db.PostgresDatabase;
import io.vatio.platform.db.SqliteDatabase;
import io.vatio.platform.db.StorageException;
import io.vatio.platform.events.Events;
import io.vatio.platform.http.ClientAddress;
import io.vatio.platform.http.DateHeader;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.http.HttpFront;
import io.vatio.platform.http.HttpSettings;
import io.vatio.platform.http.IdempotentReplies;
import io.vatio.platform.mail.MailSettings;
import io.vatio.platform.mail.Mailer;
import io.vatio.platform.mail.SmtpMailer;
import io.vatio.platform.text.Messages;
import io.vatio.platform.tls.CertificateKeeper;
import io.vatio.platform.tls.ClientAuthority;
import io.vatio.platform.tls.ServerNames;
import io.vatio.protocol.gateway.ExternalBroker;
import io.vatio.protocol.mqtt.EmbeddedBroker;
import io.vatio.protocol.mqtt.MqttSettings;
import io.vatio.protocol.mqtt.SessionSettings;
import io.vatio.protocol.mqtt.TlsDoor;
import io.vatio.reading.LecturaRoutes;
import io.vatio.reading.Lecturas;
import io.vatio.reading.ReadingStore;
import io.vatio.reading.Rollups;
import io.vatio.reading.SeriesModule;
import io.vatio.sensor.SeriesCatalogue;
import io.vatio.sensor.ThingsModule;
import io.vatio.site.Site;
import io.vatio.site.SiteChanged;
import io.vatio.site.SiteRegistry;
import io.vatio.site.SiteRoutes;
import io.vatio.wind.TurbineModel;
import io.vatio.wind.WindModule;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZoneId;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One running Vatio: all rooms, wired by hand, started from the disk outwards and stopped in the
/// opposite order.
public final class Server implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Server.class);
  private static final int PATIENCE_S = 60;
  private static final long CERTIFICATE_EVERY_MS = 60_000;
  private static final long EXPIRY_EVERY_MS = 1_000;

  private final Settings settings;
  private final Clock clock;

  /// What has been started, newest first.
  private final Deque<Part> parts = new ArrayDeque<>();

  private final Vertx vertx;
  private final AccountModule accounts;
  private final HttpApi api;
  private final @Nullable CertificateKeeper certificate;
  private final Brokers brokers;
  private final HttpFront http;

  private Server(Settings settings, Clock clock) {
    this.settings = settings;
    this.clock = clock;
    try {
      // The event loops warm up while the disk is busy.
      this.vertx = Vertx.vertx(new VertxOptions());
      keep("event loops", () -> await("stop the event loops", vertx.close()));

      DataFolder folder = DataFolder.take(settings.dataDir());
      keep("data folder", folder::close);
      Storage storage = openStorage(folder.path());
      Messages messages = new Messages(settings.site().language());
      var meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
      AuditModule logs =
          new AuditModule(
              new AuditModule.Needs(
                  storage.database(),
                  storage.audit(),
                  settings.logs(),
                  storage.sites().defaultSite().zone(),
                  clock,
                  meters));
      keep("logs", logs);
      Site site = storage.sites().defaultSite();

      WindModule wind =
          WindModule.open(
              TurbineModel.GENERIC,
              new WindModule.Needs(
                  storage.devices(),
                  storage.visibility(),
                  storage.catalogue(),
                  storage.readings(),
                  site.zone(),
                  clock,
                  messages));
      Decoders decoders = new Decoders(decoders(site, wind));
      Inbox inbox =
          new Inbox(
              InboxSettings.DEFAULT,
              decoders,
              new Inbox.Storage(
                  storage.database(),
                  storage.devices(),
                  storage.catalogue(),
                  storage.readings(),
                  storage.deadLetters(),
                  spool(folder.path(), storage.database(), meters)),
              storage.events(),
              new Inbox.Voice(messages, meters));
      SeriesModule series =
          SeriesModule.open(
              new SeriesModule.Needs(
                  storage.database(),
                  storage.devices(),
                  storage.visibility(),
                  storage.catalogue(),
                  storage.readings(),
                  site.id(),
                  site.zone(),
                  storage::zoneOf,
                  clock,
                  storage.audit(),
                  seq -> storage.events().publish(new ReadingsStored(seq, seq))));
      storage
          .events()
          .subscribe(
              ReadingsStored.class,
              stored -> series.rollups().heard(stored.fromSeq(), stored.toSeq()));
      storage.events().subscribe(SiteChanged.class, _ -> series.siteChanged());
      storage
          .events()
          .subscribe(DeviceChanged.class, changed -> series.deviceChanged(changed.device()));
      storage.readings().start(clock, settings.readings());
      Gauge.builder("vatio.readings.unsealed", storage.readings(), ReadingStore::unsealed)
          .description("Readings that are not in their compressed form yet")
          .register(meters);
      Gauge.builder("vatio.chunks.damaged", storage.readings(), ReadingStore::damagedChunks)
          .description("Damaged pieces of stored readings met since the start")
          .register(meters);
      keep("readings", storage.readings()::close);
      series.start();
      keep("roll-ups", series::close);
      Gauge.builder("vatio.rollup.behind", series.rollups(), Rollups::backlog)
          .description("Hours of sensors that wait to be added up")
          .register(meters);
      inbox.start();
      keep("inbox", inbox::close);
      ImportModule imports =
          ImportModule.open(
              new ImportModule.Needs(
                  folder.path().resolve("imports"),
                  storage.database(),
                  inbox,
                  storage.devices(),
                  messages,
                  site.zone(),
                  clock,
                  storage.audit(),
                  series.rollups()::isCrowded));
      imports.start();
      keep("imports", imports::close);

      Mailer mailer = mailer();
      this.accounts =
          AccountModule.open(
              new AccountModule.Needs(storage.database(), clock, messages, storage.audit(), mailer),
              settings.accounts());
      keep("accounts", accounts::close);
      DeviceCredentials credentials =
          DeviceCredentials.open(
              storage.database(),
              storage.devices(),
              accounts.tokens(),
              storage.events(),
              settings.accounts().keys(),
              clock,
              storage.audit());
      ClientAuthority clientAuthority = ClientAuthority.open(tls(folder), clock);
      DeviceCertificates certificates =
          DeviceCertificates.open(
              storage.database(),
              storage.devices(),
              storage.events(),
              clientAuthority,
              settings.tls().clientAuthority() != null,
              clock,
              storage.audit());
      Authenticator authenticator = accounts.authenticator(credentials, certificates);

      this.api =
          new HttpApi(
              vertx,
              authenticator,
              new ClientAddress(settings.http().trustedProxies()),
              messages,
              HttpSettings.MAX_BODY);
      new DateHeader(clock).addTo(api);
      logs.addTo(api);
      CompletableFuture<Contract> contract = new CompletableFuture<>();
      api.holdTo(contract);
      IdempotentReplies replies = new IdempotentReplies(storage.database(), clock);
      api.rememberRepliesIn(replies);
      replies.start();
      keep("answers to repeated requests", replies::close);
      accounts.addTo(api);
      new DeviceAccessRoutes(storage.visibility(), credentials, certificates).addTo(api);
      new DeviceCertificateRoutes(storage.visibility(), certificates).addTo(api);
      new DispositivoRoutes(storage.devices(), storage.visibility(), messages).addTo(api);
      new ShareRoutes(
              storage.devices(),
              storage.shares(),
              storage.visibility(),
              storage.sites(),
              accounts.people(),
              clock)
          .addTo(api);
      new SiteRoutes(storage.sites(), storage.visibility(), clock).addTo(api);
      ThingsModule things =
          new ThingsModule(
              new ThingsModule.Needs(
                  storage.devices(),
                  storage.visibility(),
                  storage.catalogue(),
                  storage.sites(),
                  accounts.people(),
                  series::intervalChanged,
                  messages,
                  clock));
      things.addTo(api);
      new StatsRoutes(
              storage.visibility(),
              things.visibility(),
              storage.catalogue(),
              accounts.people(),
              new Lecturas(storage.readings())::count)
          .addTo(api);
      new DeadLetterRoutes(storage.deadLetters()).addTo(api);
      wind.addTo(api, inbox);
      series.addTo(api);
      readings(storage, series, inbox, messages, site);
      imports.addTo(api);
      new EnergyRoutes(
              storage.devices(),
              storage.visibility(),
              storage.catalogue(),
              storage.readings(),
              site.zone())
          .addTo(api);
      Alerts alerts = new Alerts(storage.database(), storage.events(), storage.audit(), clock);
      new AlertRoutes(alerts).addTo(api);
      MessagingModule messaging =
          new MessagingModule(
              new MessagingModule.Needs(
                  storage.database(),
                  accounts.contacts(),
                  storage.visibility(),
                  storage.catalogue(),
                  storage.readings(),
                  alerts,
                  storage.events(),
                  storage.audit(),
                  mailer,
                  settings.telegram(),
                  settings.publicUrl(),
                  messages,
                  settings.site().language(),
                  site.zone(),
                  meters,
                  clock));
      messaging.addTo(api);
      LiveModule live =
          new LiveModule(
              storage.devices(),
              storage.visibility(),
              storage.catalogue(),
              storage.readings(),
              storage.events(),
              clock,
              LiveSettings.DEFAULT,
              meters);
      live.addTo(api);
      this.certificate = settings.mqtt().tlsPort() == 0 ? null : openCertificate(tls(folder));
      EmbeddedBroker embedded =
          settings.mqtt().embedded()
              ? openBroker(
                  new EmbeddedBroker.Parts(
                      inbox,
                      authenticator,
                      storage.events(),
                      storage.database(),
                      certificate == null ? null : tlsDoor(certificate, clientAuthority),
                      meters,
                      clock,
                      messages,
                      (who, serial) ->
                          storage
                              .devices()
                              .findBySerial(serial)
                              .filter(storage.visibility().of(who))
                              .isPresent()))
              : null;
      if (embedded != null) {
        keep("broker", () -> await("close the broker", embedded.close()));
      }
      ExternalBroker external =
          Brokers.external(
              settings.mqtt(), folder.path(), decoders.filters(), inbox, meters, clock);
      if (external != null) {
        keep("other broker", external);
      }
      this.brokers = new Brokers(embedded, external);
      brokers.mount(api);
      watch(certificate);
      endSessionsWithTheirRights(live, storage);
      new HealthRoutes(
              storage.database(), inbox::storageFailure, inbox::spooling, brokers, meters, clock)
          .addTo(api);
      new ApiDocs(messages).addTo(api);
      new PageRoutes(authority()).addTo(api);

      this.http = openHttp();
      keep("HTTP", () -> await("close HTTP", http.close()));
      logs.start(api);
      contract.completeAsync(Contract::read, Thread.ofPlatform().daemon().name("contract")::start);
      live.start();
      keep("streams", live::close);
      messaging.start();
      keep("messages to people", messaging::close);
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /// Starts everything; returns when all doors are open. Blocks.
  ///
  /// @throws StartFailure with a sentence for the person at the terminal
  public static Server start(Settings settings, Clock clock) {
    try {
      return new Server(settings, clock);
    } catch (StorageException | IllegalStateException e) {
      throw new StartFailure(String.valueOf(e.getMessage()));
    }
  }

  private Storage openStorage(Path folder) {
    Optional<String> url = settings.databaseUrl();
    UpgradeSnapshot snapshot = new UpgradeSnapshot(settings.database(), folder, clock);
    Database database =
        new CarryingDatabase(
            url.isPresent()
                ? PostgresDatabase.open(url.get(), snapshot)
                : SqliteDatabase.open(folder.resolve("vatio.db"), snapshot));
    keep("database", database::close);
    Events events = new Events();
    AuditLog audit = new AuditLog(database, clock);
    SiteRegistry sites =
        SiteRegistry.open(
            database,
            events,
            clock,
            settings.site().zone(),
            settings.site().currency(),
            settings.site().language(),
            audit);
    DeviceRegistry devices =
        DeviceRegistry.open(database, events, clock, sites.defaultSite().id(), audit);
    devices.ensure(List.of(MainMeter.template()));
    DeviceShares shares = DeviceShares.open(database, events, clock, audit);
    SeriesCatalogue catalogue = SeriesCatalogue.open(database, clock, audit);
    events.subscribe(
        DeviceAccessRevoked.class,
        revoked -> {
          if (devices.findById(revoked.deviceId()).isEmpty()) {
            catalogue.forgetDevice(revoked.deviceId());
          }
        });
    return new Storage(
        database,
        events,
        audit,
        sites,
        devices,
        shares,
        new Visibility(devices, shares),
        catalogue,
        ReadingStore.open(database),
        new DeadLetterStore(database));
  }

  private void readings(
      Storage storage, SeriesModule series, Inbox inbox, Messages messages, Site site) {
    new ReadingPostRoutes(
            new ReadingPostRoutes.Needs(
                inbox,
                storage.devices(),
                storage.visibility(),
                storage.catalogue(),
                new Lecturas(storage.readings()),
                storage::zoneOf,
                messages,
                clock))
        .addTo(api);
    new LecturaRoutes(
            new LecturaRoutes.Needs(
                storage.devices(),
                storage.visibility(),
                storage.catalogue(),
                series,
                storage.audit(),
                messages,
                site.zone(),
                clock,
                seq -> storage.events().publish(new ReadingsStored(seq, seq))))
        .addTo(api);
  }

  private @Nullable Spool spool(Path folder, Database database, MeterRegistry meters) {
    return settings.databaseUrl().isEmpty()
        ? null
        : Spool.open(
            new SpoolSettings(folder.resolve("spool"), settings.spoolBytes()), database, meters);
  }

  private static List<Decoder> decoders(Site site, WindModule wind) {
    return List.of(
        new ConsumptionDecoder(site.zone()),
        new SensorDataDecoder(),
        new DeviceStateDecoder(),
        wind.decoder());
  }

  private Mailer mailer() {
    MailSettings mail = settings.mail();
    return mail == null ? Mailer.NONE : SmtpMailer.open(mail, clock);
  }

  private static Path tls(DataFolder folder) {
    return folder.path().resolve("tls");
  }

  private CertificateKeeper openCertificate(Path folder) {
    Path own = settings.tls().certificate();
    Path key = settings.tls().key();
    return own == null || key == null
        ? CertificateKeeper.own(folder, ServerNames.of(settings.publicUrl()), clock)
        : CertificateKeeper.given(own, key, folder.resolve("ca.crt"), clock);
  }

  private TlsDoor tlsDoor(CertificateKeeper keeper, ClientAuthority own) {
    TlsDoor.Clients clients = settings.tls().clients();
    Path other = settings.tls().clientAuthority();
    return clients == TlsDoor.Clients.OFF
        ? TlsDoor.of(keeper.current())
        : new TlsDoor(keeper.current(), clients, other == null ? own.certificate() : other);
  }

  /// Whoever loses a right loses at once what was opened with it.
  private void endSessionsWithTheirRights(LiveModule live, Storage storage) {
    accounts.whenKeyRevoked(
        id -> {
          brokers.revokeKey(id);
          live.recheck();
        });
    accounts.whenAccessChanged(
        id -> {
          brokers.disconnect(who -> who instanceof Principal.User user && user.id() == id);
          live.recheck();
        });
    accounts.whenDeleted(
        id -> {
          storage.devices().forgetAccount(id);
          storage.shares().forgetAccount(id);
          storage.catalogue().sensors().forgetAccount(id);
        });
    storage.events().subscribe(DeviceAccessRevoked.class, _ -> live.recheck());
    storage
        .events()
        .subscribe(
            AccessNarrowed.class,
            narrowed -> {
              brokers.disconnect(
                  who ->
                      !Visibility.seesAll(who)
                          && who.account().equals(OptionalLong.of(narrowed.accountId())));
              live.recheck();
            });
    long timer = vertx.setPeriodic(EXPIRY_EVERY_MS, _ -> endWhatIsOver(storage.shares()));
    keep("expiry of keys and shares", () -> vertx.cancelTimer(timer));
  }

  /// Blocks only in the seconds in which something has run out.
  private void endWhatIsOver(DeviceShares shares) {
    accounts.endExpiredKeys();
    if (shares.anyExpired()) {
      vertx.executeBlocking(
          () -> {
            shares.endExpired();
            return true;
          });
    }
  }

  /// Uses new certificates without a restart.
  private void watch(@Nullable CertificateKeeper keeper) {
    if (keeper != null) {
      long timer =
          vertx.setPeriodic(
              CERTIFICATE_EVERY_MS,
              _ ->
                  vertx
                      .executeBlocking(keeper::refresh)
                      .onSuccess(changed -> changed.ifPresent(brokers::show)));
      keep("certificate", () -> vertx.cancelTimer(timer));
    }
  }

  private EmbeddedBroker openBroker(EmbeddedBroker.Parts brokerParts) {
    Settings.Mqtt mqtt = settings.mqtt();
    return await(
        "listen for MQTT on %s:%d and %d".formatted(mqtt.host(), mqtt.port(), mqtt.tlsPort()),
        EmbeddedBroker.start(
            vertx,
            MqttSettings.of(
                mqtt.host(),
                mqtt.port(),
                mqtt.tlsPort(),
                mqtt.anonymous(),
                mqtt.maxPacket(),
                mqtt.keepAlive(),
                mqtt.door(),
                SessionSettings.DEFAULT.longest(mqtt.sessions())),
            brokerParts));
  }

  private HttpFront openHttp() {
    return await(
        "listen for HTTP on %s:%d".formatted(settings.http().host(), settings.http().port()),
        HttpFront.listen(vertx, settings.http(), api, Runtime.getRuntime().availableProcessors()));
  }

  /// The port of the web and the API.
  public int httpPort() {
    return http.port();
  }

  /// The port of plain MQTT, 0 when it is off.
  public int mqttPort() {
    return brokers.port();
  }

  /// The port of MQTT over TLS, 0 when it is off.
  public int mqttsPort() {
    return brokers.tlsPort();
  }

  /// The certificate authority that clients of the TLS listener have to trust, null without TLS.
  @Nullable Path authority() {
    return certificate == null ? null : certificate.files().authority();
  }

  /// All routes, for the test that compares them with the contract.
  public List<HttpApi.Endpoint> endpoints() {
    return api.endpoints();
  }

  /// The one-time code for the first page, empty when there is an account already.
  Optional<String> setupCode() {
    return accounts.setupCode();
  }

  private void keep(String name, AutoCloseable closing) {
    parts.push(new Part(name, closing));
  }

  private static <T> T await(String what, Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().get(PATIENCE_S, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new StartFailure("Could not " + what + ": " + cause.getMessage());
    } catch (TimeoutException _) {
      throw new StartFailure("Could not " + what + " within " + PATIENCE_S + " s.");
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new StartFailure("Interrupted while trying to " + what + ".");
    }
  }

  /// Closes the doors first, stores what is still inside, then lets go of the disk. Blocks.
  @Override
  public void close() {
    while (!parts.isEmpty()) {
      Part part = parts.pop();
      try {
        part.closing().close();
      } catch (Exception e) {
        LOG.warn("stopping {}: {}", part.name(), e.toString());
      }
    }
  }

  private record Part(String name, AutoCloseable closing) {}

  private record Storage(
      Database database,
      Events events,
      AuditLog audit,
      SiteRegistry sites,
      DeviceRegistry devices,
      DeviceShares shares,
      Visibility visibility,
      SeriesCatalogue catalogue,
      ReadingStore readings,
      DeadLetterStore deadLetters) {
    /// The clock of a series' site; the default one's where nobody knows the series.
    ZoneId zoneOf(int seriesId) {
      return catalogue
          .findById(seriesId)
          .flatMap(series -> devices.findById(series.deviceId()))
          .map(this::zoneOf)
          .orElseGet(() -> sites.defaultSite().zone());
    }

    /// The clock of a device's site.
    ZoneId zoneOf(Device device) {
      return sites.find(device.siteId()).orElseGet(sites::defaultSite).zone();
    }
  }
}
