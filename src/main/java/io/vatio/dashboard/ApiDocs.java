package io.vatio.dashboard;

import com.fasterxml.jackson.databind.JsonNode;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.http.Access;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.http.Reply;
import io.vatio.platform.http.Request;
import io.vatio.platform.json.Json;
import io.vatio.platform.text.Messages;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// `/api/schema` and `/api/docs`: the contract of `openapi.yaml`, for programs and for people.
///
/// It is read at the first request, not at the start, and kept in memory (about 1 MB).
public final class ApiDocs {
  private static final String YAML = "application/yaml; charset=utf-8";

  private final Messages messages;
  private @Nullable Contract contract;

  public ApiDocs(Messages messages) {
    this.messages = messages;
  }

  public void addTo(HttpApi api) {
    api.route(HttpMethod.GET, "/api/schema", Access.PUBLIC, this::schema);
    api.route(HttpMethod.GET, "/api/docs", Access.PUBLIC, this::page);
    file(api, "page.css", "text/css; charset=utf-8");
    file(api, "page.js", "text/javascript; charset=utf-8");
  }

  /// What the page needs, from this program; a few KB, kept in memory.
  private static void file(HttpApi api, String name, String type) {
    Buffer content = Buffer.buffer(resource("/apidocs/" + name));
    api.router()
        .get("/api/docs/" + name)
        .method(HttpMethod.HEAD)
        .handler(
            ctx ->
                ctx.response()
                    .putHeader("Content-Type", type)
                    .putHeader("Cache-Control", "no-cache")
                    .end(content));
  }

  private Reply schema(Request request) {
    Contract found = contract();
    return isYaml(request)
        ? new Reply(200, YAML, found.yaml(), Map.of("Vary", "Accept"))
        : new Reply(200, "application/json; charset=utf-8", found.json(), Map.of("Vary", "Accept"));
  }

  private static boolean isYaml(Request request) {
    Optional<String> format = request.query("format");
    if (format.isPresent()) {
      return switch (format.get()) {
        case "yaml" -> true;
        case "json" -> false;
        default -> throw Problem.invalid("format", Text.of("http.not_a_choice", format.get()));
      };
    }
    String accept = request.context().request().getHeader("Accept");
    return accept != null && accept.contains("yaml") && !accept.contains("json");
  }

  private Reply page(Request request) {
    String language = request.query("lang").map(messages::language).orElse(request.language());
    Contract found = contract();
    String html = language.equals("en") ? found.english() : found.spanish();
    return Reply.text(200, "text/html; charset=utf-8", html)
        .with("Content-Security-Policy", ApiPage.POLICY)
        .with("Vary", "Accept-Language");
  }

  private synchronized Contract contract() {
    Contract known = contract;
    if (known == null) {
      known = Contract.read(messages);
      contract = known;
    }
    return known;
  }

  private record Contract(byte[] yaml, byte[] json, String spanish, String english) {
    static Contract read(Messages messages) {
      byte[] json = resource("/openapi.json");
      JsonNode tree = Json.parse(json);
      return new Contract(
          resource("/openapi.yaml"),
          json,
          ApiPage.of(tree, messages, "es"),
          ApiPage.of(tree, messages, "en"));
    }
  }

  private static byte[] resource(String name) {
    try (InputStream in = ApiDocs.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("missing resource " + name);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException("read " + name, e);
    }
  }
}
