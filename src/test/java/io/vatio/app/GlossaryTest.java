package io.vatio.app;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.vatio.ingest.Rejection;
import io.vatio.reading.Quality;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// Whoever meets a word on the wire finds it in the glossary.
class GlossaryTest {
  private static final Path CONTRACT = Path.of("src/main/resources/openapi.yaml");
  private static final Path GLOSSARY = Path.of("docs/GLOSSARY.md");

  @Test
  void explains_every_word_of_the_contract_and_every_code() throws IOException {
    Set<String> words = new TreeSet<>();
    collect(new YAMLMapper().readTree(Files.readString(CONTRACT)), words);
    for (Quality quality : Quality.values()) {
      words.add(quality.code());
    }
    for (Rejection.Reason reason : Rejection.Reason.values()) {
      words.add(reason.code());
    }

    words.removeAll(explained());

    assertEquals(Set.of(), words);
  }

  private static Set<String> explained() throws IOException {
    return Pattern.compile("(?m)^\\| `([^`]+)` \\|")
        .matcher(Files.readString(GLOSSARY))
        .results()
        .map(match -> match.group(1))
        .collect(Collectors.toSet());
  }

  private static void collect(JsonNode node, Set<String> words) {
    if (node.path("properties").isObject()) {
      node.path("properties").fieldNames().forEachRemaining(words::add);
    }
    for (JsonNode parameter : node.path("parameters")) {
      if (parameter.has("name")) {
        words.add(parameter.path("name").asText());
      }
    }
    node.forEach(child -> collect(child, words));
  }
}
