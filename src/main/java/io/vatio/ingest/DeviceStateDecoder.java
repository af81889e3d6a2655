package io.vatio.ingest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.device.DeviceRegistry;
import io.vatio.device.DeviceTemplate;
import io.vatio.device.DispositivoLimits;
import io.vatio.kernel.Text;
import io.vatio.platform.json.Json;
import io.vatio.sensor.SensorGuess;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What devices say of themselves on `dispositivos/estado` and `dispositivos/<serial>/estado`:
/// `{"serial_number", "estado"?, "parametros"?, "configuracion"?, "timestamp"?}`.
///
/// Every number in `parametros` is a reading too, under its own name; those of an object inside it
/// under `outer.inner`. A device nobody knows is created unclaimed.
public final class DeviceStateDecoder implements Decoder {
  private static final String SHARED = "dispositivos/estado";
  private static final String PREFIX = "dispositivos/";
  private static final String SUFFIX = "/estado";

  @Override
  public boolean wants(String address) {
    return address.equals(SHARED) || DeviceAddress.serial(address, PREFIX, SUFFIX) != null;
  }

  @Override
  public List<String> filters() {
    return List.of(SHARED, PREFIX + "+" + SUFFIX);
  }

  @Override
  public Decoding decode(RawMessage message) {
    try {
      return content(message);
    } catch (Refusal refusal) {
      return refusal.decoding();
    }
  }

  private static Decoding.Content content(RawMessage message) {
    ObjectNode body = object(message.payload());
    DeviceTemplate device = DeviceTemplate.unknown(serial(message.address(), body));
    String said = text(body, "estado");
    String state = said == null || said.isBlank() ? null : said;
    if (state != null) {
      refuse(DispositivoLimits.text("estado", state, DispositivoLimits.STATE));
    }
    ObjectNode parameters = bounded(body, "parametros");
    ObjectNode configuration = bounded(body, "configuracion");
    Instant at = timestamp(body.path("timestamp"));
    return new Decoding.Content(
        parameters == null ? List.of() : samples(device, parameters, at),
        List.of(new StateReport(device, state, parameters, configuration, at)));
  }

  private static ObjectNode object(byte[] payload) {
    JsonNode node;
    try {
      node = Json.parse(payload);
    } catch (Json.MalformedJson e) {
      throw Refusal.malformed(Text.of("ingest.malformed_json", String.valueOf(e.getMessage())));
    }
    if (node instanceof ObjectNode object) {
      return object;
    }
    throw Refusal.malformed(Text.of("ingest.object_expected"));
  }

  private static String serial(String address, ObjectNode body) {
    String said = text(body, "serial_number");
    String addressed = DeviceAddress.serial(address, PREFIX, SUFFIX);
    if (said == null && addressed == null) {
      throw Refusal.invalid(Text.of("ingest.serial_missing"));
    }
    String serial = said == null ? String.valueOf(addressed) : said;
    if (!DeviceRegistry.isSerial(serial)) {
      throw Refusal.invalid(Text.of("device.serial_wrong", "serial_number"));
    }
    if (addressed != null && !addressed.equals(serial)) {
      throw Refusal.invalid(
          Text.of(
              "ingest.serial_differs",
              "serial_number",
              DispositivoLimits.shown(serial),
              DispositivoLimits.shown(addressed)));
    }
    return serial;
  }

  private static @Nullable String text(ObjectNode body, String field) {
    JsonNode node = body.path(field);
    if (node.isMissingNode() || node.isNull()) {
      return null;
    }
    if (!node.isTextual()) {
      throw Refusal.invalid(Text.of("device.text_expected", field));
    }
    return node.textValue();
  }

  private static @Nullable ObjectNode bounded(ObjectNode body, String field) {
    JsonNode node = body.path(field);
    if (node.isMissingNode() || node.isNull()) {
      return null;
    }
    refuse(DispositivoLimits.object(field, node));
    return node instanceof ObjectNode object ? object : null;
  }

  private static void refuse(@Nullable Text fault) {
    if (fault != null) {
      throw Refusal.invalid(fault);
    }
  }

  private static @Nullable Instant timestamp(JsonNode node) {
    if (node.isMissingNode() || node.isNull()) {
      return null;
    }
    if (node.isNumber()) {
      return DeviceTime.of(node.doubleValue());
    }
    if (node.isTextual()) {
      return DeviceTime.of(node.textValue());
    }
    throw Refusal.invalid(Text.of("ingest.moment", "timestamp", node.getNodeType().name()));
  }

  private static List<Sample> samples(
      DeviceTemplate device, ObjectNode parameters, @Nullable Instant at) {
    List<Sample> samples = new ArrayList<>(parameters.size());
    for (Map.Entry<String, JsonNode> entry : parameters.properties()) {
      if (entry.getValue() instanceof ObjectNode inner) {
        for (Map.Entry<String, JsonNode> deeper : inner.properties()) {
          add(samples, device, entry.getKey() + "." + deeper.getKey(), deeper.getValue(), at);
        }
      } else {
        add(samples, device, entry.getKey(), entry.getValue(), at);
      }
    }
    return samples;
  }

  private static void add(
      List<Sample> samples,
      DeviceTemplate device,
      String key,
      JsonNode value,
      @Nullable Instant at) {
    if (!value.isNumber()) {
      return;
    }
    if (key.length() > DispositivoLimits.KEY) {
      throw Refusal.invalid(
          Text.of("device.key_wrong", "parametros", Integer.toString(DispositivoLimits.KEY)));
    }
    samples.add(new Sample(device, SensorGuess.of(key), value.doubleValue(), at, 0, null));
  }
}
