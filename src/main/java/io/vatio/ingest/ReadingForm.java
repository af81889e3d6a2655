package io.vatio.ingest;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import io.vatio.device.DispositivoLimits;
import io.vatio.kernel.Text;
import io.vatio.platform.json.Json;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One reading as a program writes it, `{"dispositivo", "sensor", "valor", "timestamp"?,
/// "metadata_json"?}`, read token by token; every field that is wrong is noted. Other fields are
/// skipped. One form is used again and again; for one thread.
final class ReadingForm {
  static final String DEVICE = "dispositivo";
  static final String SENSOR = "sensor";
  static final String VALUE = "valor";
  static final String TIMESTAMP = "timestamp";
  static final String METADATA = "metadata_json";

  /// In the order in which they are named.
  static final List<String> FIELDS = List.of(DEVICE, SENSOR, VALUE, TIMESTAMP, METADATA);

  /// Characters of metadata.
  private static final int MAX_METADATA = 4_096;

  /// Characters of a moment.
  private static final int MAX_MOMENT = 50;

  private static final Text NUMBER = Text.of("reading.number");

  /// A number that is none, so that a sender who writes it hears which field it was.
  private static final JsonParser.Feature NOT_A_NUMBER =
      JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS.mappedFeature();

  private final Map<String, Text> faults = new LinkedHashMap<>();
  private int seen;
  private long device;
  private long sensor;
  private double value;
  private long at;
  private @Nullable String moment;
  private @Nullable String meta;

