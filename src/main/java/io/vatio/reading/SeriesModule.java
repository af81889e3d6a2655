package io.vatio.reading;

import io.vatio.audit.AuditLog;
import io.vatio.device.Device;
import io.vatio.device.DeviceRegistry;
import io.vatio.device.Visibility;
import io.vatio.platform.db.Database;
import io.vatio.platform.http.HttpApi;
import io.vatio.sensor.Series;
import io.vatio.sensor.SeriesCatalogue;
import java.time.Clock;
import java.time.ZoneId;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntFunction;
import java.util.function.LongConsumer;

/// The wiring of what readings add up to: roll-ups beside the store, and the routes that ask.
public final class SeriesModule implements AutoCloseable {
  private final Needs needs;
  private final Rollups rollups;
  private final Buckets buckets;
  private final RetentionStore rules;
  private final RetentionJob retention;

  /// The site of each device, as last heard.
  private final Map<Long, Long> sites = new ConcurrentHashMap<>();

  private SeriesModule(Needs needs, Rollups rollups) {
    this.needs = needs;
    this.rollups = rollups;
    this.buckets = new Buckets(rollups);
    this.rules = new RetentionStore(needs.database(), needs.siteId());
    this.retention = new RetentionJob(rules, needs.catalogue(), rollups, needs.zone());
    needs.devices().listAll().forEach(device -> sites.put(device.id(), device.siteId()));
  }

  /// What it needs of the other rooms.
  ///
  /// @param siteId the site whose rules of retention count
  /// @param zone of the default site: moments that name none are by its clock
  /// @param zones whose clock the hours and days of a series follow; for series that nobody knows
  ///     the default site's
  /// @param corrected hears the newest seq there is after readings were corrected
  public record Needs(
      Database database,
      DeviceRegistry devices,
      Visibility visibility,
      SeriesCatalogue catalogue,
      ReadingStore readings,
      long siteId,
      ZoneId zone,
      IntFunction<ZoneId> zones,
      Clock clock,
      AuditLog audit,
      LongConsumer corrected) {}

  /// Finds out what is still to be added up. Blocks; call before the store works and before the
  /// first reading comes in.
  public static SeriesModule open(Needs needs) {
    return new SeriesModule(
        needs,
        Rollups.open(
            needs.database(),
            needs.readings(),
            () -> needs.catalogue().listAll().stream().map(Series::id).toList(),
            needs.zones(),
            needs.clock()));
  }

  /// A site has another clock, perhaps. Cheap.
  public void siteChanged() {
    rollups.zonesChanged();
  }

  /// A device is at another site, perhaps. Cheap.
  public void deviceChanged(Device device) {
    Long before = sites.put(device.id(), device.siteId());
    if (before != null && before != device.siteId()) {
      rollups.zonesChanged();
    }
  }

  public Rollups rollups() {
    return rollups;
  }

  public Buckets buckets() {
    return buckets;
  }

  /// Counts the values of a series for as long as its configuration now says, from the first one
  /// on. Blocks.
  public void intervalChanged(int seriesId) {
    rollups.holds().reload(seriesId);
    rollups.rebuild(seriesId);
  }

  /// Starts the work beside.
  public void start() {
    rollups.start();
    retention.start();
  }

  public void addTo(HttpApi api) {
    SeriesSelection selection =
        new SeriesSelection(needs.devices(), needs.visibility(), needs.catalogue());
    new SeriesRoutes(selection, buckets, needs.readings(), needs.zone(), needs.clock()).addTo(api);
    new ExportRoutes(selection, buckets, needs.readings(), needs.zone(), needs.clock()).addTo(api);
    new CorrectionRoutes(selection, rollups, needs.zone(), needs.clock(), needs.corrected())
        .addTo(api);
    new RetentionRoutes(rules, retention, rollups).addTo(api);
  }

  @Override
  public void close() {
    retention.close();
    rollups.close();
  }
}
