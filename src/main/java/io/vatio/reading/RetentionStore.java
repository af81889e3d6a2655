package io.vatio.reading;

import io.vatio.platform.db.Database;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The table of rules, for one site.
final class RetentionStore {
  private final Database database;
  private final long siteId;

  RetentionStore(Database database, long siteId) {
    this.database = database;
    this.siteId = siteId;
  }

  /// The rule of the site first, then those of sensors.
  List<RetentionRule> list() {
    return database.read(
        handle ->
            handle
                .createQuery(
                    """
                    SELECT sensor_id, raw_days, minute_days, hour_days
                      FROM retention
                     WHERE site_id = :site
                     ORDER BY coalesce(sensor_id, 0)
                    """)
                .bind("site", siteId)
                .map(
                    (row, _) -> {
                      Integer sensor = number(row, 1);
                      return new RetentionRule(
                          sensor == null ? null : (Long) sensor.longValue(),
                          number(row, 2),
                          number(row, 3),
                          number(row, 4));
                    })
                .list());
  }

  private static @Nullable Integer number(ResultSet row, int column) throws SQLException {
    int number = row.getInt(column);
    return row.wasNull() ? null : (Integer) number;
  }

  /// Puts these in place of all.
  void replace(List<RetentionRule> rules, long now) {
    database.write(
        handle -> {
          handle.execute("DELETE FROM retention WHERE site_id = ?", siteId);
          for (RetentionRule rule : rules) {
            handle
                .createUpdate(
                    """
                    INSERT INTO retention
                      (site_id, sensor_id, raw_days, minute_days, hour_days, updated_at)
                    VALUES (:site, :sensor, :raw, :minute, :hour, :now)
                    """)
                .bind("site", siteId)
                .bind("sensor", rule.sensorId())
                .bind("raw", rule.rawDays())
                .bind("minute", rule.minuteDays())
                .bind("hour", rule.hourDays())
                .bind("now", now)
                .execute();
          }
          return true;
        });
  }

  /// Whether there is such a sensor.
  boolean hasSensor(long id) {
    return database.read(
        handle ->
            handle
                    .createQuery("SELECT count(*) FROM sensor WHERE id = :id")
                    .bind("id", id)
                    .mapTo(Long.class)
                    .one()
                > 0);
  }
}
