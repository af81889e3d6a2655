package io.vatio.ingest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.kernel.Reach;
import io.vatio.platform.json.Json;
import java.time.ZoneId;

/// How to read a file, kept with it so that it goes on after a restart.
///
/// @param device serial number of lines that name none, empty for none
/// @param sensor key of lines that name none, empty for none
/// @param zone clock of times without zone
/// @param mayCreateDevices whether the author may bring new devices into use
/// @param account of the author, 0 for none
/// @param reach which devices the author may write to
record ImportOptions(
    String device,
    String sensor,
    ZoneId zone,
    boolean mayCreateDevices,
    long account,
    Reach reach) {

  String text() {
    ObjectNode json = Json.object();
    json.put("device", device);
    json.put("sensor", sensor);
    json.put("zone", zone.getId());
    json.put("create", mayCreateDevices);
    json.put("account", account);
    json.put("reach", reach.code());
    return Json.text(json);
  }

  static ImportOptions of(String text) {
    JsonNode json = Json.parse(text);
    return new ImportOptions(
        json.path("device").asText(),
        json.path("sensor").asText(),
        ZoneId.of(json.path("zone").asText()),
        json.path("create").asBoolean(),
        json.path("account").asLong(),
        // Those of older versions were made by people who reached everything.
        Reach.findByCode(json.path("reach").asText()).orElse(Reach.ALL));
  }
}
