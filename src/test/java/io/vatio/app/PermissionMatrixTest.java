package io.vatio.app;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.vatio.app.PermissionWorld.Who;
import io.vatio.testing.TestServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// Everybody tries everything: what the server answers to each kind of caller at each operation is
/// written down in `docs/permissions.md`, and every change of it is seen.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PermissionMatrixTest {
  private static final Path PAGE = Path.of("docs", "permissions.md");
  private static final Set<String> METHODS = Set.of("get", "post", "put", "patch", "delete");

  private static final String HEAD =
      """
      # Who may do what

      What the server answers to each kind of caller, tried by `PermissionMatrixTest`, which also writes this page
      (`./mvnw -DskipWeb -Dtest=PermissionMatrixTest -Dvatio.write-docs=true test`). **sí**: the caller comes through, whatever
      the answer then is; otherwise the status of the refusal. “Own” things belong to a device that is assigned to the
      operator and shared with the external user, “another's” to a device of somebody else.

      """;

  private static final Set<Who> ABOUT_OTHERS =
      Set.of(Who.EXTERNAL_OTHER, Who.OPERATOR_OTHER, Who.DEVICE_OTHER);

  private final Map<String, Map<Who, String>> matrix = new TreeMap<>();
  private final List<String> broken = new ArrayList<>();
  private final Map<String, String> access = new TreeMap<>();

  @BeforeAll
  void everybody_tries_everything(@TempDir Path folder) throws IOException {
    JsonNode contract;
    try (var in = PermissionMatrixTest.class.getResourceAsStream("/openapi.yaml")) {
      contract = new YAMLMapper().readTree(in);
    }
    try (TestServer server = TestServer.start(folder, Map.of())) {
      PermissionWorld world = new PermissionWorld(server.url());
      for (Map.Entry<String, JsonNode> path : contract.path("paths").properties()) {
        for (Map.Entry<String, JsonNode> operation : path.getValue().properties()) {
          if (METHODS.contains(operation.getKey())) {
            attempt(world, path.getKey(), operation.getKey(), operation.getValue());
          }
        }
      }
    }
  }

  private void attempt(PermissionWorld world, String path, String method, JsonNode operation) {
    String name = path + " " + method.toUpperCase(Locale.ROOT);
    access.put(name, operation.path("x-acceso").asText());
    @Nullable JsonNode example = example(operation);
    Map<Who, String> row = new EnumMap<>(Who.class);
    for (Who who : Who.values()) {
      int status = world.attempt(who, method.toUpperCase(Locale.ROOT), path, example);
      if (status >= 500 && status != 503) {
        broken.add(name + " as " + who + ": " + status);
      }
      row.put(who, isPublic(name) ? "sí" : cell(status));
    }
    matrix.put(name, row);
  }

  private static String cell(int status) {
    return switch (status) {
      case 401, 403, 404 -> Integer.toString(status);
      default -> "sí";
    };
  }

  /// There a 401 is about what the body says, and comes or not with the patience of a throttle.
  private boolean isPublic(String name) {
    return access.getOrDefault(name, "").equals("publico");
  }

  private static @Nullable JsonNode example(JsonNode operation) {
    JsonNode body = operation.path("requestBody").path("content").path("application/json");
    if (body.has("example")) {
      return body.path("example");
    }
    return body.path("examples")
        .propertyStream()
        .map(e -> e.getValue().path("value"))
        .findFirst()
        .orElse(null);
  }

  @Test
  void nothing_breaks() {
    assertEquals(List.of(), broken);
  }

  @Test
  void whoever_brings_no_credentials_comes_through_to_public_operations_only() {
    matrix.forEach(
        (name, row) -> {
          if (!isPublic(name)) {
            assertEquals("401", row.get(Who.NOBODY), name);
          }
        });
  }

  @Test
  void things_of_others_are_out_of_reach() {
    List<String> reached = new ArrayList<>();
    matrix.forEach(
        (name, row) -> {
          boolean ofADevice =
              Stream.of(
                      "/api/devices/{id}",
                      "/dispositivos/{id}",
                      "/api/series/{id}",
                      "/api/readings/{id}")
                  .anyMatch(name::startsWith);
          if (ofADevice) {
            ABOUT_OTHERS.stream()
                .filter(who -> "sí".equals(row.get(who)))
                .forEach(who -> reached.add(name + " as " + who));
          }
        });
    assertEquals(List.of(), reached);
  }

  @Test
  void the_page_says_what_the_server_answers() throws IOException {
    String page = HEAD + table();
    if (Boolean.getBoolean("vatio.write-docs")) {
      Files.writeString(PAGE, page);
    }

    assertEquals(page, Files.readString(PAGE));
  }

  private String table() {
    StringBuilder table = new StringBuilder("| operation | takes |");
    for (Who who : Who.values()) {
      table.append(' ').append(who.label).append(" |");
    }
    table.append("\n|---|---|").append("---|".repeat(Who.values().length)).append('\n');
    matrix.forEach(
        (name, row) ->
            table
                .append("| `")
                .append(name)
                .append("` | ")
                .append(access.get(name))
                .append(" | ")
                .append(row.values().stream().collect(Collectors.joining(" | ")))
                .append(" |\n"));
    return table.toString();
  }
}
