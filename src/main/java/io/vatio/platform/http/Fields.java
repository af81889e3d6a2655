package io.vatio.platform.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Reads the fields of a JSON object and notes everything that is wrong with them, so that the
/// caller hears it all at once. Finish with [#check].
public final class Fields {
  private static final Pattern WHOLE = Pattern.compile("[0-9]{1,18}");

  private final ObjectNode body;
  private final Map<String, List<Text>> faults = new LinkedHashMap<>();

  public Fields(ObjectNode body) {
    this.body = body;
  }

  /// A text that must be there and must say something; empty after a fault.
  ///
  /// @param maxLength in characters
  public String text(String name, int maxLength) {
    JsonNode node = body.get(name);
    if (node == null) {
      return fault(name, Text.of("http.field_required"));
    }
    return checked(name, node, maxLength, true);
  }

  /// A text that may be missing or empty; null counts as missing.
  public String text(String name, int maxLength, String missing) {
    JsonNode node = body.get(name);
    return node == null || node.isNull() ? missing : checked(name, node, maxLength, false);
  }

  /// Whether the body says anything about a field.
  public boolean has(String name) {
    return body.has(name);
  }

  /// A number that must be there, as a number or as text; 0 after a fault.
  public double number(String name) {
    JsonNode node = required(name);
    if (node != null) {
      double value = node.isNumber() ? node.doubleValue() : parsed(node.asText());
      if (Double.isFinite(value) && !node.isBoolean()) {
        return value;
      }
      fault(name, Text.of("http.number"));
    }
    return 0;
  }

  private static double parsed(String text) {
    try {
      return text.length() > 50 ? Double.NaN : Double.parseDouble(text);
    } catch (NumberFormatException _) {
      return Double.NaN;
    }
  }

  /// The number of a thing that must be there; 0 after a fault.
  public long id(String name) {
    JsonNode node = required(name);
    Long id = node == null ? null : id(name, node);
    return id == null ? 0 : id;
  }

  /// Whether a field is there and null, where that means none.
  public boolean isNull(String name) {
    JsonNode node = body.get(name);
    return node != null && node.isNull();
  }

  private @Nullable JsonNode required(String name) {
    JsonNode node = body.get(name);
    if (node == null) {
      fault(name, Text.of("http.field_required"));
    } else if (node.isNull()) {
      fault(name, Text.of("http.field_null"));
      return null;
    }
    return node;
  }

  /// A point in time that may be missing.
  public @Nullable Instant instant(String name) {
    String text = text(name, 50, "");
    if (text.isEmpty()) {
      return null;
    }
    try {
      return Request.instant(name, text, ZoneOffset.UTC);
    } catch (Problem.Invalid e) {
      fault(name, e.text());
      return null;
    }
  }

  /// A list of texts that must be there; empty after a fault.
  public List<String> texts(String name, int maxItems, int maxLength) {
    JsonNode node = body.get(name);
    if (node == null) {
      fault(name, Text.of("http.field_required"));
      return List.of();
    }
    if (!node.isArray() || node.size() > maxItems) {
      fault(name, Text.of("http.field_list", Integer.toString(maxItems)));
      return List.of();
    }
    List<String> texts = new ArrayList<>();
    node.forEach(item -> texts.add(checked(name, item, maxLength, true)));
    return texts;
  }

  /// Yes or no, which may be missing.
  public boolean flag(String name, boolean missing) {
    JsonNode node = body.get(name);
    if (node == null) {
      return missing;
    }
    if (!node.isBoolean()) {
      fault(name, Text.of("http.field_flag"));
    }
    return node.asBoolean(missing);
  }

  /// The id of another thing; null when it is missing, null, or wrong.
  public @Nullable Long optionalId(String name) {
    JsonNode node = body.get(name);
    return node == null || node.isNull() ? null : id(name, node);
  }

  /// Ids of other things, each once; empty when they are missing or wrong.
  public List<Long> ids(String name, int maxItems) {
    JsonNode node = body.get(name);
    if (node == null) {
      return List.of();
    }
    if (!node.isArray() || node.size() > maxItems) {
      fault(name, Text.of("http.field_list", Integer.toString(maxItems)));
      return List.of();
    }
    Set<Long> ids = new LinkedHashSet<>();
    for (JsonNode item : node) {
      Long id = id(name, item);
      if (id != null) {
        ids.add(id);
      }
    }
    return List.copyOf(ids);
  }

  private @Nullable Long id(String name, JsonNode node) {
    if (node.isIntegralNumber() && node.canConvertToLong()) {
      return node.longValue();
    }
    if (node.isTextual() && WHOLE.matcher(node.textValue()).matches()) {
      return Long.valueOf(node.textValue());
    }
    fault(name, Text.of("http.number"));
    return null;
  }

  /// Notes several things that are wrong with a field, if it was fine so far.
  public void faults(String name, List<Text> texts) {
    if (!texts.isEmpty()) {
      faults.putIfAbsent(name, List.copyOf(texts));
    }
  }

  /// Notes what the caller found wrong by itself; only the first fault of a field is kept.
  ///
  /// @return an empty text, to go on with
  public String fault(String name, Text text) {
    faults.putIfAbsent(name, List.of(text));
    return "";
  }

  /// Whether a field was fine so far.
  public boolean isFine(String name) {
    return !faults.containsKey(name);
  }

  /// Throws everything that was noted.
  ///
  /// @throws Problem.Invalid when something was
  public void check() {
    if (!faults.isEmpty()) {
      throw Problem.invalid(faults);
    }
  }

  private String checked(String name, JsonNode node, int maxLength, boolean filled) {
    if (node.isNull()) {
      return fault(name, Text.of("http.field_null"));
    }
    if (!node.isTextual()) {
      return fault(name, Text.of("http.field_text"));
    }
    String text = node.textValue();
    if (filled && text.isBlank()) {
      return fault(name, Text.of("http.field_blank"));
    }
    if (text.length() > maxLength) {
      return fault(name, Text.of("http.field_long", Integer.toString(maxLength)));
    }
    if (!isStorable(text)) {
      return fault(name, Text.of("http.field_characters"));
    }
    return text;
  }

  /// No NUL (PostgreSQL keeps none) and no half of a surrogate pair (UTF-8 has none).
  private static boolean isStorable(String text) {
    return text.codePoints()
        .noneMatch(c -> c == 0 || (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE));
  }
}
