package io.vatio.sensor;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.kernel.Micros;
import io.vatio.platform.json.Json;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Update;

/// The SQL of sensors and of series. Runs inside the caller's transaction.
final class SensorStore {
  private static final String SERIES =
      """
      SELECT s.id, s.device_id, s.sensor_id, s.key, n.name, n.unit, n.range_min, n.range_max,
             s.active, s.configuration, s.assigned_at
        FROM series s
        JOIN sensor n ON n.id = s.sensor_id
      """;

  private static final String INSERT_SENSOR =
      """
      INSERT INTO sensor (name, type, unit, range_min, range_max, state, description, automatic,
                          created_by, created_at, updated_at)
      VALUES (:name, :type, :unit, :min, :max, :state, :description, :automatic,
              :by, :created, :updated)
      """;

  private static final String UPDATE_SENSOR =
      """
      UPDATE sensor
         SET name = :name, type = :type, unit = :unit, range_min = :min, range_max = :max,
             state = :state, description = :description, automatic = :automatic,
             created_by = :by, created_at = :created, updated_at = :updated
       WHERE id = :id
      """;

  private static final String INSERT_SERIES =
      """
      INSERT INTO series (device_id, sensor_id, key, configuration, active, assigned_at)
      VALUES (:device, :sensor, :key, :configuration, 1, :now)
      ON CONFLICT DO NOTHING
      """;

  private static final String UPDATE_SERIES =
      """
      UPDATE series
         SET sensor_id = :sensor, configuration = :configuration, active = :active,
             assigned_at = :assigned
       WHERE id = :id
      """;

  List<Sensor> listSensors(Handle handle) {
    return handle.createQuery("SELECT * FROM sensor").map((row, _) -> sensor(row)).list();
  }

  Sensor insert(Handle handle, Sensor sensor) {
    long id =
        bind(handle.createUpdate(INSERT_SENSOR), sensor)
            .executeAndReturnGeneratedKeys("id")
            .mapTo(Long.class)
            .one();
    return sensor.withId(id);
  }

  void update(Handle handle, Sensor sensor) {
    bind(handle.createUpdate(UPDATE_SENSOR), sensor).bind("id", sensor.id()).execute();
  }

  void deleteSensor(Handle handle, long id) {
    handle.createUpdate("DELETE FROM sensor WHERE id = :id").bind("id", id).execute();
  }

  private static Update bind(Update update, Sensor sensor) {
    return update
        .bind("name", sensor.name())
        .bind("type", sensor.type())
        .bind("unit", sensor.unit())
        .bind("min", sensor.min())
        .bind("max", sensor.max())
        .bind("state", sensor.state())
        .bind("description", sensor.description())
        .bind("automatic", sensor.automatic() ? 1 : 0)
        .bind("by", sensor.createdBy())
        .bind("created", Micros.of(sensor.createdAt()))
        .bind("updated", Micros.of(sensor.updatedAt()));
  }

  List<Series> listSeries(Handle handle) {
    return handle.createQuery(SERIES).map((row, _) -> series(row)).list();
  }

  /// Inserts and returns the row; when the key is already there, the row that has it.
  Series insertSeries(
      Handle handle,
      long deviceId,
      long sensorId,
      String key,
      ObjectNode configuration,
      long assignedAt) {
    handle
        .createUpdate(INSERT_SERIES)
        .bind("device", deviceId)
        .bind("sensor", sensorId)
        .bind("key", key)
        .bind("configuration", Json.text(configuration))
        .bind("now", assignedAt)
        .execute();
    return handle
        .createQuery(SERIES + " WHERE s.device_id = :device AND s.key = :key")
        .bind("device", deviceId)
        .bind("key", key)
        .map((row, _) -> series(row))
        .one();
  }

  void update(Handle handle, Series series) {
    handle
        .createUpdate(UPDATE_SERIES)
        .bind("id", series.id())
        .bind("sensor", series.sensorId())
        .bind("configuration", Json.text(series.configuration()))
        .bind("active", series.active() ? 1 : 0)
        .bind("assigned", Micros.of(series.assignedAt()))
        .execute();
  }

  private static Sensor sensor(ResultSet row) throws SQLException {
    long by = row.getLong("created_by");
    Long createdBy = row.wasNull() ? null : by;
    return new Sensor(
        row.getLong("id"),
        row.getString("name"),
        row.getString("type"),
        row.getString("unit"),
        row.getDouble("range_min"),
        row.getDouble("range_max"),
        row.getString("state"),
        row.getString("description"),
        row.getInt("automatic") == 1,
        createdBy,
        Micros.toInstant(row.getLong("created_at")),
        Micros.toInstant(row.getLong("updated_at")));
  }

  private static Series series(ResultSet row) throws SQLException {
    return new Series(
        row.getInt(1),
        row.getLong(2),
        row.getLong(3),
        row.getString(4),
        row.getString(5),
        row.getString(6),
        row.getDouble(7),
        row.getDouble(8),
        row.getInt(9) == 1,
        (ObjectNode) Json.parse(row.getString(10)),
        Micros.toInstant(row.getLong(11)));
  }
}
