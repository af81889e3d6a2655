package io.vatio.dashboard;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.http.Access;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.http.Reply;
import io.vatio.platform.http.Request;
import io.vatio.platform.json.Json;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// `/api/schema` and `/api/docs`: the contract of `openapi.yaml`, for programs and for people.
///
/// It is read at the first request, not at the start, and kept in memory (about 300 KB).
public final class ApiDocs {
  private static final String YAML = "application/yaml; charset=utf-8";

  private @Nullable Contract contract;

  public void addTo(HttpApi api) {
    api.route(HttpMethod.GET, "/api/schema", Access.PUBLIC, this::schema);
    api.route(HttpMethod.GET, "/api/docs", Access.PUBLIC, this::page);
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
    ApiPage page = contract().page();
    return Reply.text(200, "text/html; charset=utf-8", page.html())
        .with("Content-Security-Policy", page.policy());
  }

  private synchronized Contract contract() {
    Contract known = contract;
    if (known == null) {
      known = Contract.read();
      contract = known;
    }
    return known;
  }

  private record Contract(byte[] yaml, byte[] json, ApiPage page) {
    static Contract read() {
      try (InputStream in = ApiDocs.class.getResourceAsStream("/openapi.yaml")) {
        if (in == null) {
          throw new IllegalStateException("missing resource /openapi.yaml");
        }
        byte[] yaml = in.readAllBytes();
        JsonNode tree = new YAMLMapper().readTree(new String(yaml, StandardCharsets.UTF_8));
        return new Contract(yaml, Json.bytes(tree), ApiPage.of(tree));
      } catch (IOException e) {
        throw new UncheckedIOException("read /openapi.yaml", e);
      }
    }
  }
}
