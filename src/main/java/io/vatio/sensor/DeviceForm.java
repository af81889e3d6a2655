package io.vatio.sensor;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.device.Device;
import io.vatio.device.DeviceRegistry;
import io.vatio.device.DispositivoLimits;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.http.Fields;
import org.jspecify.annotations.Nullable;

/// What a person sends about a device to `/api/devices/`; null for what the body does not say.
/// Everything wrong with it is said at once.
///
/// @param state of the asset, not what the device does
/// @param operator null for a body that says nothing of one, and for one that says none
record DeviceForm(
    @Nullable String name,
    @Nullable String type,
    @Nullable String identifier,
    @Nullable String location,
    @Nullable String state,
    @Nullable String description,
    @Nullable String model,
    @Nullable Long site,
    boolean namesOperator,
    @Nullable Long operator) {
  private static final int NAME = 200;
  private static final int TYPE = 100;
  private static final int LOCATION = 300;
  private static final int DESCRIPTION = 2_000;

  /// The state of a new one that says none.
  private static final String NEW = "inactivo";

  /// Reads a body.
  ///
  /// @param partial whether fields may be missing that a device cannot do without
  /// @throws Problem.Invalid naming every field that is wrong
  static DeviceForm read(ObjectNode body, boolean partial) {
    Fields in = new Fields(body);
    boolean unassigned = in.isNull("operador_asignado");
    DeviceForm form =
        new DeviceForm(
            SensorForm.text(in, "nombre", NAME, partial),
            SensorForm.text(in, "tipo", TYPE, partial),
            identifier(in, partial),
            SensorForm.text(in, "ubicacion", LOCATION, partial),
            SensorForm.choice(in, "estado", SensorTypes.DEVICE_STATES),
            SensorForm.optional(in, "descripcion", DESCRIPTION),
            SensorForm.optional(in, "modelo", TYPE),
            in.has("sitio") ? (Long) in.id("sitio") : null,
            in.has("operador_asignado"),
            in.has("operador_asignado") && !unassigned ? (Long) in.id("operador_asignado") : null);
    in.check();
    return form;
  }

  private static @Nullable String identifier(Fields in, boolean partial) {
    String field = "identificador_unico";
    if (partial && !in.has(field)) {
      return null;
    }
    String text = in.text(field, DeviceRegistry.MAX_SERIAL_LENGTH);
    if (in.isFine(field) && !DeviceRegistry.isSerial(text)) {
      in.fault(field, Text.of("device.serial_wrong", DispositivoLimits.shown(field)));
    }
    return text;
  }

  /// The device with what this form says.
  ///
  /// @param fresh whether it is a new one
  Device applyTo(Device device, @Nullable Long operatorId, boolean fresh) {
    return new Device(
        device.id(),
        site == null ? device.siteId() : site,
        device.serial(),
        or(name, device.name()),
        or(type, device.type()),
        or(model, device.model()),
        or(description, device.description()),
        or(location, device.location()),
        or(state, fresh ? NEW : device.lifecycleState()),
        device.operatingState(),
        device.parameters(),
        device.configuration(),
        device.claimed(),
        operatorId,
        device.lastSeen(),
        device.createdAt(),
        device.updatedAt());
  }

  private static String or(@Nullable String said, String otherwise) {
    return said == null ? otherwise : said;
  }
}
