package io.vatio.sensor;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.account.People;
import io.vatio.device.Connection;
import io.vatio.device.Device;
import io.vatio.kernel.Text;
import io.vatio.platform.json.Json;
import io.vatio.platform.text.Messages;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A device and its assignments as `/api/devices/` shows them. `estado` is the state of the asset
/// there; what the device does is in `/dispositivos`.
final class DeviceJson {
  private final SeriesCatalogue catalogue;
  private final SensorJson sensors;
  private final People people;
  private final Messages messages;
  private final Clock clock;

  DeviceJson(
      SeriesCatalogue catalogue,
      SensorJson sensors,
      People people,
      Messages messages,
      Clock clock) {
    this.catalogue = catalogue;
    this.sensors = sensors;
    this.people = people;
    this.messages = messages;
    this.clock = clock;
  }

  ObjectNode of(Device device, String language) {
    ObjectNode json = Json.object();
    json.put("id", device.id());
    json.put("nombre", device.name());
    json.put("tipo", device.type());
    json.put("tipo_display", SensorTypes.device(messages, language, device.type()));
    json.put("identificador_unico", device.serial());
    json.put("ubicacion", device.location());
    json.put("estado", device.lifecycleState());
    json.put("estado_display", SensorTypes.state(messages, language, device.lifecycleState()));
    json.put("descripcion", device.description());
    json.put("operador_asignado", device.operatorId());
    String operator = people.name(device.operatorId());
    if (operator != null) {
      json.put("operador_username", operator);
    }
    List<Series> assigned = catalogue.listOf(device.id()).stream().filter(Series::active).toList();
    ArrayNode list = json.putArray("sensores_asignados");
    assigned.forEach(series -> list.add(nested(series, language)));
    json.put("cantidad_sensores", assigned.size());
    json.put("created_at", device.createdAt().toString());
    json.put("updated_at", device.updatedAt().toString());
    json.put("last_seen", text(device.lastSeen()));
    String connection = Connection.of(device, clock.instant()).code();
    json.put("connection_status", connection);
    String label = "device.connection_" + connection;
    json.put("connection_status_display", messages.in(language, Text.of(label)));
    json.put("modelo", device.model());
    json.put("reclamado", device.claimed());
    json.put("sitio", device.siteId());
    return json;
  }

  /// An assignment inside of its device.
  private ObjectNode nested(Series series, String language) {
    ObjectNode json = Json.object();
    json.put("id", series.id());
    json.put("sensor", series.sensorId());
    json.put("sensor_nombre", series.sensorName());
    json.set(
        "sensor_detail",
        catalogue
            .sensors()
            .findById(series.sensorId())
            .map(sensor -> sensors.of(sensor, language))
            .orElseGet(Json::object));
    return rest(json, series);
  }

  /// An assignment by itself.
  ObjectNode assignment(Device device, Series series) {
    ObjectNode json = Json.object();
    json.put("id", series.id());
    json.put("dispositivo", device.id());
    json.put("dispositivo_nombre", device.name());
    json.put("sensor", series.sensorId());
    json.put("sensor_nombre", series.sensorName());
    return rest(json, series);
  }

  private static ObjectNode rest(ObjectNode json, Series series) {
    json.set("configuracion_json", series.configuration());
    json.put("activo", series.active());
    json.put("fecha_asignacion", series.assignedAt().toString());
    json.put("clave", series.key());
    return json;
  }

  private static @Nullable String text(@Nullable Instant moment) {
    return moment == null ? null : moment.toString();
  }
}
