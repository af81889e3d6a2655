package io.vatio.sensor;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.account.People;
import io.vatio.platform.json.Json;
import io.vatio.platform.text.Messages;

/// A sensor on the wire.
final class SensorJson {
  private final People people;
  private final Messages messages;

  SensorJson(People people, Messages messages) {
    this.people = people;
    this.messages = messages;
  }

  ObjectNode of(Sensor sensor, String language) {
    ObjectNode json = Json.object();
    json.put("id", sensor.id());
    json.put("nombre", sensor.name());
    json.put("tipo", sensor.type());
    json.put("tipo_display", SensorTypes.sensor(messages, language, sensor.type()));
    json.put("unidad_medida", sensor.unit());
    json.put("rango_min", sensor.min());
    json.put("rango_max", sensor.max());
    json.put("estado", sensor.state());
    json.put("estado_display", SensorTypes.state(messages, language, sensor.state()));
    json.put("descripcion", sensor.description());
    json.put("created_by", sensor.createdBy());
    json.put("created_by_username", people.name(sensor.createdBy()));
    json.put("created_at", sensor.createdAt().toString());
    json.put("updated_at", sensor.updatedAt().toString());
    json.put("automatico", sensor.automatic());
    return json;
  }
}
