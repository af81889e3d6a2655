package io.vatio.platform.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.json.Json;
import io.vatio.platform.text.Messages;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/// How a family of end points words its errors: each of the original systems had its own way, and
/// their clients rely on it.
public enum ErrorShape {
  /// `/api/`: `{"detail": …}`, or `{"field": ["…"]}`.
  API,
  /// `/dispositivos`: `{"error": …, "detalle": …}`.
  DISPOSITIVOS,
  /// `/generador/`, `/agregados/`: 422 with `{"detail": [{"loc", "msg", "type"}]}`.
  GENERADOR;

  /// The family of a path.
  static ErrorShape of(String path) {
    if (path.startsWith("/dispositivos") || path.startsWith("/stream/dispositivos")) {
      return DISPOSITIVOS;
    }
    if (path.startsWith("/generador")
        || path.startsWith("/agregados")
        || path.startsWith("/datos-generadores")) {
      return GENERADOR;
    }
    return API;
  }

  Reply reply(Problem problem, Messages messages, String language) {
    Reply reply =
        switch (problem) {
          case Problem.Invalid invalid -> invalid(invalid, messages, language);
          case Problem.Unauthenticated unauthenticated ->
              unauthenticated(unauthenticated, messages, language)
                  .with("WWW-Authenticate", "Bearer realm=\"vatio\"");
          case Problem.Forbidden _ -> plain(403, messages.in(language, problem.text()));
          case Problem.NotFound _ -> plain(404, messages.in(language, missing(problem.text())));
          case Problem.Conflict _ -> plain(409, messages.in(language, problem.text()));
          case Problem.TooLarge _ -> plain(413, messages.in(language, problem.text()));
          case Problem.TooMany tooMany ->
              plain(429, messages.in(language, problem.text()))
                  .with("Retry-After", seconds(tooMany.retryAfter()));
          case Problem.Unavailable unavailable ->
              plain(503, messages.in(language, problem.text()))
                  .with("Retry-After", seconds(unavailable.retryAfter()));
        };
    return reply;
  }

  /// The two originals say it differently.
  private Text missing(Text text) {
    return this == DISPOSITIVOS && text.key().equals("http.not_found")
        ? Text.of("http.resource_not_found")
        : text;
  }

  private Reply unauthenticated(
      Problem.Unauthenticated problem, Messages messages, String language) {
    String sentence = messages.in(language, problem.text());
    if (this != API || problem.code().isEmpty()) {
      return plain(401, sentence);
    }
    ObjectNode body = Json.object();
    body.put("detail", sentence);
    body.put("code", problem.code());
    Text token = problem.token();
    if (token != null) {
      body.putArray("messages")
          .addObject()
          .put("token_class", "AccessToken")
          .put("token_type", "access")
          .put("message", messages.in(language, token));
    }
    return Reply.json(401, body);
  }

  /// An error with a status and a sentence.
  Reply plain(int status, String sentence) {
    return Reply.json(
        status,
        switch (this) {
          case API, GENERADOR -> Map.of("detail", sentence);
          case DISPOSITIVOS -> Map.of("error", sentence);
        });
  }

  private Reply invalid(Problem.Invalid invalid, Messages messages, String language) {
    return switch (this) {
      case API -> Reply.json(400, fields(invalid, messages, language));
      case DISPOSITIVOS -> {
        ObjectNode body = Json.object();
        body.put("error", messages.in(language, invalid.text()));
        if (!invalid.fields().isEmpty()) {
          body.set("detalle", fields(invalid, messages, language));
        }
        yield Reply.json(400, body);
      }
      case GENERADOR -> {
        ArrayNode detail = Json.array();
        Map<String, List<Text>> fields =
            invalid.fields().isEmpty() ? Map.of("", List.of(invalid.text())) : invalid.fields();
        fields.forEach(
            (field, texts) -> {
              for (Text text : texts) {
                ObjectNode entry = detail.addObject();
                ArrayNode loc = entry.putArray("loc").add("body");
                if (!field.isEmpty()) {
                  loc.add(field);
                }
                entry.put("msg", messages.in(language, text));
                entry.put("type", "value_error");
              }
            });
        ObjectNode body = Json.object();
        body.set("detail", detail);
        yield Reply.json(422, body);
      }
    };
  }

  private static ObjectNode fields(Problem.Invalid invalid, Messages messages, String language) {
    ObjectNode body = Json.object();
    if (invalid.fields().isEmpty()) {
      body.put("detail", messages.in(language, invalid.text()));
    }
    invalid
        .fields()
        .forEach(
            (field, texts) -> {
              ArrayNode sentences = body.putArray(field);
              texts.forEach(text -> sentences.add(messages.in(language, text)));
            });
    return body;
  }

  private static String seconds(Duration duration) {
    return Long.toString(Math.max(1, duration.toSeconds()));
  }
}
