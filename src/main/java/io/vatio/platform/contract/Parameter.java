package io.vatio.platform.contract;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.vatio.kernel.Text;
import io.vatio.platform.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A parameter in the query or in the path: text that stands for a value of some type.
///
/// @param type of one value
/// @param list several are allowed, repeated or with commas
/// @param bounds the sentence for a whole number outside of them, null where not both are known
record Parameter(
    String name,
    boolean inPath,
    boolean required,
    String type,
    boolean list,
    @Nullable Text bounds,
    Rule rule) {

  static Parameter of(JsonNode parameter, JsonNode schema, Rule rule) {
    boolean list = schema.path("type").asText().equals("array");
    JsonNode one = list ? schema.path("items") : schema;
    Text bounds =
        one.has("minimum") && one.has("maximum")
            ? Text.of(
                "http.whole_number", one.path("minimum").asText(), one.path("maximum").asText())
            : null;
    return new Parameter(
        parameter.path("name").asText(),
        parameter.path("in").asText().equals("path"),
        parameter.path("required").asBoolean(),
        one.path("type").asText("string"),
        list,
        bounds,
        rule);
  }

  /// @param given not empty
  List<Text> faults(List<String> given) {
    if (list) {
      return listFaults(given);
    }
    // As the handlers do: the first one counts.
    JsonNode value = value(given.getFirst().strip());
    if (value == null) {
      return List.of(wrongType());
    }
    Map<String, List<Text>> faults = rule.faults(value);
    if (faults.isEmpty()) {
      return List.of();
    }
    return type.equals("integer") && bounds != null
        ? List.of(bounds)
        : faults.values().iterator().next();
  }

  private List<Text> listFaults(List<String> given) {
    ArrayNode array = Json.array();
    for (String text : given) {
      for (String one : text.split(",", -1)) {
        JsonNode value = value(one.strip());
        if (value == null) {
          return List.of(wrongType());
        }
        array.add(value);
      }
    }
    List<Text> all = new ArrayList<>();
    rule.faults(array).values().forEach(all::addAll);
    return all.isEmpty() ? List.of() : List.of(all.getFirst());
  }

  private Text wrongType() {
    return switch (type) {
      case "integer" -> bounds == null ? Text.of("http.field_integer") : bounds;
      case "boolean" -> Text.of("http.field_boolean");
      default -> Text.of("http.field_number");
    };
  }

  /// The value, null for a text that stands for none of this type.
  private @Nullable JsonNode value(String text) {
    try {
      return switch (type) {
        case "integer" -> LongNode.valueOf(Long.parseLong(text));
        case "number" -> number(Double.parseDouble(text));
        case "boolean" ->
            switch (text) {
              case "true" -> BooleanNode.TRUE;
              case "false" -> BooleanNode.FALSE;
              default -> null;
            };
        default -> TextNode.valueOf(text);
      };
    } catch (NumberFormatException _) {
      return null;
    }
  }

  private static @Nullable JsonNode number(double value) {
    return Double.isFinite(value) ? DoubleNode.valueOf(value) : null;
  }
}
