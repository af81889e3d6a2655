package io.vatio.wind;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.kernel.Text;
import io.vatio.platform.json.Json;
import io.vatio.platform.json.Moments;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Reads the JSON of one record. As lenient as the original where nothing can be misunderstood
/// (`"5"` is 5, `"yes"` is true, unknown fields are ignored), and it names every wrong field at
/// once
/// otherwise. Stateless.
final class GeneratorParser {
  /// A record has some 200 bytes; ten times that leaves room for fields of others.
  static final int MAX_BYTES = 16_384;

  static final int MAX_TEXT = 64;

  private static final Pattern NUMBER =
      Pattern.compile("[+-]?(\\d{1,30}(\\.\\d{0,30})?|\\.\\d{1,30})([eE][+-]?\\d{1,3})?");
  private static final Set<String> YES = Set.of("true", "t", "yes", "y", "on", "1", "si", "sí");
  private static final Set<String> NO = Set.of("false", "f", "no", "n", "off", "0");

  private final ZoneId zone;

  /// @param zone of a timestamp that names none
  GeneratorParser(ZoneId zone) {
    this.zone = zone;
  }

  /// What came of it.
  sealed interface Parsed {
    record Understood(GeneratorRecord record) implements Parsed {}

    /// @param faults at least one
    record Faulty(List<Fault> faults) implements Parsed {}

    record TooLarge() implements Parsed {}
  }

  /// What the address of a message says beside its body.
  ///
  /// @param id number of the turbine, null when only the body names it
  /// @param park name of the park, null when only the body may name it
  record Subject(@Nullable Integer id, @Nullable String park) {
    static final Subject OPEN = new Subject(null, null);
  }

  Parsed parse(byte[] payload, Subject subject) {
    if (payload.length > MAX_BYTES) {
      return new Parsed.TooLarge();
    }
    JsonNode json;
    try {
      json = Json.parse(payload);
    } catch (Json.MalformedJson e) {
      return faulty(
          new Fault(
              "",
              "value_error.jsondecode",
              Text.of("ingest.malformed_json", String.valueOf(e.getMessage()))));
    }
    if (json == null || json.isMissingNode()) {
      return faulty(new Fault("", "value_error.missing", Text.of("http.body_missing")));
    }
    if (!(json instanceof ObjectNode object)) {
      return faulty(new Fault("", "type_error.dict", Text.of("ingest.object_expected")));
    }
    return new Fields(object).record(subject);
  }

  private static Parsed faulty(Fault fault) {
    return new Parsed.Faulty(List.of(fault));
  }

  /// The fields of one object and what is wrong with them. A faulty field reads as some harmless
  /// value; the record is thrown away then.
  private final class Fields {
    private final ObjectNode object;
    private final List<Fault> faults = new ArrayList<>();

    Fields(ObjectNode object) {
      this.object = object;
    }

    Parsed record(Subject subject) {
      GeneratorRecord record =
          new GeneratorRecord(
              id(subject.id()),
              number(Turbine.PRODUCTION),
              number(Turbine.WIND),
              text(Turbine.DIRECTION),
              number(Turbine.TEMPERATURE),
              flag("error"),
              moment("timestamp"),
              park(subject.park()));
      return faults.isEmpty() ? new Parsed.Understood(record) : new Parsed.Faulty(faults);
    }

    private int id(@Nullable Integer told) {
      if (told != null && isAbsent("id")) {
        return told;
      }
      double value = number("id");
      if (!faults.isEmpty()) {
        // The number's own fault says enough, in the words for whole numbers.
        faults.replaceAll(
            fault ->
                fault.type().equals("type_error.float")
                    ? new Fault("id", "type_error.integer", Text.of("wind.not_whole", "id"))
                    : fault);
        return 0;
      }
      if (value != Math.rint(value)) {
        fault("id", "type_error.integer", "wind.not_whole");
      } else if (value < 1 || value > Turbine.MAX_ID) {
        faults.add(
            new Fault(
                "id",
                "value_error",
                Text.of("wind.id_bounds", "id", Integer.toString(Turbine.MAX_ID))));
      } else if (told != null && told != (int) value) {
        faults.add(
            new Fault(
                "id", "value_error", Text.of("wind.id_differs", "id", Integer.toString(told))));
      }
      return (int) value;
    }

    private double number(String field) {
      JsonNode node = required(field);
      if (node == null) {
        return 0;
      }
      double value;
      if (node.isNumber()) {
        value = node.doubleValue();
      } else if (node.isTextual() && NUMBER.matcher(node.textValue().strip()).matches()) {
        value = Double.parseDouble(node.textValue().strip());
      } else {
        fault(field, "type_error.float", "wind.not_a_number");
        return 0;
      }
      if (!Double.isFinite(value)) {
        fault(field, "value_error.number.not_finite_number", "wind.not_finite");
        return 0;
      }
      return value;
    }

    private boolean flag(String field) {
      JsonNode node = object.get(field);
      if (node == null || node.isNull()) {
        return false;
      }
      if (node.isBoolean()) {
        return node.booleanValue();
      }
      String word =
          node.isTextual() || node.isIntegralNumber()
              ? node.asText().strip().toLowerCase(Locale.ROOT)
              : "";
      if (!YES.contains(word) && !NO.contains(word)) {
        fault(field, "type_error.bool", "wind.not_a_flag");
      }
      return YES.contains(word);
    }

    private @Nullable Instant moment(String field) {
      JsonNode node = object.get(field);
      if (node == null || node.isNull()) {
        return null;
      }
      Instant at = Moments.read(node, zone);
      if (at == null) {
        fault(field, "value_error.datetime", "wind.not_a_moment");
      }
      return at;
    }

    private String park(@Nullable String told) {
      String park = isAbsent("parque") ? "" : text("parque");
      if (told == null) {
        return park;
      }
      if (!park.isEmpty() && !park.equals(told)) {
        faults.add(
            new Fault("parque", "value_error", Text.of("wind.park_differs", "parque", told)));
      }
      return told;
    }

    private String text(String field) {
      JsonNode node = required(field);
      if (node == null) {
        return "";
      }
      if (!node.isTextual() && !node.isNumber()) {
        fault(field, "type_error.str", "wind.not_a_text");
        return "";
      }
      String text = node.asText().strip();
      if (!text.isEmpty() && !isName(text)) {
        faults.add(
            new Fault(
                field,
                "value_error",
                Text.of("wind.text_bounds", field, Integer.toString(MAX_TEXT))));
      }
      return text;
    }

    private @Nullable JsonNode required(String field) {
      JsonNode node = object.get(field);
      if (node == null) {
        fault(field, "value_error.missing", "wind.missing");
        return null;
      }
      if (node.isNull()) {
        fault(field, "type_error.none.not_allowed", "wind.missing");
        return null;
      }
      return node;
    }

    private boolean isAbsent(String field) {
      JsonNode node = object.get(field);
      return node == null || node.isNull();
    }

    private void fault(String field, String type, String key) {
      faults.add(new Fault(field, type, Text.of(key, field)));
    }
  }

  /// Whether this can be the name of a park or of a direction: 1 to [#MAX_TEXT] printable
  /// characters. In a body an empty text stands for none, as in the original.
  static boolean isName(String text) {
    return !text.isBlank()
        && text.length() <= MAX_TEXT
        && text.codePoints().noneMatch(GeneratorParser::isUnprintable);
  }

  private static boolean isUnprintable(int codePoint) {
    return Character.isISOControl(codePoint) || Character.getType(codePoint) == Character.SURROGATE;
  }
}
