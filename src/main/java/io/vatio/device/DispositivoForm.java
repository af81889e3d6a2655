package io.vatio.device;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What a person sends about a device; null for what the body does not say. Everything wrong with
/// it is said at once.
record DispositivoForm(
    @Nullable String serial,
    @Nullable String name,
    @Nullable String type,
    @Nullable String model,
    @Nullable String description,
    @Nullable String state,
    @Nullable Boolean on,
    @Nullable ObjectNode parameters,
    @Nullable ObjectNode configuration,
    @Nullable Boolean claimed) {

  /// Reads a body. Fields it does not know are left alone: an app may send back all it once read.
  ///
  /// @throws Problem.Invalid naming every field that is wrong
  static DispositivoForm read(ObjectNode body) {
    if (body.isEmpty()) {
      throw Problem.invalid(Text.of("http.body_missing"));
    }
    Reader in = new Reader(body);
    DispositivoForm form =
        new DispositivoForm(
            in.serial(),
            in.text("nombre", DispositivoLimits.NAME),
            in.text("tipo", DispositivoLimits.TYPE),
            in.text("modelo", DispositivoLimits.MODEL),
            in.text("descripcion", DispositivoLimits.DESCRIPTION),
            in.state(),
            in.bool("encendido", body.get("encendido")),
            in.object("parametros"),
            in.configuration(),
            in.bool("reclamado", body.get("reclamado")));
    if (!in.faults.isEmpty()) {
      throw Problem.invalid(in.faults);
    }
    return form;
  }

  /// The serial number of a request that cannot do without.
  String requireSerial() {
    if (serial == null) {
      throw Problem.invalid(Text.of("device.serial_missing"));
    }
    return serial;
  }

  /// The device with what this form says: `configuracion` merged key by key, `estado` and
  /// `encendido` brought together by the rule of the mode.
  Device applyTo(Device device, boolean claim, @Nullable Long operatorId) {
    ObjectNode merged = device.configuration().deepCopy();
    if (configuration != null) {
      merged.setAll(configuration);
    }
    String next = device.operatingState();
    Optional<Boolean> ruled =
        DispositivoMode.of(merged)
            .rule(
                new DispositivoMode.Said(
                    on,
                    configuration == null || !configuration.path("encendido").isBoolean()
                        ? null
                        : (Boolean) configuration.path("encendido").booleanValue(),
                    state == null ? null : DispositivoMode.switched(state).orElse(null),
                    DispositivoMode.switched(next).orElse(null)));
    if (ruled.isPresent()) {
      merged.put("encendido", ruled.get());
      next = ruled.get() ? DispositivoMode.ON : DispositivoMode.OFF;
    }
    Text large = DispositivoLimits.object("configuracion", merged);
    if (large != null) {
      throw Problem.invalid("configuracion", large);
    }
    return new Device(
        device.id(),
        device.siteId(),
        device.serial(),
        name == null ? device.name() : name,
        type == null ? device.type() : type,
        model == null ? device.model() : model,
        description == null ? device.description() : description,
        device.location(),
        device.lifecycleState(),
        next,
        device.parameters(),
        merged,
        claim,
        operatorId,
        device.lastSeen(),
        device.createdAt(),
        device.updatedAt());
  }

  /// A new device with what this form says, its own words for its state and parameters included.
  Device applyToNew(Device device, @Nullable Long operatorId) {
    Device asSaid =
        device.saying(
            state == null ? device.operatingState() : state,
            parameters == null ? device.parameters() : parameters,
            device.configuration(),
            device.lastSeen(),
            device.updatedAt());
    return applyTo(asSaid, claimed != null && claimed, operatorId);
  }

  /// Takes fields out of a body and collects what is wrong.
  private static final class Reader {
    private final ObjectNode body;
    private final Map<String, List<Text>> faults = new LinkedHashMap<>();

    Reader(ObjectNode body) {
      this.body = body;
    }

    @Nullable String serial() {
      String serial = text("serial_number", DeviceRegistry.MAX_SERIAL_LENGTH);
      if (serial == null || serial.isBlank()) {
        return null;
      }
      if (!DeviceRegistry.isSerial(serial)) {
        fault("serial_number", Text.of("device.serial_wrong", "serial_number"));
      }
      return serial;
    }

    @Nullable String text(String field, int length) {
      JsonNode node = body.path(field);
      if (node.isMissingNode() || node.isNull()) {
        return null;
      }
      if (!node.isTextual()) {
        fault(field, Text.of("device.text_expected", field));
        return null;
      }
      fault(field, DispositivoLimits.text(field, node.textValue(), length));
      return node.textValue();
    }

    /// Words, and what some apps send for them: true, false, 1, 0.
    @Nullable String state() {
      JsonNode node = body.path("estado");
      return node.isBoolean() || node.isIntegralNumber()
          ? node.asText()
          : text("estado", DispositivoLimits.STATE);
    }

    @Nullable Boolean bool(String field, @Nullable JsonNode node) {
      if (node == null || node.isNull()) {
        return null;
      }
      if (!node.isBoolean()) {
        fault(field, Text.of("device.boolean_expected", field));
        return null;
      }
      return node.booleanValue();
    }

    @Nullable ObjectNode object(String field) {
      JsonNode node = body.path(field);
      if (node.isMissingNode() || node.isNull()) {
        return null;
      }
      Text fault = DispositivoLimits.object(field, node);
      fault(field, fault);
      return fault == null && node instanceof ObjectNode object ? object : null;
    }

    @Nullable ObjectNode configuration() {
      ObjectNode configuration = object("configuracion");
      if (configuration != null) {
        bool("configuracion.encendido", configuration.get("encendido"));
        JsonNode mode = configuration.path("modo");
        if (!mode.isMissingNode() && !mode.isNull() && !mode.isTextual()) {
          fault("configuracion.modo", Text.of("device.text_expected", "configuracion.modo"));
        }
      }
      return configuration;
    }

    private void fault(String field, @Nullable Text fault) {
      if (fault != null) {
        faults.put(field, List.of(fault));
      }
    }
  }
}
