package io.vatio.audit;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/// Texts as they are searched: without case and accents, each word behind two blanks. The index of
/// both databases is one of three neighbouring characters, so a word of one or two finds the
/// beginnings of words, a longer one is found anywhere.
final class SearchText {
  private static final int GRAM = 3;
  private static final int MAX_WORDS = 8;
  private static final int MAX_QUERY = 200;

  private SearchText() {}

  /// What is kept with a line, of the fields that are searched.
  static String of(String... fields) {
    StringBuilder text = new StringBuilder();
    for (String field : fields) {
      for (String word : words(field)) {
        text.append("  ").append(word);
      }
    }
    return text.toString();
  }

  /// What the kept text must hold, all of it, for this search; none for a blank one.
  static List<String> pieces(String search) {
    String cut = search.length() > MAX_QUERY ? search.substring(0, MAX_QUERY) : search;
    return words(cut).stream()
        .distinct()
        .limit(MAX_WORDS)
        .map(word -> word.codePointCount(0, word.length()) < GRAM ? "  " + word : word)
        .toList();
  }

  /// All three neighbouring characters of a piece.
  static Set<String> grams(String piece) {
    Set<String> grams = new LinkedHashSet<>();
    int[] points = piece.codePoints().toArray();
    for (int i = 0; i + GRAM <= points.length; i++) {
      grams.add(new String(points, i, GRAM));
    }
    return grams;
  }

  /// A piece as a pattern of LIKE with the escape sign `!`.
  static String pattern(String piece) {
    return "%" + piece.replace("!", "!!").replace("%", "!%").replace("_", "!_") + "%";
  }

  private static List<String> words(String text) {
    String folded =
        Normalizer.normalize(text, Normalizer.Form.NFKD)
            .replaceAll("\\p{M}", "")
            .toLowerCase(Locale.ROOT);
    List<String> words = new ArrayList<>();
    for (String word : folded.split("[\\s\\p{Z}\\p{Cc}]+")) {
      if (!word.isEmpty()) {
        words.add(word);
      }
    }
    return words;
  }
}
