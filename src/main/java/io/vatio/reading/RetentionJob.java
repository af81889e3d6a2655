package io.vatio.reading;

import io.vatio.kernel.Micros;
import io.vatio.platform.db.StorageException;
import io.vatio.platform.schedule.Upkeep;
import io.vatio.sensor.Series;
import io.vatio.sensor.SeriesCatalogue;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Lets go of what the rules no longer want, every night and when the rules change: readings once
/// their hours and minutes are complete, minutes and hours by limits of their own. Days stay.
///
/// One thread of its own. Killed at any moment, the next night does the rest.
final class RetentionJob implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RetentionJob.class);
  private static final LocalTime NIGHT = LocalTime.of(3, 10);

  /// After the database could not be written.
  private static final Duration AGAIN = Duration.ofMinutes(5);

  private static final Duration LOOK = Duration.ofSeconds(30);
  private static final long DAY = 86_400_000_000L;

  private final RetentionStore rules;
  private final SeriesCatalogue catalogue;
  private final Rollups rollups;
  private final ZoneId zone;
  private final Upkeep upkeep;
  private volatile boolean wanted;

  /// When the readings are looked through next; of the thread alone.
  private @Nullable ZonedDateTime next;

  /// @param zone in which it is night
  RetentionJob(RetentionStore rules, SeriesCatalogue catalogue, Rollups rollups, ZoneId zone) {
    this.rules = rules;
    this.catalogue = catalogue;
    this.rollups = rollups;
    this.zone = zone;
    this.upkeep = new Upkeep("retention", LOOK, _ -> look());
  }

  void start() {
    upkeep.start();
  }

  /// Has it look soon; the rules changed.
  void wake() {
    wanted = true;
    upkeep.wake();
  }

  private boolean look() {
    if (next == null) {
      next = nextNight();
    }
    if (!wanted && now().isBefore(next)) {
      return false;
    }
    wanted = false;
    // After a fault of ours too: the whole round again would only meet it again.
    next = nextNight();
    try {
      run();
    } catch (StorageException e) {
      next = now().plus(AGAIN);
      throw e;
    }
    return false;
  }

  private ZonedDateTime now() {
    return Micros.toInstant(rollups.now()).atZone(zone);
  }

  private ZonedDateTime nextNight() {
    ZonedDateTime now = now();
    ZonedDateTime night = now.with(NIGHT);
    return night.isAfter(now) ? night : night.plusDays(1);
  }

  /// Does all there is to do now.
  synchronized void run() {
    RetentionRule ofSite = RetentionRule.FOR_EVER;
    Map<Long, RetentionRule> ofSensors = new HashMap<>();
    for (RetentionRule rule : rules.list()) {
      if (rule.sensorId() == null) {
        ofSite = rule;
      } else {
        ofSensors.put(rule.sensorId(), rule);
      }
    }
    for (Series series : catalogue.listAll()) {
      if (upkeep.isClosed()) {
        return;
      }
      apply(series.id(), ofSensors.getOrDefault(series.sensorId(), ofSite));
    }
  }

  private void apply(int seriesId, RetentionRule rule) {
    long now = rollups.now();
    dropReadings(seriesId, limit(rule.rawDays(), now));
    // Never finer than what the readings themselves could still say.
    long gone = rollups.dirty().of(seriesId).frozenBefore();
    long minutes = Math.min(limit(rule.minuteDays(), now), gone);
    long hours = Math.min(limit(rule.hourDays(), now), gone);
    if (minutes > Long.MIN_VALUE || hours > Long.MIN_VALUE) {
      long wholeHours =
          hours == Long.MIN_VALUE ? hours : Interval.DAY.floor(hours, rollups.zone(seriesId));
      rollups
          .store()
          .database()
          .write(
              handle -> {
                rollups.store().deleteMinutes(handle, seriesId, minutes);
                rollups.store().deleteHours(handle, seriesId, wholeHours);
                return true;
              });
    }
  }

  /// The beginning of the UTC day that is the first to stay; Long.MIN_VALUE for all of them.
  private static long limit(@Nullable Integer days, long now) {
    return days == null ? Long.MIN_VALUE : Math.floorDiv(now - days * DAY, DAY) * DAY;
  }

  private void dropReadings(int seriesId, long wanted) {
    long hold = rollups.holds().of(seriesId);
    // An hour that may still change needs what came one hold limit before it.
    long limit = Math.min(wanted, limit(1, rollups.now() - hold));
    long first = rollups.readings().firstTs(seriesId).orElse(Long.MAX_VALUE);
    if (first >= limit) {
      return;
    }
    if (limit > rollups.rawFrom(seriesId)) {
      long until =
          Interval.HOUR.next(
              Interval.HOUR.floor(limit + hold, rollups.zone(seriesId)), rollups.zone(seriesId));
      rollups.complete(seriesId, until);
      rollups.keepMinutes(seriesId, Math.max(first, rollups.rawFrom(seriesId) + hold), until);
      if (upkeep.isClosed()) {
        return;
      }
      rollups.freeze(seriesId, limit);
    }
    long removed = rollups.readings().deleteBefore(seriesId, rollups.rawFrom(seriesId));
    LOG.debug("series {}: {} readings dropped", seriesId, removed);
  }

  @Override
  public void close() {
    upkeep.close();
  }
}
