package io.vatio.wind;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.platform.json.Json;
import org.jspecify.annotations.Nullable;

/// What a record says beside numbers, as it is kept with the production reading:
/// `{"direccion":"NE","parque":"norte"}`.
///
/// @param direction in the turbine's own words, empty for not said
/// @param park empty for none
record RecordMeta(String direction, String park) {
  private static final RecordMeta NOTHING = new RecordMeta("", "");

  String text() {
    ObjectNode json = Json.object();
    json.put("direccion", direction);
    if (!park.isEmpty()) {
      json.put("parque", park);
    }
    return Json.text(json);
  }

  /// Reads it again; whatever else stands there (readings of other doors carry their own) is
  /// nothing.
  static RecordMeta of(@Nullable String text) {
    if (text == null) {
      return NOTHING;
    }
    JsonNode json;
    try {
      json = Json.parse(text);
    } catch (Json.MalformedJson _) {
      return NOTHING;
    }
    return new RecordMeta(json.path("direccion").asText(""), json.path("parque").asText(""));
  }
}
