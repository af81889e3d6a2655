package io.vatio.audit;

import io.vatio.platform.db.Database.Dialect;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;

/// By which index lines of the audit log are found.
///
/// Neither database can tell well enough, so the newest lines are asked how rare something is: of
/// the characters that are looked for only the rarest are asked for. SQLite gives what it finds in
/// order and can stop; PostgreSQL has to find all of it, so what is common is not looked up but met
/// on the way. SQLite is also told when a filter leaves so few lines that they are sooner walked
/// through.
///
/// @param grams three characters each that a line must hold; empty for those met on the way
record AuditSearch(Dialect dialect, List<String> pieces, List<String> grams) {
  /// Lines that are sooner walked through.
  private static final int FEW = 3_000;

  /// Newest lines that say how rare something is.
  private static final int SAMPLE = 1_000;

  /// Of the sample; from there on lines are met soon enough.
  private static final int COMMON = 30;

  /// Of one piece.
  private static final int MOST_GRAMS = 2;

  static AuditSearch plan(Handle handle, Dialect dialect, AuditFilter filter) {
    boolean indexed =
        !filter.pieces().isEmpty() && !(dialect == Dialect.SQLITE && isNarrow(handle, filter));
    return new AuditSearch(
        dialect, filter.pieces(), indexed ? rarest(handle, dialect, filter.pieces()) : List.of());
  }

  private static boolean isNarrow(Handle handle, AuditFilter filter) {
    return filter.objectId() != null || AuditTotals.count(handle, filter) <= FEW;
  }

  private static List<String> rarest(Handle handle, Dialect dialect, List<String> pieces) {
    Map<String, Integer> lines = new HashMap<>();
    pieces.forEach(piece -> SearchText.grams(piece).forEach(gram -> lines.put(gram, 0)));
    handle
        .createQuery("SELECT search FROM audit_log ORDER BY id DESC LIMIT :sample")
        .bind("sample", SAMPLE)
        .mapTo(String.class)
        .forEach(text -> lines.replaceAll((gram, n) -> text.contains(gram) ? n + 1 : n));
    int least = lines.values().stream().mapToInt(Integer::intValue).min().orElse(0);
    if (dialect == Dialect.POSTGRESQL && least > COMMON) {
      return List.of();
    }
    // Of each piece, for one that is common alone may be rare beside the others.
    return pieces.stream()
        .flatMap(
            piece ->
                SearchText.grams(piece).stream()
                    .sorted(Comparator.comparing(gram -> lines.getOrDefault(gram, 0)))
                    .limit(MOST_GRAMS))
        .distinct()
        .toList();
  }

  private boolean isFullText() {
    return dialect == Dialect.SQLITE && !grams.isEmpty();
  }

  String from() {
    return isFullText()
        ? "audit_search JOIN audit_log l ON l.id = audit_search.rowid"
        : "audit_log l";
  }

  /// The number of a line; the full text gives its lines in order only by its own name for it.
  String number() {
    return isFullText() ? "audit_search.rowid" : "l.id";
  }

  /// What before a column keeps its index from being used; PostgreSQL knows better.
  String without() {
    return dialect == Dialect.SQLITE ? "+" : "";
  }

  /// An index knows which lines have the right characters, LIKE whether in the right order.
  void addTo(Conditions where) {
    if (isFullText()) {
      where.add(
          "audit_search MATCH :grams",
          "grams",
          grams.stream()
              .map(gram -> '"' + gram.replace("\"", "\"\"") + '"')
              .collect(Collectors.joining(" AND ")));
    } else {
      for (int i = 0; i < grams.size(); i++) {
        where.add(
            "audit_grams(l.search) @> CAST(ARRAY[:gram%d] AS text[])".formatted(i),
            "gram" + i,
            grams.get(i));
      }
    }
    for (int i = 0; i < pieces.size(); i++) {
      where.add(
          "l.search LIKE :like%d ESCAPE '!'".formatted(i),
          "like" + i,
          SearchText.pattern(pieces.get(i)));
    }
  }
}
