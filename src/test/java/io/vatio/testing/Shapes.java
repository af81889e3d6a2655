package io.vatio.testing;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/// Holds JSON against the schemas of a contract: the part of JSON Schema that the contract uses,
/// and
/// a complaint about every other word, so that nothing is overlooked in silence.
public final class Shapes {
  private static final Set<String> NOTES =
      Set.of("description", "default", "example", "maxLength", "minLength", "minProperties");

  private final JsonNode contract;

  /// @param contract the whole OpenAPI document
  public Shapes(JsonNode contract) {
    this.contract = contract;
  }

  /// What is wrong with a value; empty for nothing. Properties that the schema does not name are
  /// wrong too, so that an answer cannot grow without the contract.
  public List<String> faults(JsonNode schema, JsonNode value) {
    List<String> faults = new ArrayList<>();
    Set<String> named = check(schema, value, "$", faults);
    if (value.isObject() && !named.contains("*")) {
      value
          .fieldNames()
          .forEachRemaining(
              name -> {
                if (!named.contains(name)) {
                  faults.add("$." + name + " is not in the contract");
                }
              });
    }
    return faults;
  }

  /// The node that a `$ref` stands for, or the node itself.
  public JsonNode resolve(JsonNode node) {
    String reference = node.path("$ref").asText();
    if (reference.isEmpty()) {
      return node;
    }
    JsonNode target = contract.at(reference.substring(1));
    if (target.isMissingNode()) {
      throw new AssertionError("nothing at " + reference);
    }
    return target;
  }

  /// @return names of the properties that the schema knows; `*` for any
  private Set<String> check(JsonNode given, JsonNode value, String path, List<String> faults) {
    JsonNode schema = resolve(given);
    Set<String> named = new TreeSet<>();
    for (Map.Entry<String, JsonNode> word : schema.properties()) {
      JsonNode rule = word.getValue();
      switch (word.getKey()) {
        case "type" -> type(rule, value, path, faults);
        case "const" -> expect(rule.equals(value), path + " is not " + rule, faults);
        case "enum" -> expect(contains(rule, value), path + " is none of " + rule, faults);
        case "format" -> format(rule.asText(), value, path, faults);
        case "minimum" ->
            expect(
                !value.isNumber() || value.asDouble() >= rule.asDouble(),
                path + " is too small",
                faults);
        case "maximum" ->
            expect(
                !value.isNumber() || value.asDouble() <= rule.asDouble(),
                path + " is too large",
                faults);
        case "minItems" -> expect(value.size() >= rule.asInt(), path + " is too short", faults);
        case "maxItems" -> expect(value.size() <= rule.asInt(), path + " is too long", faults);
        case "required" ->
            rule.forEach(
                name ->
                    expect(
                        !value.isObject() || value.has(name.asText()),
                        path + " has no " + name.asText(),
                        faults));
        case "properties" -> {
          rule.fieldNames().forEachRemaining(named::add);
          for (Map.Entry<String, JsonNode> property : rule.properties()) {
            if (value.has(property.getKey())) {
              nested(
                  property.getValue(),
                  value.get(property.getKey()),
                  path + "." + property.getKey(),
                  faults);
            }
          }
        }
        case "additionalProperties" -> {
          named.add("*");
          for (Map.Entry<String, JsonNode> property : value.properties()) {
            nested(rule, property.getValue(), path + "." + property.getKey(), faults);
          }
        }
        case "items" -> {
          for (int i = 0; value.isArray() && i < value.size(); i++) {
            nested(rule, value.get(i), path + "[" + i + "]", faults);
          }
        }
        case "allOf" -> rule.forEach(part -> named.addAll(check(part, value, path, faults)));
        case "oneOf" -> named.addAll(one(rule, value, path, faults));
        default ->
            expect(NOTES.contains(word.getKey()), path + ": what is " + word.getKey(), faults);
      }
    }
    if (!schema.has("properties") && !schema.has("allOf") && !schema.has("oneOf")) {
      named.add("*");
    }
    return named;
  }

  private void nested(JsonNode schema, JsonNode value, String path, List<String> faults) {
    faults(schema, value).forEach(fault -> faults.add(path + fault.substring(1)));
  }

  private Set<String> one(JsonNode choices, JsonNode value, String path, List<String> faults) {
    List<Set<String>> fitting = new ArrayList<>();
    for (JsonNode choice : choices) {
      List<String> own = new ArrayList<>();
      Set<String> named = check(choice, value, path, own);
      if (own.isEmpty()) {
        fitting.add(named);
      }
    }
    expect(fitting.size() == 1, path + " fits " + fitting.size() + " choices", faults);
    return fitting.isEmpty() ? Set.of("*") : fitting.getFirst();
  }

  private static void type(JsonNode rule, JsonNode value, String path, List<String> faults) {
    List<String> types = new ArrayList<>();
    if (rule.isArray()) {
      rule.forEach(type -> types.add(type.asText()));
    } else {
      types.add(rule.asText());
    }
    expect(types.stream().anyMatch(type -> is(type, value)), path + " is no " + types, faults);
  }

  private static boolean is(String type, JsonNode value) {
    return switch (type) {
      case "object" -> value.isObject();
      case "array" -> value.isArray();
      case "string" -> value.isTextual();
      case "boolean" -> value.isBoolean();
      case "integer" -> value.isIntegralNumber();
      case "number" -> value.isNumber();
      case "null" -> value.isNull();
      default -> throw new AssertionError("type " + type);
    };
  }

  private static void format(String format, JsonNode value, String path, List<String> faults) {
    if (!value.isTextual()) {
      return;
    }
    try {
      expect(format.equals("date-time"), path + ": what is " + format, faults);
      expect(value.asText().endsWith("Z"), path + " is not in UTC", faults);
      Instant.parse(value.asText());
    } catch (DateTimeParseException _) {
      faults.add(path + " is no date-time: " + value);
    }
  }

  private static boolean contains(JsonNode choices, JsonNode value) {
    for (JsonNode choice : choices) {
      if (choice.equals(value)) {
        return true;
      }
    }
    return false;
  }

  private static void expect(boolean fine, String otherwise, List<String> faults) {
    if (!fine) {
      faults.add(otherwise);
    }
  }
}
