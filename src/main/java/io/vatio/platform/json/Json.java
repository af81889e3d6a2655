package io.vatio.platform.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.StringWriter;

/// The one JSON mapper. Thread safe.
public final class Json {
  private static final int MAX_DEPTH = 32;
  private static final int MAX_NUMBER_LENGTH = 100;

  private static final ObjectMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(MAX_DEPTH)
                          .maxNumberLength(MAX_NUMBER_LENGTH)
                          .build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .enable(StreamWriteFeature.USE_FAST_DOUBLE_WRITER)
                  .enable(StreamReadFeature.USE_FAST_DOUBLE_PARSER)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(JsonWriteFeature.COMBINE_UNICODE_SURROGATES_IN_UTF8)
          .build();

  private Json() {}

  /// Parses one JSON value and nothing behind it.
  ///
  /// @throws MalformedJson with the place of the first fault
  public static JsonNode parse(byte[] utf8) {
    try {
      return MAPPER.readTree(utf8);
    } catch (IOException e) {
      throw malformed(e);
    }
  }

  /// Parses JSON that this program wrote itself.
  public static JsonNode parse(String text) {
    try {
      return MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      throw new MalformedJson(sentence(e));
    }
  }

  /// Reads JSON token by token, for messages that come by the thousand; the rules are those of
  /// [#parse], but for what follows the last token, which is the caller's to ask for.
  public static JsonParser parser(byte[] utf8) {
    try {
      return MAPPER.createParser(utf8);
    } catch (IOException e) {
      throw malformed(e);
    }
  }

  /// The value at whose first token a parser stands, as compact JSON text; the parser then stands
  /// at its last token.
  public static String text(JsonParser in) throws IOException {
    StringWriter text = new StringWriter();
    try (JsonGenerator out = MAPPER.createGenerator(text)) {
      out.copyCurrentStructure(in);
    }
    return text.toString();
  }

  /// What a parser of [#parser] threw, as a sentence for the sender.
  public static MalformedJson malformed(IOException e) {
    return new MalformedJson(
        e instanceof JsonProcessingException syntax
            ? sentence(syntax)
            : String.valueOf(e.getMessage()));
  }

  /// Writes a value (record, map, list, node) as compact UTF-8 JSON.
  public static byte[] bytes(Object value) {
    try {
      return MAPPER.writeValueAsBytes(value);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("write " + value.getClass().getSimpleName(), e);
    }
  }

  /// Writes a value as compact JSON text.
  public static String text(Object value) {
    try {
      return MAPPER.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("write " + value.getClass().getSimpleName(), e);
    }
  }

  /// A value as a tree.
  public static JsonNode tree(Object value) {
    return MAPPER.valueToTree(value);
  }

  /// What a value is, in the words that clients of the original know.
  public static String kind(JsonNode node) {
    return switch (node.getNodeType()) {
      case ARRAY -> "list";
      case STRING -> "str";
      case BOOLEAN -> "bool";
      case NUMBER -> node.isIntegralNumber() ? "int" : "float";
      case OBJECT -> "dict";
      default -> "NoneType";
    };
  }

  /// An empty object to fill.
  public static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  /// An empty array to fill.
  public static ArrayNode array() {
    return JsonNodeFactory.instance.arrayNode();
  }

  private static String sentence(JsonProcessingException e) {
    String problem = e.getOriginalMessage();
    // Jackson's first line says what and where; what follows are hints for Java programmers.
    int line = problem.indexOf('\n');
    String first =
        (line < 0 ? problem : problem.substring(0, line))
            // Where an unclosed bracket began, in words that only Java programmers can read.
            .replaceAll(" \\(start marker at \\[Source: [^\\]]*]\\)", "");
    return e.getLocation() == null
        ? first
        : "%s (line %d, column %d)"
            .formatted(first, e.getLocation().getLineNr(), e.getLocation().getColumnNr());
  }

  /// What came in is not JSON. The message is fit for the sender.
  public static final class MalformedJson extends RuntimeException {
    private static final long serialVersionUID = 1L;

    MalformedJson(String message) {
      super(message, null, false, false);
    }
  }
}
