package io.vatio.energy;

import com.fasterxml.jackson.databind.JsonNode;
import io.vatio.ingest.Decoder;
import io.vatio.ingest.Decoding;
import io.vatio.ingest.RawMessage;
import io.vatio.ingest.Rejection;
import io.vatio.ingest.Rejection.Reason;
import io.vatio.ingest.Sample;
import io.vatio.kernel.Text;
import io.vatio.platform.json.Json;
import io.vatio.platform.json.Moments;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.OptionalDouble;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// `energy/consumption`: the power of the main meter in kW, as text (`1.5`, `1,5`, ` 1e3 `), as a
/// JSON number, or as `{"value": 1.5, "timestamp": "…"}`.
public final class ConsumptionDecoder implements Decoder {
  /// The address, an MQTT topic.
  public static final String TOPIC = "energy/consumption";

  private static final int MAX_TEXT = 64;
  private static final int MAX_JSON = 4_096;

  private static final Pattern NUMBER =
      Pattern.compile("[+-]?(\\d+([.,]\\d*)?|[.,]\\d+)([eE][+-]?\\d{1,3})?");

  private final ZoneId zone;

  /// @param zone of a timestamp that names none
  public ConsumptionDecoder(ZoneId zone) {
    this.zone = zone;
  }

  @Override
  public boolean wants(String address) {
    return address.equals(TOPIC);
  }

  @Override
  public List<String> filters() {
    return List.of(TOPIC);
  }

  @Override
  public Decoding decode(RawMessage message) {
    byte[] payload = message.payload();
    int start = firstVisible(payload);
    if (start < payload.length && payload[start] == '{') {
      return object(payload);
    }
    if (payload.length > MAX_TEXT) {
      return refused(Reason.MALFORMED, Text.of("energy.too_long", Integer.toString(MAX_TEXT)));
    }
    String text = new String(payload, StandardCharsets.UTF_8).strip();
    OptionalDouble value = number(text);
    return value.isPresent()
        ? accepted(value.getAsDouble(), null)
        : refused(
            looksNumeric(text) ? Reason.INVALID_VALUE : Reason.MALFORMED,
            Text.of("energy.not_a_number", text));
  }

  private Decoding object(byte[] payload) {
    if (payload.length > MAX_JSON) {
      return refused(Reason.MALFORMED, Text.of("energy.too_long", Integer.toString(MAX_JSON)));
    }
    JsonNode node;
    try {
      node = Json.parse(payload);
    } catch (Json.MalformedJson e) {
      return refused(
          Reason.MALFORMED, Text.of("ingest.malformed_json", String.valueOf(e.getMessage())));
    }
    JsonNode value = node.path("value");
    OptionalDouble number =
        value.isNumber()
            ? finite(value.doubleValue())
            : value.isTextual() ? number(value.textValue().strip()) : OptionalDouble.empty();
    if (number.isEmpty()) {
      return refused(
          Reason.INVALID_VALUE, Text.of("energy.value_not_a_number", Moments.shorten(value)));
    }
    JsonNode timestamp = node.path("timestamp");
    if (timestamp.isMissingNode() || timestamp.isNull()) {
      return accepted(number.getAsDouble(), null);
    }
    Instant at = Moments.read(timestamp, zone);
    if (at == null) {
      return refused(
          Reason.INVALID_VALUE,
          Text.of("ingest.not_a_moment", "timestamp", Moments.shorten(timestamp)));
    }
    return accepted(number.getAsDouble(), at);
  }

  private static Decoding accepted(double kilowatts, @Nullable Instant at) {
    return Decoding.Content.of(
        List.of(new Sample(MainMeter.DEVICE, MainMeter.POWER, kilowatts, at, 0, null)));
  }

  private static Decoding refused(Reason reason, Text text) {
    return new Decoding.Refused(new Rejection(reason, text));
  }

  private static int firstVisible(byte[] payload) {
    int i = 0;
    while (i < payload.length && payload[i] <= ' ' && payload[i] >= 0) {
      i++;
    }
    return i;
  }

  private static OptionalDouble number(String text) {
    if (!NUMBER.matcher(text).matches()) {
      return OptionalDouble.empty();
    }
    return finite(Double.parseDouble(text.replace(',', '.')));
  }

  private static OptionalDouble finite(double value) {
    return Double.isFinite(value) ? OptionalDouble.of(value) : OptionalDouble.empty();
  }

  /// NaN, Infinity and numbers beyond a double: a number was meant, but none that can be measured.
  private static boolean looksNumeric(String text) {
    return text.matches("(?i)[+-]?(nan|inf(inity)?)") || NUMBER.matcher(text).matches();
  }
}
