package io.vatio.ingest;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.vatio.device.DeviceRegistry;
import io.vatio.device.DeviceTemplate;
import io.vatio.device.DispositivoLimits;
import io.vatio.kernel.Text;
import io.vatio.platform.json.Json;
import io.vatio.sensor.SensorGuess;
import io.vatio.sensor.SensorTemplate;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// Values only, on `iot/sensors/<serial>/data`: `{"device_id"?, "sensors": {name: number, …},
/// "timestamp"?}`. Other fields are skipped.
///
/// The address of devices that send much: read token by token, without a tree.
public final class SensorDataDecoder implements Decoder {
  private static final String PREFIX = "iot/sensors/";
  private static final String SUFFIX = "/data";
  private static final int SENSORS = 100;

  /// Names whose guess is remembered; a guess costs more than the rest of a message.
  private static final int REMEMBERED = 10_000;

  private final Map<String, SensorTemplate> guesses = new ConcurrentHashMap<>();

  @Override
  public boolean wants(String address) {
    return DeviceAddress.serial(address, PREFIX, SUFFIX) != null;
  }

  @Override
  public List<String> filters() {
    return List.of(PREFIX + "+" + SUFFIX);
  }

  @Override
  public Decoding decode(RawMessage message) {
    try (JsonParser in = Json.parser(message.payload())) {
      return content(in, serial(message.address()));
    } catch (Refusal refusal) {
      return refusal.decoding();
    } catch (IOException e) {
      return malformed(Json.malformed(e));
    } catch (Json.MalformedJson e) {
      return malformed(e);
    }
  }

  private static Decoding malformed(Json.MalformedJson e) {
    return Refusal.malformed(Text.of("ingest.malformed_json", String.valueOf(e.getMessage())))
        .decoding();
  }

  private static String serial(String address) {
    String serial = DeviceAddress.serial(address, PREFIX, SUFFIX);
    if (serial == null || !DeviceRegistry.isSerial(serial)) {
      throw Refusal.invalid(Text.of("device.serial_wrong", "device_id"));
    }
    return serial;
  }

  private Decoding content(JsonParser in, String serial) throws IOException {
    if (in.nextToken() != JsonToken.START_OBJECT) {
      finish(in);
      throw Refusal.malformed(Text.of("ingest.object_expected"));
    }
    List<Value> values = null;
    Instant at = null;
    for (String field = in.nextFieldName(); field != null; field = in.nextFieldName()) {
      JsonToken token = in.nextToken();
      switch (field) {
        case "sensors" -> values = sensors(in, token);
        case "timestamp" -> at = timestamp(in, token);
        case "device_id" -> checkDevice(in, token, serial);
        default -> in.skipChildren();
      }
    }
    finish(in);
    if (values == null || values.isEmpty()) {
      throw Refusal.invalid(Text.of("ingest.sensors_missing"));
    }
    DeviceTemplate device = DeviceTemplate.unknown(serial);
    List<Sample> samples = new ArrayList<>(values.size());
    for (Value value : values) {
      samples.add(new Sample(device, value.sensor(), value.value(), at, 0, null));
    }
    return Decoding.Content.of(samples);
  }

  /// Reads to the end, so that what is cut off or followed by rubbish is not half taken.
  private static void finish(JsonParser in) throws IOException {
    in.skipChildren();
    if (in.nextToken() != null) {
      throw Refusal.malformed(Text.of("ingest.trailing"));
    }
  }

  private List<Value> sensors(JsonParser in, @Nullable JsonToken token) throws IOException {
    if (token != JsonToken.START_OBJECT) {
      throw Refusal.invalid(Text.of("device.object_expected", "sensors"));
    }
    List<Value> values = new ArrayList<>(4);
    for (String name = in.nextFieldName(); name != null; name = in.nextFieldName()) {
      JsonToken value = in.nextToken();
      if (value != JsonToken.VALUE_NUMBER_INT && value != JsonToken.VALUE_NUMBER_FLOAT) {
        throw Refusal.invalid(
            Text.of("ingest.number_expected", "sensors." + DispositivoLimits.shown(name)));
      }
      double number = in.getDoubleValue();
      if (!Double.isFinite(number)) {
        throw Refusal.invalid(
            Text.of("device.number_not_finite", "sensors." + DispositivoLimits.shown(name)));
      }
      if (values.size() == SENSORS) {
        throw Refusal.invalid(
            Text.of("device.too_many_keys", "sensors", Integer.toString(SENSORS)));
      }
      values.add(new Value(sensor(name), number));
    }
    return values;
  }

  private SensorTemplate sensor(String name) {
    SensorTemplate known = guesses.get(name);
    if (known != null) {
      return known;
    }
    if (name.isBlank() || DispositivoLimits.text(name, name, DispositivoLimits.KEY) != null) {
      throw Refusal.invalid(
          Text.of("device.key_wrong", "sensors", Integer.toString(DispositivoLimits.KEY)));
    }
    SensorTemplate guess = SensorGuess.of(name);
    if (guesses.size() < REMEMBERED) {
      guesses.put(name, guess);
    }
    return guess;
  }

  private static @Nullable Instant timestamp(JsonParser in, @Nullable JsonToken token)
      throws IOException {
    return switch (token) {
      case VALUE_NULL -> null;
      case VALUE_STRING -> DeviceTime.of(in.getText());
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> DeviceTime.of(in.getDoubleValue());
      case null, default ->
          throw Refusal.invalid(Text.of("ingest.moment", "timestamp", String.valueOf(token)));
    };
  }

  /// Devices write their serial number or their user name; both must be those of the address.
  private static void checkDevice(JsonParser in, @Nullable JsonToken token, String serial)
      throws IOException {
    if (token == JsonToken.VALUE_NULL) {
      return;
    }
    if (token == null || !token.isScalarValue()) {
      throw Refusal.invalid(Text.of("device.text_expected", "device_id"));
    }
    String said = in.getText();
    if (!said.equals(serial) && !said.equals("device_" + serial)) {
      throw Refusal.invalid(
          Text.of(
              "ingest.serial_differs",
              "device_id",
              DispositivoLimits.shown(said),
              DispositivoLimits.shown(serial)));
    }
  }

  private record Value(SensorTemplate sensor, double value) {}
}
