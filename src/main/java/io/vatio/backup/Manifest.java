package io.vatio.backup;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.platform.db.Database.Dialect;
import io.vatio.platform.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/// What a backup says about itself.
///
/// @param schema version of the tables
/// @param dialect the database it was taken from
/// @param takenAt the moment it shows
/// @param state of the database at that moment, see [DatabasePlace#state]; empty for unknown
/// @param tables in an order in which they can be filled
/// @param counters by table and column (`device.id`): the last number given out, so that no number
///     is given out twice
record Manifest(
    int schema,
    Dialect dialect,
    Instant takenAt,
    String state,
    List<Table> tables,
    Map<String, Long> counters) {
  static final String ENTRY = "manifest.json";

  /// Raised when an older program could not read the file any more.
  private static final int FORMAT = 1;

  Manifest {
    tables = List.copyOf(tables);
    counters = Map.copyOf(counters);
  }

  byte[] toJson() {
    ObjectNode root = Json.object();
    root.put("format", FORMAT);
    root.put("schema", schema);
    root.put("database", dialect.name());
    root.put("taken_at", takenAt.toString());
    root.put("state", state);
    ArrayNode list = root.putArray("tables");
    for (Table table : tables) {
      ObjectNode node = list.addObject().put("name", table.name());
      table.columns().forEach(node.putArray("columns")::add);
    }
    ObjectNode numbers = root.putObject("counters");
    counters.forEach(numbers::put);
    return Json.bytes(root);
  }

  /// Reads that of a backup.
  ///
  /// @throws BackupException when there is none, or one of a newer program
  static Manifest of(ZipFile zip, Path file) throws IOException {
    ZipEntry entry = zip.getEntry(ENTRY);
    if (entry == null) {
      throw new BackupException(file + " is not a backup of Vatio.");
    }
    try (InputStream in = zip.getInputStream(entry)) {
      return of(in.readAllBytes());
    }
  }

  private static Manifest of(byte[] json) {
    JsonNode root;
    try {
      root = Json.parse(json);
    } catch (RuntimeException e) {
      throw new BackupException("The file is not a backup of Vatio", e);
    }
    if (root.path("format").asInt() != FORMAT) {
      throw new BackupException(
          "The backup has format %d, this program reads %d. Use the Vatio that wrote it, or a newer one."
              .formatted(root.path("format").asInt(), FORMAT));
    }
    List<Table> tables = new ArrayList<>();
    for (JsonNode node : root.path("tables")) {
      List<String> columns = new ArrayList<>();
      node.path("columns").forEach(column -> columns.add(column.asText()));
      tables.add(new Table(node.path("name").asText(), columns));
    }
    Map<String, Long> counters = new LinkedHashMap<>();
    root.path("counters")
        .properties()
        .forEach(counter -> counters.put(counter.getKey(), counter.getValue().asLong()));
    return new Manifest(
        root.path("schema").asInt(),
        Dialect.valueOf(root.path("database").asText()),
        Instant.parse(root.path("taken_at").asText()),
        root.path("state").asText(""),
        tables,
        counters);
  }

  /// A table and its columns in the order of the rows.
  record Table(String name, List<String> columns) {
    Table {
      columns = List.copyOf(columns);
    }

    /// Name of its rows in the file.
    String entry() {
      return "tables/" + name;
    }
  }
}
