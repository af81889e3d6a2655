package io.vatio.platform.contract;

import com.fasterxml.jackson.databind.JsonNode;
import io.vatio.kernel.Text;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// What the contract allows in the requests of one route. Thread safe.
public final class Operation {
  private final boolean manual;
  private final boolean bodyRequired;
  private final List<String> types;
  private final @Nullable Rule body;
  private final List<Parameter> parameters;

  Operation(
      boolean manual,
      boolean bodyRequired,
      List<String> types,
      @Nullable Rule body,
      List<Parameter> parameters) {
    this.manual = manual;
    this.bodyRequired = bodyRequired;
    this.types = types;
    this.body = body;
    this.parameters = parameters;
  }

  /// Whether the handler checks by itself (`x-validacion: manual`): for speed, or because its
  /// errors have a form of their own.
  public boolean isManual() {
    return manual;
  }

  /// Whether a body of this type is one the route understands. Small senders often say none.
  ///
  /// @param contentType the header, null for none
  public boolean accepts(@Nullable String contentType) {
    if (contentType == null || types.isEmpty()) {
      return true;
    }
    int end = contentType.indexOf(';');
    String type =
        (end < 0 ? contentType : contentType.substring(0, end)).strip().toLowerCase(Locale.ROOT);
    return types.contains(type)
        || types.contains("*/*")
        || (type.endsWith("+json") && types.contains("application/json"));
  }

  /// Whether bodies are JSON that is to be held against a schema.
  public boolean hasJson() {
    return body != null;
  }

  /// Whether a request must have a body.
  public boolean isBodyRequired() {
    return bodyRequired;
  }

  /// What is wrong with a body, by field; empty for nothing.
  public Map<String, List<Text>> bodyFaults(JsonNode value) {
    return body == null ? Map.of() : body.faults(value);
  }

  /// Whether every parameter in the path can be one.
  public boolean fits(Map<String, String> path) {
    for (Parameter parameter : parameters) {
      String text = parameter.inPath() ? path.get(parameter.name()) : null;
      if (text != null && !parameter.faults(List.of(text)).isEmpty()) {
        return false;
      }
    }
    return true;
  }

  /// What is wrong with the query, by parameter; empty for nothing. Parameters that the contract
  /// does not name are not looked at; blank ones count as missing.
  ///
  /// @param values of a parameter, in their order
  public Map<String, List<Text>> queryFaults(Function<String, List<String>> values) {
    Map<String, List<Text>> faults = Map.of();
    for (Parameter parameter : parameters) {
      if (parameter.inPath()) {
        continue;
      }
      List<String> given =
          values.apply(parameter.name()).stream().filter(value -> !value.isBlank()).toList();
      List<Text> found = List.of();
      if (!given.isEmpty()) {
        found = parameter.faults(given);
      } else if (parameter.required()) {
        found = List.of(Text.of("http.field_required"));
      }
      if (!found.isEmpty()) {
        if (faults.isEmpty()) {
          faults = new LinkedHashMap<>();
        }
        faults.put(parameter.name(), found);
      }
    }
    return faults;
  }
}
