package io.vatio.device;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.kernel.Micros;
import io.vatio.platform.db.StorageException;
import io.vatio.platform.json.Json;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.mapper.RowMapper;
import org.jdbi.v3.core.statement.Update;

/// The SQL of devices and their state log. Runs inside the caller's transaction.
final class DeviceStore {
  private static final RowMapper<Device> DEVICE = (row, _) -> device(row);

  private static final String INSERT =
      """
      INSERT INTO device (site_id, serial, name, type, model, description, location,
                          lifecycle_state, operating_state, parameters, configuration, claimed,
                          operator_id, last_seen, created_at, updated_at)
      VALUES (:site, :serial, :name, :type, :model, :description, :location,
              :lifecycle, :operating, :parameters, :configuration, :claimed,
              :operator, :seen, :now, :now)
      ON CONFLICT (serial) DO NOTHING
      """;

  private static final String UPDATE =
      """
      UPDATE device
         SET site_id = :site, serial = :serial, name = :name, type = :type, model = :model,
             description = :description,
             location = :location, lifecycle_state = :lifecycle, operating_state = :operating,
             parameters = :parameters, configuration = :configuration, claimed = :claimed,
             operator_id = :operator, last_seen = :seen, updated_at = :now
       WHERE id = :id
      """;

  private static final String UPDATE_REPORTED =
      """
      UPDATE device
         SET operating_state = ?, parameters = ?, configuration = ?, last_seen = ?, updated_at = ?
       WHERE id = ?
      """;

  private static final String INSERT_LOG =
      "INSERT INTO device_log (device_id, at, state, parameters) VALUES (?, ?, ?, ?)";

  private static final String LOG_PAGE =
      """
      SELECT state, parameters, at
        FROM device_log
       WHERE device_id = :device
       ORDER BY id DESC
       LIMIT :limit OFFSET :offset
      """;

  private static final String PRUNE_LOG =
      """
      DELETE FROM device_log
       WHERE device_id = :device
         AND id < (SELECT id FROM device_log
                    WHERE device_id = :device
                    ORDER BY id DESC
                    LIMIT 1 OFFSET :keep)
      """;

  List<Device> listAll(Handle handle) {
    return handle.createQuery("SELECT * FROM device ORDER BY id").map(DEVICE).list();
  }

  /// Inserts and returns the row; when the serial is already there, the row that has it.
  Device insert(Handle handle, Device device) {
    bind(handle.createUpdate(INSERT), device).execute();
    return handle
        .createQuery("SELECT * FROM device WHERE serial = :serial")
        .bind("serial", device.serial())
        .map(DEVICE)
        .one();
  }

  void update(Handle handle, Device device) {
    bind(handle.createUpdate(UPDATE), device).bind("id", device.id()).execute();
  }

  void saveSeen(Handle handle, List<Device> devices) {
    if (devices.isEmpty()) {
      return;
    }
    var batch = handle.prepareBatch("UPDATE device SET last_seen = ? WHERE id = ?");
    for (Device device : devices) {
      Instant seen = device.lastSeen();
      batch.bind(0, seen == null ? null : (Long) Micros.of(seen)).bind(1, device.id()).add();
    }
    batch.execute();
  }

  boolean delete(Handle handle, long id) {
    return handle.createUpdate("DELETE FROM device WHERE id = :id").bind("id", id).execute() > 0;
  }

  /// What devices said of themselves; plain JDBC, for this runs in every batch of messages.
  void updateReported(Handle handle, Collection<Device> devices) {
    if (devices.isEmpty()) {
      return;
    }
    try (PreparedStatement update = handle.getConnection().prepareStatement(UPDATE_REPORTED)) {
      for (Device device : devices) {
        update.setString(1, device.operatingState());
        update.setString(2, Json.text(device.parameters()));
        update.setString(3, Json.text(device.configuration()));
        Instant seen = device.lastSeen();
        if (seen == null) {
          update.setNull(4, Types.BIGINT);
        } else {
          update.setLong(4, Micros.of(seen));
        }
        update.setLong(5, Micros.of(device.updatedAt()));
        update.setLong(6, device.id());
        update.addBatch();
      }
      update.executeBatch();
    } catch (SQLException e) {
      throw new StorageException("devices: reported states: " + e.getMessage(), e);
    }
  }

  void insertLogs(Handle handle, List<StateLog> logs) {
    if (logs.isEmpty()) {
      return;
    }
    try (PreparedStatement insert = handle.getConnection().prepareStatement(INSERT_LOG)) {
      for (StateLog log : logs) {
        insert.setLong(1, log.deviceId());
        insert.setLong(2, Micros.of(log.at()));
        insert.setString(3, log.state());
        insert.setString(4, Json.text(log.parameters()));
        insert.addBatch();
      }
      insert.executeBatch();
    } catch (SQLException e) {
      throw new StorageException("devices: state log: " + e.getMessage(), e);
    }
  }

  List<StateLog> listLogs(Handle handle, long deviceId, int limit, long offset) {
    return handle
        .createQuery(LOG_PAGE)
        .bind("device", deviceId)
        .bind("limit", limit)
        .bind("offset", offset)
        .map(
            (row, _) ->
                new StateLog(
                    deviceId, Micros.toInstant(row.getLong(3)), row.getString(1), object(row, 2)))
        .list();
  }

  long countLogs(Handle handle, long deviceId) {
    return handle
        .createQuery("SELECT count(*) FROM device_log WHERE device_id = :device")
        .bind("device", deviceId)
        .mapTo(Long.class)
        .one();
  }

  int pruneLogs(Handle handle, long deviceId, int keep) {
    return handle.createUpdate(PRUNE_LOG).bind("device", deviceId).bind("keep", keep - 1).execute();
  }

  private static Update bind(Update update, Device device) {
    Instant seen = device.lastSeen();
    return update
        .bind("site", device.siteId())
        .bind("serial", device.serial())
        .bind("name", device.name())
        .bind("type", device.type())
        .bind("model", device.model())
        .bind("description", device.description())
        .bind("location", device.location())
        .bind("lifecycle", device.lifecycleState())
        .bind("operating", device.operatingState())
        .bind("parameters", Json.text(device.parameters()))
        .bind("configuration", Json.text(device.configuration()))
        .bind("claimed", device.claimed() ? 1 : 0)
        .bind("operator", device.operatorId())
        .bind("seen", seen == null ? null : (Long) Micros.of(seen))
        .bind("now", Micros.of(device.updatedAt()));
  }

  private static Device device(ResultSet row) throws SQLException {
    long operator = row.getLong("operator_id");
    Long operatorId = row.wasNull() ? null : operator;
    long seen = row.getLong("last_seen");
    Instant lastSeen = row.wasNull() ? null : Micros.toInstant(seen);
    return new Device(
        row.getLong("id"),
        row.getLong("site_id"),
        row.getString("serial"),
        row.getString("name"),
        row.getString("type"),
        row.getString("model"),
        row.getString("description"),
        row.getString("location"),
        row.getString("lifecycle_state"),
        row.getString("operating_state"),
        (ObjectNode) Json.parse(row.getString("parameters")),
        (ObjectNode) Json.parse(row.getString("configuration")),
        row.getInt("claimed") == 1,
        operatorId,
        lastSeen,
        Micros.toInstant(row.getLong("created_at")),
        Micros.toInstant(row.getLong("updated_at")));
  }

  private static ObjectNode object(ResultSet row, int column) throws SQLException {
    return (ObjectNode) Json.parse(row.getString(column));
  }
}
