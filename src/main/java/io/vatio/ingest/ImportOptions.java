package io.vatio.ingest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.platform.json.Json;
import java.time.ZoneId;

/// How to read a file, kept with it so that it goes on after a restart.
///
/// @param device serial number of lines that name none, empty for none
/// @param sensor key of lines that name none, empty for none
/// @param zone clock of times without zone
/// @param mayCreateDevices whether the author may bring new devices into use
record ImportOptions(String device, String sensor, ZoneId zone, boolean mayCreateDevices) {

  String text() {
    ObjectNode json = Json.object();
    json.put("device", device);
    json.put("sensor", sensor);
    json.put("zone", zone.getId());
    json.put("create", mayCreateDevices);
    return Json.text(json);
  }

  static ImportOptions of(String text) {
    JsonNode json = Json.parse(text);
    return new ImportOptions(
        json.path("device").asText(),
        json.path("sensor").asText(),
        ZoneId.of(json.path("zone").asText()),
        json.path("create").asBoolean());
  }
}
