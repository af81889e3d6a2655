package io.vatio.device;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.kernel.Text;
import io.vatio.platform.json.Json;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// How much a device, or a person for it, may say: lengths of texts, size and depth of `parametros`
/// and `configuracion`. The same on every way in.
///
/// Every method gives the sentence for the sender, or null when there is nothing to object to.
public final class DispositivoLimits {
  /// Characters of an operating state.
  public static final int STATE = 50;

  /// Characters of the name of a parameter.
  public static final int KEY = 100;

  static final int NAME = 200;
  static final int TYPE = 100;
  static final int MODEL = 100;
  static final int DESCRIPTION = 2_000;

  private static final int KEYS = 100;
  private static final int DEPTH = 6;
  private static final int BYTES = 16 << 10;
  private static final int SHOWN = 60;

  private DispositivoLimits() {}

  /// Objects to a text that is too long or cannot be kept: control characters, half a Unicode
  /// character.
  ///
  /// @param field its name on the wire
  public static @Nullable Text text(String field, String text, int length) {
    if (text.length() > length) {
      return Text.of("device.text_too_long", shown(field), Integer.toString(length));
    }
    return isClean(text) ? null : Text.of("device.text_unclean", shown(field));
  }

  /// Objects to `parametros` or `configuracion` that is no object or too large.
  ///
  /// @param field its name on the wire
  public static @Nullable Text object(String field, JsonNode node) {
    if (!(node instanceof ObjectNode object)) {
      return Text.of("device.object_expected", shown(field));
    }
    int[] keys = {0};
    Text fault = walk(field, object, 1, keys);
    if (fault == null && keys[0] > KEYS) {
      fault = Text.of("device.too_many_keys", shown(field), Integer.toString(KEYS));
    }
    if (fault == null && Json.bytes(object).length > BYTES) {
      fault = Text.of("device.too_large", shown(field), Integer.toString(BYTES));
    }
    return fault;
  }

  /// A name or value that came from outside, cut and cleaned so that it can stand in a sentence.
  public static String shown(String text) {
    String head = text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "…";
    return isClean(head)
        ? head
        : head.codePoints()
            .map(c -> isUnclean(c) ? '?' : c)
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString();
  }

  private static @Nullable Text walk(String path, JsonNode node, int depth, int[] keys) {
    if (depth > DEPTH) {
      return Text.of("device.too_deep", shown(path), Integer.toString(DEPTH));
    }
    if (node.isTextual()) {
      return isClean(node.textValue()) ? null : Text.of("device.text_unclean", shown(path));
    }
    if (node.isNumber()) {
      return Double.isFinite(node.doubleValue())
          ? null
          : Text.of("device.number_not_finite", shown(path));
    }
    for (JsonNode element : node.isArray() ? node : Json.array()) {
      Text fault = walk(path, element, depth + 1, keys);
      if (fault != null) {
        return fault;
      }
    }
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      String key = entry.getKey();
      keys[0]++;
      if (key.isBlank() || key.length() > KEY || !isClean(key)) {
        return Text.of("device.key_wrong", shown(path), Integer.toString(KEY));
      }
      Text fault = walk(path + "." + key, entry.getValue(), depth + 1, keys);
      if (fault != null) {
        return fault;
      }
    }
    return null;
  }

  /// Line breaks and tabs are fine in a description; other control characters, which PostgreSQL
  /// refuses in part, and lone surrogates, which are no text, are not.
  private static boolean isClean(String text) {
    return text.codePoints().noneMatch(DispositivoLimits::isUnclean);
  }

  private static boolean isUnclean(int c) {
    return (Character.isISOControl(c) && c != '\n' && c != '\r' && c != '\t')
        || Character.getType(c) == Character.SURROGATE;
  }
}
