package io.vatio.platform.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.kernel.Actor;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.json.Json;
import io.vatio.platform.json.Moments;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// One request, already authenticated and read. Getters throw [Problem] for what the caller did
/// wrong.
///
/// @param principal who asks
/// @param address of the peer, or what a trusted proxy says it is
/// @param language `es` or `en`
public record Request(
    RoutingContext context, Principal principal, String address, String language) {
  private static final String JSON = "json";

  /// What four digits of a year can say, and the microseconds of the database hold.
  private static final Instant EARLIEST = Instant.parse("0000-01-01T00:00:00Z");

  private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59.999999999Z");

  /// Who asks, and from where.
  public Actor actor() {
    String agent = context.request().getHeader("User-Agent");
    return new Actor(principal, address, agent == null ? "" : agent);
  }

  /// The body, empty for none.
  public byte[] body() {
    Buffer buffer = context.body().buffer();
    return buffer == null ? new byte[0] : buffer.getBytes();
  }

  /// The body as a JSON object.
  public ObjectNode object() {
    JsonNode node = json();
    if (node instanceof ObjectNode object) {
      return object;
    }
    throw Problem.invalid(Text.of("http.object_expected", Json.kind(node)));
  }

  /// The body as any JSON.
  public JsonNode json() {
    JsonNode known = context.get(JSON);
    if (known == null) {
      known = parsed();
      context.put(JSON, known);
    }
    return known;
  }

  /// Whether anything came with the request.
  boolean hasBody() {
    Buffer buffer = context.body().buffer();
    return buffer != null && buffer.length() > 0;
  }

  private JsonNode parsed() {
    byte[] body = body();
    if (body.length == 0) {
      throw Problem.invalid(Text.of("http.body_missing"));
    }
    try {
      return Json.parse(body);
    } catch (Json.MalformedJson e) {
      throw Problem.invalid(Text.of("http.malformed_json", String.valueOf(e.getMessage())));
    }
  }

  /// A part of the path.
  public String path(String name) {
    return String.valueOf(HttpApi.parameters(context).get(name));
  }

  /// A number in the path; anything else is 404, for there is nothing at that address.
  public long pathId(String name) {
    try {
      return Long.parseLong(path(name));
    } catch (NumberFormatException _) {
      throw Problem.notFound(Text.of("http.not_found"));
    }
  }

  /// A query parameter, empty when missing or blank.
  public Optional<String> query(String name) {
    return context.queryParam(name).stream()
        .map(String::strip)
        .filter(v -> !v.isEmpty())
        .findFirst();
  }

  /// A whole number in the query, within bounds.
  public int queryInt(String name, int missing, int min, int max) {
    Optional<String> text = query(name);
    if (text.isEmpty()) {
      return missing;
    }
    try {
      int value = Integer.parseInt(text.get());
      if (value >= min && value <= max) {
        return value;
      }
    } catch (NumberFormatException _) {
      // Said below, together with the numbers out of bounds.
    }
    throw Problem.invalid(
        name, Text.of("http.whole_number", Integer.toString(min), Integer.toString(max)));
  }

  /// A moment in the query: ISO 8601, with or without zone, or a date.
  ///
  /// @param zone of a moment that names none
  public @Nullable Instant queryInstant(String name, ZoneId zone) {
    Optional<String> text = query(name);
    return text.isEmpty() ? null : instant(name, text.get(), zone);
  }

  /// Reads a moment as [#queryInstant] does.
  public static Instant instant(String field, String text, ZoneId zone) {
    // A plus sign that nobody escaped arrives as a blank.
    String iso = text.strip().replace(' ', text.contains("T") ? '+' : 'T');
    try {
      Instant at =
          iso.length() == 10
              ? LocalDate.parse(iso).atStartOfDay(zone).toInstant()
              : Moments.iso(iso, zone);
      if (!at.isBefore(EARLIEST) && !at.isAfter(LATEST)) {
        return at;
      }
    } catch (DateTimeException _) {
      // Said below.
    }
    throw Problem.invalid(field, Text.of("http.moment"));
  }
}