  /// A parser for [#read].
  static JsonParser parser(byte[] body) {
    JsonParser in = Json.parser(body);
    in.enable(NOT_A_NUMBER);
    // Fields that come twice are told here, cheaper than by a set of names for each object.
    in.disable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);
    return in;
  }

  long device() {
    return device;
  }

  long sensor() {
    return sensor;
  }

  /// Finite, unless it has a fault.
  double value() {
    return value;
  }

  /// Microseconds since 1970 UTC, or [KnownReadings#UNTIMED]: none, or look at [#moment].
  long at() {
    return at;
  }

  /// A moment that was written in another way than most, null for none.
  @Nullable String moment() {
    return moment;
  }

  /// JSON text, null for none.
  @Nullable String meta() {
    return meta;
  }

  /// By field, in the order in which they are named above; empty when all is well.
  Map<String, Text> faults() {
    return faults;
  }

  /// Reads the object that the parser has just entered, to its end.
  ///
  /// @throws IOException when it is no JSON
  void read(JsonParser in) throws IOException {
    clear();
    for (String field = next(in); field != null; field = next(in)) {
      switch (field) {
        case DEVICE -> once(in, 1, DEVICE);
        case SENSOR -> once(in, 2, SENSOR);
        case VALUE -> once(in, 4, VALUE);
        case TIMESTAMP -> once(in, 8, TIMESTAMP);
        case METADATA -> once(in, 16, METADATA);
        default -> {
          in.nextToken();
          in.skipChildren();
        }
      }
    }
    require(1, DEVICE);
    require(2, SENSOR);
    require(4, VALUE);
  }

  /// Looking for a name, the parser looks at the value already.
  private static @Nullable String next(JsonParser in) throws IOException {
    try {
      return in.nextFieldName();
    } catch (StreamConstraintsException e) {
      String name = in.currentName();
      if (DEVICE.equals(name) || SENSOR.equals(name) || VALUE.equals(name)) {
        throw new Endless(name);
      }
      throw e;
    }
  }

  private void clear() {
    faults.clear();
    seen = 0;
    at = KnownReadings.UNTIMED;
    moment = null;
    meta = null;
  }

  private void require(int bit, String field) {
    if ((seen & bit) == 0) {
      faults.put(field, Text.of("http.field_required"));
    }
  }

  private void once(JsonParser in, int bit, String field) throws IOException {
    JsonToken token = in.nextToken();
    if ((seen & bit) != 0) {
      fault(in, field, Text.of("reading.field_twice"));
      return;
    }
    seen |= bit;
    if (token == JsonToken.VALUE_NULL && bit < 8) {
      fault(in, field, Text.of("http.field_null"));
      return;
    }
    switch (bit) {
      case 1 -> device = key(in, token, field);
      case 2 -> sensor = key(in, token, field);
      case 4 -> value = number(in, token);
      case 8 -> at = moment(in, token);
      default -> meta = metadata(in, token);
    }
  }

  private void fault(JsonParser in, String field, Text text) throws IOException {
    in.skipChildren();
    faults.putIfAbsent(field, text);
  }

  private long key(JsonParser in, @Nullable JsonToken token, String field) throws IOException {
    if (token == JsonToken.VALUE_NUMBER_INT
        && in.getNumberType() != JsonParser.NumberType.BIG_INTEGER) {
      return in.getLongValue();
    }
    if (token == JsonToken.VALUE_STRING) {
      try {
        return Long.parseLong(in.getText().strip());
      } catch (NumberFormatException _) {
        // Said below.
      }
    }
    String shown = token != null && token.isScalarValue() ? in.getText() : String.valueOf(token);
    fault(in, field, unknown(DispositivoLimits.shown(shown)));
    return 0;
  }

  /// What stands where an object should, in the words that clients of the original know.
  static Text notAnObject(@Nullable JsonToken token) {
    return Text.of(
        "http.object_expected",
        switch (token) {
          case START_ARRAY -> "list";
          case VALUE_STRING -> "str";
          case VALUE_NUMBER_INT -> "int";
          case VALUE_NUMBER_FLOAT -> "float";
          case VALUE_TRUE, VALUE_FALSE -> "bool";
          case null, default -> "NoneType";
        });
  }

  /// There is nothing with this id.
  static Text unknown(String key) {
    return Text.of("reading.key_unknown", key);
  }

  private double number(JsonParser in, @Nullable JsonToken token) throws IOException {
    if (token == JsonToken.VALUE_NUMBER_INT || token == JsonToken.VALUE_NUMBER_FLOAT) {
      double number = in.getDoubleValue();
      if (Double.isFinite(number)) {
        return number;
      }
    }
    fault(in, VALUE, NUMBER);
    return 0;
  }

  private long moment(JsonParser in, @Nullable JsonToken token) throws IOException {
    if (token == JsonToken.VALUE_STRING && in.getTextLength() <= MAX_MOMENT) {
      long fast = FastMoment.read(in.getTextCharacters(), in.getTextOffset(), in.getTextLength());
      if (fast == FastMoment.NONE) {
        moment = in.getText();
        return KnownReadings.UNTIMED;
      }
      return fast;
    }
    if (token != JsonToken.VALUE_NULL) {
      fault(in, TIMESTAMP, Text.of("http.moment"));
    }
    return KnownReadings.UNTIMED;
  }

  private @Nullable String metadata(JsonParser in, @Nullable JsonToken token) throws IOException {
    if (token == JsonToken.VALUE_NULL) {
      return null;
    }
    if (token != JsonToken.START_OBJECT) {
      fault(in, METADATA, Text.of("reading.metadata", Integer.toString(MAX_METADATA)));
      return null;
    }
    String text = Json.text(in);
    if (text.equals("{}")) {
      return null;
    }
    if (text.length() > MAX_METADATA || hasHalves(text)) {
      faults.putIfAbsent(METADATA, Text.of("reading.metadata", Integer.toString(MAX_METADATA)));
      return null;
    }
    return text;
  }

  /// Half of a surrogate pair, which UTF-8 has no bytes for.
  private static boolean hasHalves(String text) {
    return text.codePoints()
        .anyMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
  }

  /// A number with so many digits that nobody reads it: what comes behind is not read either.
  static final class Endless extends IOException {
    private static final long serialVersionUID = 1L;
    private final String field;

    Endless(String field) {
      super(field);
      this.field = field;
    }

    String field() {
      return field;
    }
  }
}
