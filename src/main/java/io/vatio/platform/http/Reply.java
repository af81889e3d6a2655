package io.vatio.platform.http;

import io.vatio.platform.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/// What to answer.
///
/// @param body already encoded; empty for none
/// @param headers beside Content-Type and Content-Length
public record Reply(int status, String contentType, byte[] body, Map<String, String> headers) {
  private static final String JSON = "application/json; charset=utf-8";

  public Reply {
    headers = Map.copyOf(headers);
  }

  /// 200 with a JSON body.
  public static Reply ok(Object body) {
    return json(200, body);
  }

  /// 201 with a JSON body.
  public static Reply created(Object body) {
    return json(201, body);
  }

  /// 204.
  public static Reply noContent() {
    return new Reply(204, JSON, new byte[0], Map.of());
  }

  public static Reply json(int status, Object body) {
    return new Reply(status, JSON, Json.bytes(body), Map.of());
  }

  /// Plain UTF-8 text.
  public static Reply text(int status, String contentType, String body) {
    return new Reply(status, contentType, body.getBytes(StandardCharsets.UTF_8), Map.of());
  }

  /// The same with one more header.
  public Reply with(String header, String value) {
    Map<String, String> more = new LinkedHashMap<>(headers);
    more.put(header, value);
    return new Reply(status, contentType, body, more);
  }
}
