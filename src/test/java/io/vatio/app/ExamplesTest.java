package io.vatio.app;

import static java.util.Map.entry;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.vatio.platform.json.Json;
import io.vatio.testing.Shapes;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Every example of a request in the contract is sent to a real server, and what it answers is
/// what the contract says: read first, deleted last, with the numbers of the examples.
///
/// When it complains about an operation of yours: give its parameters and its body an `example`
/// that works in [ExampleWorld], make there what the example speaks of, or say here with which
/// other
/// status it has to be answered and why.
class ExamplesTest {
  private static final List<String> ORDER = List.of("get", "post", "put", "patch", "delete");

  /// What cannot succeed in a world without surprises, and the documented refusal instead.
  private static final Map<String, Integer> REFUSED =
      Map.ofEntries(
          // The first person is there already.
          entry("POST /api/setup", 409),
          // Would end the session of everybody else here.
          entry("POST /api/auth/password/change", 400),
          // Imports of two lines are over before anybody can end them.
          entry("DELETE /api/imports/{id}", 409),
          // The code is in a mail or in a chat. Here is no mail server and no bot; what they answer
          // is tested where there are.
          entry("POST /api/auth/password/reset/confirm", 400),
          entry("POST /api/email/send-verification", 400),
          entry("GET /api/email/verify", 400),
          entry("POST /api/email/verify", 400),
          entry("POST /api/email/send-notification", 503),
          entry("POST /api/telegram/link-account", 400),
          entry("POST /api/telegram/verify-code", 400),
          entry("POST /api/telegram/unlink-account", 400),
          entry("POST /api/telegram/send-notification", 503));

  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  @TempDir private Path folder;
  private JsonNode contract;
  private Shapes shapes;
  private ExampleWorld world;

  private record Operation(String method, String path, JsonNode item, JsonNode node) {
    String name() {
      return method.toUpperCase(Locale.ROOT) + " " + path.replaceFirst("/$", "");
    }

    int depth() {
      return path.split("/", -1).length;
    }
  }

  @Test
  void every_example_is_answered_as_the_contract_says() throws Exception {
    try (var in = ExamplesTest.class.getResourceAsStream("/openapi.yaml")) {
      contract = new YAMLMapper().readTree(in);
    }
    shapes = new Shapes(contract);
    Set<String> faults = new TreeSet<>();
    try (ExampleWorld opened = ExampleWorld.open(folder)) {
      world = opened;
      for (Operation operation : operations()) {
        for (String body : bodies(operation, faults)) {
          faults.addAll(faults(operation, body));
        }
      }
    }
    assertEquals("", String.join("\n", faults));
  }

  private List<Operation> operations() {
    List<Operation> all = new ArrayList<>();
    for (Map.Entry<String, JsonNode> path : contract.path("paths").properties()) {
      for (String method : ORDER) {
        if (path.getValue().has(method)) {
          all.add(
              new Operation(method, path.getKey(), path.getValue(), path.getValue().path(method)));
        }
      }
    }
    // What lies deeper goes first, so that nothing is deleted together with what it lies in.
    all.sort(
        Comparator.comparingInt((Operation o) -> ORDER.indexOf(o.method()))
            .thenComparing(Comparator.comparingInt(Operation::depth).reversed()));
    return all;
  }

  /// The bodies to send, one that is null for none.
  private List<String> bodies(Operation operation, Set<String> faults) {
    List<String> bodies = new ArrayList<>();
    if (!operation.node().has("requestBody")) {
      bodies.add(null);
      return bodies;
    }
    JsonNode content = shapes.resolve(operation.node().path("requestBody")).path("content");
    for (JsonNode media : content) {
      if (media.has("example")) {
        bodies.add(text(media.path("example")));
      }
      media.path("examples").forEach(named -> bodies.add(text(named.path("value"))));
    }
    if (bodies.isEmpty()) {
      faults.add(operation.name() + " has no example of its body");
    }
    return bodies;
  }

  private static String text(JsonNode example) {
    return example.isTextual() ? example.textValue() : Json.text(example);
  }

  private List<String> faults(Operation operation, String example) throws Exception {
    String name = operation.name();
    String body = world.body(name, example);
    String path = path(operation);
    HttpResponse<InputStream> answer = send(operation, path, body);
    int status = answer.statusCode();
    JsonNode documented =
        shapes.resolve(operation.node().path("responses").path(Integer.toString(status)));
    boolean wanted =
        REFUSED.containsKey(name) ? REFUSED.get(name) == status : status >= 200 && status < 300;
    String type = answer.headers().firstValue("Content-Type").orElse("").replaceFirst(";.*", "");
    try (InputStream in = answer.body()) {
      if (!wanted || documented.isMissingNode()) {
        return List.of(
            "%s: its example %s at %s was answered with %d %s"
                .formatted(
                    name,
                    body,
                    path,
                    status,
                    new String(in.readAllBytes(), StandardCharsets.UTF_8)));
      }
      if (documented.path("content").isEmpty()) {
        return List.of();
      }
      JsonNode media = documented.path("content").path(type);
      if (media.isMissingNode()) {
        return List.of(name + ": the contract does not know " + type + " at " + status);
      }
      if (!type.equals("application/json")) {
        return List.of();
      }
      return shapes.faults(media.path("schema"), Json.parse(in.readAllBytes())).stream()
          .map(fault -> name + ": " + fault)
          .toList();
    }
  }

  private String path(Operation operation) {
    String path = operation.path();
    List<String> query = new ArrayList<>();
    List<JsonNode> parameters = new ArrayList<>();
    operation.item().path("parameters").forEach(p -> parameters.add(shapes.resolve(p)));
    operation.node().path("parameters").forEach(p -> parameters.add(shapes.resolve(p)));
    for (JsonNode parameter : parameters) {
      String name = parameter.path("name").asText();
      JsonNode example =
          parameter.has("example") ? parameter.path("example") : parameter.at("/schema/example");
      String value = world.place(operation.name(), name, example.asText());
      if (parameter.path("in").asText().equals("path")) {
        path = path.replace("{" + name + "}", encoded(value));
      } else if (parameter.path("in").asText().equals("query") && !value.isEmpty()) {
        query.add(name + "=" + encoded(value));
      }
    }
    return query.isEmpty() ? path : path + "?" + String.join("&", query);
  }

  private static String encoded(String value) {
    return URLEncoder.encode(value, StandardCharsets.UTF_8);
  }

  private HttpResponse<InputStream> send(Operation operation, String path, String body)
      throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(world.url() + path));
    request.method(
        operation.method().toUpperCase(Locale.ROOT),
        body == null
            ? HttpRequest.BodyPublishers.noBody()
            : HttpRequest.BodyPublishers.ofString(body));
    JsonNode content = shapes.resolve(operation.node().path("requestBody")).path("content");
    content.fieldNames().forEachRemaining(type -> request.setHeader("Content-Type", type));
    if (!operation.node().path("x-acceso").asText().equals("publico")) {
      request.header("Authorization", world.ana.authorization());
    }
    return CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
  }
}
