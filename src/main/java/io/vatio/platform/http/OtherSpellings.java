package io.vatio.platform.http;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Under which other paths a route of the API answers too: programs written for the original know
/// underscores where its document has hyphens. The one place that says so.
final class OtherSpellings {
  /// Parts of paths whose other spelling follows no rule.
  private static final Map<String, String> PARTS =
      Map.of("cifrarID", "cifrar_id", "descifrarID", "descifrar_id");

  private OtherSpellings() {}

  /// The other spellings of a path, none for most.
  static List<String> of(String path) {
    if (!path.startsWith("/api/")) {
      return List.of();
    }
    Set<String> spellings = new LinkedHashSet<>();
    List<String> parts = new ArrayList<>(List.of(path.split("/", -1)));
    parts.replaceAll(part -> part.startsWith(":") ? part : PARTS.getOrDefault(part, part));
    spellings.add(String.join("/", parts));
    parts.replaceAll(part -> part.startsWith(":") ? part : part.replace('-', '_'));
    spellings.add(String.join("/", parts));
    spellings.remove(path);
    return List.copyOf(spellings);
  }
}
