package io.vatio.reading;

import com.fasterxml.jackson.databind.JsonNode;
import io.vatio.platform.db.Database;
import io.vatio.platform.json.Json;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// For how long the value of a series counts when no next one comes: three times the interval that
/// its configuration names (`intervalo`, seconds), or a quarter of an hour. Thread safe.
public final class HoldLimits {
  static final long USUAL = 15L * 60 * 1_000_000;

  /// Whatever the configuration says: every reading is looked at this far ahead.
  static final long LONGEST = 7L * 86_400 * 1_000_000;

  private static final long SHORTEST = 1_000_000;
  private static final int INTERVALS = 3;

  private final Database database;
  private final Map<Integer, Long> known = new ConcurrentHashMap<>();

  public HoldLimits(Database database) {
    this.database = database;
    database
        .read(
            handle ->
                handle
                    .createQuery("SELECT id, configuration FROM series WHERE configuration <> '{}'")
                    .map((row, _) -> Map.entry(row.getInt(1), row.getString(2)))
                    .list())
        .forEach(entry -> known.put(entry.getKey(), limit(entry.getValue())));
  }

  /// Microseconds.
  public long of(int seriesId) {
    return known.getOrDefault(seriesId, USUAL);
  }

  /// Reads the configuration of a series again. Whoever changes it calls this before
  /// [Rollups#rebuild].
  public void reload(int seriesId) {
    database
        .read(
            handle ->
                handle
                    .createQuery("SELECT configuration FROM series WHERE id = :id")
                    .bind("id", seriesId)
                    .mapTo(String.class)
                    .findOne())
        .ifPresentOrElse(
            configuration -> known.put(seriesId, limit(configuration)),
            () -> known.remove(seriesId));
  }

  static long limit(String configuration) {
    JsonNode interval = Json.parse(configuration).path("intervalo");
    double micros = interval.isNumber() ? interval.doubleValue() * 1e6 * INTERVALS : 0;
    return micros > 0 ? Math.clamp((long) Math.min(micros, 1e18), SHORTEST, LONGEST) : USUAL;
  }
}
