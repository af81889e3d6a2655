package io.vatio.platform.contract;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.Error;
import com.networknt.schema.path.NodePath;
import io.vatio.kernel.Text;
import io.vatio.platform.json.Json;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Says in the words of the API what a schema finds wrong with a value.
final class Sentences {
  /// The name under which the original speaks of a body as a whole.
  private static final String WHOLE = "non_field_errors";

  private static final int MAX_FIELDS = 100;
  private static final int MAX_SHOWN = 100;

  private Sentences() {}

  /// By field, in the order they were found, the first fault of each.
  static Map<String, List<Text>> of(List<Error> errors) {
    Map<String, List<Text>> faults = new LinkedHashMap<>();
    for (Error error : errors) {
      if (faults.size() == MAX_FIELDS) {
        break;
      }
      faults.putIfAbsent(field(error), List.of(text(error)));
    }
    return faults;
  }

  /// Where it is: `nombre`, `reglas[0].dias`. A plain value in a list has the list's name.
  private static String field(Error error) {
    NodePath path = error.getInstanceLocation();
    StringBuilder field = new StringBuilder();
    String property = missing(error) ? error.getProperty() : null;
    for (int i = 0; i < path.getNameCount(); i++) {
      if (path.getElement(i) instanceof Integer index) {
        boolean last = i + 1 == path.getNameCount() && property == null;
        if (!last || isContainer(error)) {
          field.append('[').append(index).append(']');
        }
      } else {
        field.append(field.isEmpty() ? "" : ".").append(path.getElement(i));
      }
    }
    if (property != null) {
      field.append(field.isEmpty() ? "" : ".").append(property);
    }
    return field.isEmpty() ? WHOLE : field.toString();
  }

  private static boolean isContainer(Error error) {
    return error.getInstanceNode() != null && error.getInstanceNode().isContainerNode();
  }

  private static boolean missing(Error error) {
    return error.getKeyword().equals("required");
  }

  private static Text text(Error error) {
    JsonNode value = error.getInstanceNode();
    JsonNode rule = error.getSchemaNode();
    String path = String.valueOf(error.getEvaluationPath());
    if (path.contains("/oneOf/") || path.contains("/anyOf/")) {
      return Text.of("http.field_wrong");
    }
    return switch (error.getKeyword()) {
      case "required" -> Text.of("http.field_required");
      case "type" -> wrongType(value, rule);
      case "enum", "const" -> Text.of("http.not_a_choice", shown(value));
      case "minLength" ->
          value.asText().isBlank()
              ? Text.of("http.field_blank")
              : Text.of("http.field_short", rule.asText());
      case "maxLength" -> Text.of("http.field_long", rule.asText());
      case "minimum", "exclusiveMinimum" -> Text.of("http.field_least", rule.asText());
      case "maximum", "exclusiveMaximum" -> Text.of("http.field_most", rule.asText());
      case "minItems" -> Text.of("http.field_none");
      case "maxItems" -> Text.of("http.field_list", rule.asText());
      case "additionalProperties", "unevaluatedProperties" -> Text.of("http.field_unknown");
      default -> Text.of("http.field_wrong");
    };
  }

  private static Text wrongType(JsonNode value, JsonNode rule) {
    if (value.isNull()) {
      return Text.of("http.field_null");
    }
    String type = rule.isArray() ? rule.path(0).asText() : rule.asText();
    return switch (type) {
      case "string" -> Text.of("http.field_text");
      case "integer" -> Text.of("http.field_integer");
      case "number" -> Text.of("http.field_number");
      case "boolean" -> Text.of("http.field_boolean");
      case "array" -> Text.of("http.field_array", Json.kind(value));
      case "object" -> Text.of("http.object_expected", Json.kind(value));
      default -> Text.of("http.field_wrong");
    };
  }

  private static String shown(JsonNode value) {
    String text = value.isTextual() ? value.textValue() : value.toString();
    return text.length() <= MAX_SHOWN ? text : text.substring(0, MAX_SHOWN) + "…";
  }
}
