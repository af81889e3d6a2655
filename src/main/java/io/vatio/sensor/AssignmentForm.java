package io.vatio.sensor;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.device.DispositivoLimits;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.json.Json;

/// Reads `configuracion_json` of an assignment: `intervalo` (seconds between readings),
/// `umbral_alerta` (a value) and whatever else somebody wants to keep there.
final class AssignmentForm {
  private static final String FIELD = "configuracion_json";
  private static final double LONGEST = 86_400;

  private AssignmentForm() {}

  /// The configuration of a body, empty when it has none.
  ///
  /// @throws Problem.Invalid for one that cannot be kept
  static ObjectNode configuration(ObjectNode body) {
    JsonNode node = body.path(FIELD);
    if (node.isMissingNode() || node.isNull()) {
      return Json.object();
    }
    Text fault = DispositivoLimits.object(FIELD, node);
    if (fault != null || !(node instanceof ObjectNode configuration)) {
      throw Problem.invalid(
          FIELD, fault == null ? Text.of("device.object_expected", FIELD) : fault);
    }
    JsonNode interval = configuration.path("intervalo");
    boolean said = !interval.isMissingNode() && !interval.isNull();
    if (said
        && !(interval.isNumber()
            && interval.doubleValue() >= 1
            && interval.doubleValue() <= LONGEST)) {
      throw Problem.invalid(FIELD, Text.of("sensor.interval"));
    }
    JsonNode threshold = configuration.path("umbral_alerta");
    if (!threshold.isMissingNode() && !threshold.isNull() && !threshold.isNumber()) {
      throw Problem.invalid(FIELD, Text.of("sensor.threshold"));
    }
    return configuration;
  }
}
