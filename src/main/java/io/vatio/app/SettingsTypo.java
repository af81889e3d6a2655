package io.vatio.app;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// Guesses which name somebody meant.
final class SettingsTypo {
  private SettingsTypo() {}

  /// The known name that differs least, empty when none is near.
  static Optional<String> nearest(String name, Stream<String> known) {
    int far = Math.max(2, name.length() / 5);
    return known
        .map(candidate -> Map.entry(distance(name, candidate), candidate))
        .filter(entry -> entry.getKey() <= far)
        .min(Map.Entry.comparingByKey())
        .map(Map.Entry::getValue);
  }

  /// How many letters to add, drop, change or swap with their neighbour.
  private static int distance(String a, String b) {
    String x = a.toUpperCase(Locale.ROOT);
    String y = b.toUpperCase(Locale.ROOT);
    int[][] d = new int[x.length() + 1][y.length() + 1];
    for (int i = 0; i <= x.length(); i++) {
      for (int j = 0; j <= y.length(); j++) {
        if (i == 0 || j == 0) {
          d[i][j] = i + j;
          continue;
        }
        int change = x.charAt(i - 1) == y.charAt(j - 1) ? 0 : 1;
        d[i][j] = Math.min(Math.min(d[i - 1][j] + 1, d[i][j - 1] + 1), d[i - 1][j - 1] + change);
        if (i > 1
            && j > 1
            && x.charAt(i - 1) == y.charAt(j - 2)
            && x.charAt(i - 2) == y.charAt(j - 1)) {
          d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
        }
      }
    }
    return d[x.length()][y.length()];
  }
}
