package io.vatio.platform.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.kernel.Text;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MessagesTest {
  private final Messages messages = new Messages("es");

  @Test
  void both_languages_have_the_same_sentences_with_the_same_arguments() throws IOException {
    Properties spanish = bundle("es");
    Properties english = bundle("en");

    assertEquals(new TreeSet<>(spanish.keySet()), new TreeSet<>(english.keySet()));
    for (String key : spanish.stringPropertyNames()) {
      assertEquals(arguments(spanish.getProperty(key)), arguments(english.getProperty(key)), key);
    }
  }

  @Test
  void every_sentence_that_the_program_asks_for_exists() throws IOException {
    Properties spanish = bundle("es");
    Pattern use = Pattern.compile("Text\\.of\\(\\s*\"([a-z_.]+)\"");
    Set<String> missing = new TreeSet<>();
    try (var files = Files.walk(Path.of("src/main/java"))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
        Matcher matcher = use.matcher(Files.readString(file));
        while (matcher.find()) {
          if (!spanish.containsKey(matcher.group(1))) {
            missing.add(matcher.group(1));
          }
        }
      }
    }
    assertEquals(Set.of(), missing);
  }

  @Test
  void fills_arguments_and_keeps_apostrophes() {
    assertEquals(
        "Método \"PUT\" no permitido.",
        messages.in("es", Text.of("http.method_not_allowed", "PUT")));
    assertTrue(messages.in("en", Text.of("http.resource_not_found")).startsWith("Resource"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "none",
      textBlock =
          """
          none                     | es
          en                       | en
          en-GB,en;q=0.9           | en
          es-MX                    | es
          fr,en;q=0.5              | en
          de                       | es
          ~,,;;                    | es
          """)
  void answers_in_the_first_language_that_it_knows(String header, String language) {
    assertEquals(language, messages.language(header));
  }

  private static Set<String> arguments(String pattern) {
    return Pattern.compile("\\{\\d}")
        .matcher(pattern)
        .results()
        .map(match -> match.group())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Properties bundle(String language) throws IOException {
    Properties properties = new Properties();
    try (var in = Messages.class.getResourceAsStream("/messages_" + language + ".properties")) {
      properties.load(new InputStreamReader(in, StandardCharsets.UTF_8));
    }
    return properties;
  }
}
