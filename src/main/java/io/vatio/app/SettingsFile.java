package io.vatio.app;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// What a configuration file says: `http: {port: 80}` and `http.port: 80` are the same.
///
/// @param values by whole key
/// @param faults what is wrong with it, for people
record SettingsFile(Map<String, String> values, List<String> faults) {
  /// How it is called where nobody names one.
  static final String NAME = "vatio.yaml";

  private static final long MAX_BYTES = 1 << 20;

  /// Reads and understands a configuration file.
  ///
  /// @throws IOException when that cannot be done; [#reason] says why
  static SettingsFile read(Path path) throws IOException {
    requireSmall(path);
    SettingsFile file = new SettingsFile(new TreeMap<>(), new ArrayList<>());
    file.flatten("", yaml().readTree(Files.readAllBytes(path)));
    return file;
  }

  /// The text of a file that holds one value, such as a password.
  ///
  /// @throws IOException when it cannot be read; [#reason] says why
  static String text(Path path) throws IOException {
    requireSmall(path);
    return Files.readString(path, StandardCharsets.UTF_8);
  }

  private static void requireSmall(Path path) throws IOException {
    if (Files.size(path) > MAX_BYTES) {
      throw new IOException("it is larger than 1 MB");
    }
  }

  /// Why a file cannot be read, in one line.
  static String reason(IOException e) {
    String message = e instanceof NoSuchFileException ? "no such file" : e.getMessage();
    return String.valueOf(message).lines().findFirst().orElse(e.toString());
  }

  private static YAMLMapper yaml() {
    return YAMLMapper.builder(
            YAMLFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build())
        .build();
  }

  private void flatten(String key, JsonNode node) {
    if (node.isObject()) {
      node.properties()
          .forEach(e -> flatten(key.isEmpty() ? e.getKey() : key + "." + e.getKey(), e.getValue()));
    } else if (key.isEmpty() && !node.isMissingNode() && !node.isNull()) {
      faults.add(NAME + " must be a list of keys and values such as http.port: 8080");
    } else if (node.isArray()) {
      List<String> items = new ArrayList<>();
      node.forEach(item -> items.add(item.asText()));
      putOnce(key, String.join(", ", items));
    } else if (!node.isNull() && !node.isMissingNode()) {
      putOnce(key, node.asText());
    }
  }

  /// The file may say `http: {port: …}` and `http.port: …`, but not both.
  private void putOnce(String key, String value) {
    if (values.put(key, value) != null) {
      faults.add("%s: %s is given twice".formatted(NAME, key));
    }
  }
}
