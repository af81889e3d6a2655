package io.vatio.device;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.platform.json.Json;

/// What the audit log keeps of a device: what people can change of it, by its names on the wire.
/// The lifecycle state and the operating state, both `estado` there, have names of their own here.
final class DeviceAudit {
  private DeviceAudit() {}

  static ObjectNode fields(Device device) {
    ObjectNode fields = Json.object();
    fields.put("identificador_unico", device.serial());
    fields.put("nombre", device.name());
    fields.put("tipo", device.type());
    fields.put("modelo", device.model());
    fields.put("descripcion", device.description());
    fields.put("ubicacion", device.location());
    fields.put("estado", device.lifecycleState());
    fields.put("estado_operativo", device.operatingState());
    fields.set("configuracion", device.configuration());
    fields.put("reclamado", device.claimed());
    fields.put("operador_asignado", device.operatorId());
    fields.put("sitio", device.siteId());
    return fields;
  }
}
