package io.vatio.protocol.simulator;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;

/// What a device says once.
///
/// @param latePayload the same with its time inside, for a message that could not leave at once;
///     equal to `payload` when that carries its time already
record Message(String topic, String payload, String latePayload) {

  private static final ObjectMapper JSON = new ObjectMapper();

  Message(String topic, String payload) {
    this(topic, payload, payload);
  }

  static Message status(
      String serial, String state, Map<String, ? extends Object> parameters, Instant at) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("serial_number", serial);
    body.put("estado", state);
    body.put("parametros", parameters);
    body.put("timestamp", time(at));
    return new Message("dispositivos/" + serial + "/estado", json(body));
  }

  static String json(Map<String, ? extends Object> body) {
    try {
      return JSON.writeValueAsString(body);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("cannot be said in JSON: " + body.keySet(), e);
    }
  }

  static String time(Instant at) {
    return at.truncatedTo(ChronoUnit.MILLIS).toString();
  }

  static double rounded(double value, int decimals) {
    double scale = Math.pow(10, decimals);
    return Math.round(value * scale) / scale;
  }
}
