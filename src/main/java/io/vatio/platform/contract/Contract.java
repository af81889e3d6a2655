package io.vatio.platform.contract;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.dialect.Dialect;
import com.networknt.schema.dialect.Dialects;
import com.networknt.schema.keyword.NonValidationKeyword;
import io.vatio.platform.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The contract of `openapi.yaml`, ready to hold requests against. Thread safe.
///
/// Reading it takes some time (about half a second), so it is read beside the start and not before
/// it. The
/// schema of a body is prepared when the first body comes.
public final class Contract {
  private static final List<String> METHODS = List.of("get", "post", "put", "patch", "delete");
  private static final String NAME = "urn:vatio:contract";

  /// What stands around the schemas in the document is no rule, and nothing to warn about.
  private static final Dialect DIALECT =
      Dialect.builder(Dialects.getDraft202012())
          .unknownKeywordFactory((keyword, _) -> new NonValidationKeyword(keyword))
          .build();

  private final JsonNode document;
  private final Schema root;
  private final Map<String, Operation> operations = new HashMap<>();

  private Contract(JsonNode document) {
    this.document = document;
    this.root = SchemaRegistry.withDialect(DIALECT).getSchema(SchemaLocation.of(NAME), document);
    for (Map.Entry<String, JsonNode> path : document.path("paths").properties()) {
      for (String method : METHODS) {
        JsonNode node = path.getValue().path(method);
        if (!node.isMissingNode()) {
          operations.put(
              key(method.toUpperCase(Locale.ROOT), path.getKey()),
              operation(path.getKey(), path.getValue(), method, node));
        }
      }
    }
  }

  /// Reads the contract of this program.
  public static Contract read() {
    try (InputStream in = Contract.class.getResourceAsStream("/openapi.json")) {
      if (in == null) {
        throw new IllegalStateException("missing resource /openapi.json, which the build makes");
      }
      return of(Json.parse(in.readAllBytes()));
    } catch (IOException e) {
      throw new UncheckedIOException("read /openapi.json", e);
    }
  }

  /// @param document a whole OpenAPI 3.1 document
  public static Contract of(JsonNode document) {
    return new Contract(document);
  }

  /// What the contract says about a route, null for nothing.
  ///
  /// @param path without a last slash, parameters as `:name`
  public @Nullable Operation find(String method, String path) {
    return operations.get(key(method, path));
  }

  private static String key(String method, String path) {
    String plain =
        path.length() > 1 && path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    return method + " " + plain.replaceAll("\\{([A-Za-z_]+)}", ":$1");
  }

  private Operation operation(String path, JsonNode item, String method, JsonNode node) {
    List<Parameter> parameters = new ArrayList<>();
    String place = "#/paths/" + escaped(path);
    add(parameters, item.path("parameters"), place + "/parameters");
    add(parameters, node.path("parameters"), place + "/" + method + "/parameters");
    JsonNode given = node.path("requestBody");
    JsonNode body = resolve(given);
    String bodyPlace =
        given.has("$ref") ? given.path("$ref").asText() : place + "/" + method + "/requestBody";
    List<String> types = new ArrayList<>();
    body.path("content").fieldNames().forEachRemaining(types::add);
    Rule rule =
        types.contains("application/json")
            ? rule(bodyPlace + "/content/" + escaped("application/json") + "/schema")
            : null;
    return new Operation(
        node.path("x-validacion").asText().equals("manual"),
        body.path("required").asBoolean(),
        List.copyOf(types),
        rule,
        List.copyOf(parameters));
  }

  private void add(List<Parameter> parameters, JsonNode list, String place) {
    for (int i = 0; i < list.size(); i++) {
      JsonNode parameter = resolve(list.get(i));
      String own = list.get(i).has("$ref") ? list.get(i).path("$ref").asText() : place + "/" + i;
      if (parameter.path("in").asText().matches("query|path")) {
        parameters.add(
            Parameter.of(parameter, resolve(parameter.path("schema")), rule(own + "/schema")));
      }
    }
  }

  private Rule rule(String place) {
    return new Rule(() -> root.getSubSchema(SchemaLocation.of(place).getFragment()));
  }

  private JsonNode resolve(JsonNode node) {
    String reference = node.path("$ref").asText();
    return reference.isEmpty() ? node : document.at(reference.substring(1));
  }

  private static String escaped(String name) {
    return name.replace("~", "~0").replace("/", "~1");
  }
}
