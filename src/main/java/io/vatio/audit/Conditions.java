package io.vatio.audit;

import io.vatio.kernel.Micros;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;
import org.jspecify.annotations.Nullable;

/// The WHERE of a question to a log.
final class Conditions {
  /// How far numbers and times may be in another order: writers at the same time, and a clock that
  /// was corrected a little.
  private static final Duration DISORDER = Duration.ofSeconds(30);

  private final List<String> parts = new ArrayList<>();
  private final Map<String, Object> values = new LinkedHashMap<>();

  /// `column = value`, unless it is null.
  void equal(String column, @Nullable Object value) {
    equal("", column, value);
  }

  /// The same with a sign before the column.
  void equal(String sign, String column, @Nullable Object value) {
    if (value != null) {
      add(sign + column + " = :" + column, column, value);
    }
  }

  void add(String part) {
    parts.add(part);
  }

  void add(String part, String name, Object value) {
    parts.add(part);
    values.put(name, value);
  }

  /// Narrows to a span of time. The numbers of the lines at its ends are looked up first, so that
  /// lines outside are not read one by one; the sum keeps an index of times from being used beside.
  void between(Handle handle, String table, @Nullable Instant from, @Nullable Instant to) {
    if (from != null) {
      add("at + 0 >= :from", "from", Micros.of(from));
      add("l.id >= :fromId", "fromId", firstFrom(handle, table, from.minus(DISORDER)));
    }
    if (to != null) {
      add("at + 0 < :to", "to", Micros.of(to));
      add("l.id < :toId", "toId", firstFrom(handle, table, to.plus(DISORDER)));
    }
  }

  private static long firstFrom(Handle handle, String table, Instant at) {
    return handle
        .createQuery("SELECT id FROM " + table + " WHERE at >= :at ORDER BY at LIMIT 1")
        .bind("at", Micros.of(at))
        .mapTo(Long.class)
        .findOne()
        .orElse(Long.MAX_VALUE);
  }

  String where() {
    return parts.isEmpty() ? "" : " WHERE " + String.join(" AND ", parts);
  }

  <T extends Query> T bind(T query) {
    values.forEach(query::bind);
    return query;
  }
}
