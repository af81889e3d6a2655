package io.vatio.audit;

import io.vatio.audit.AuditStore.Kind;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jdbi.v3.core.Handle;

/// How many lines the audit log has, without counting them. Each line leaves a row in `audit_delta`
/// in its own transaction, which touches no row of anybody else; every now and then those rows are
/// added to `audit_total`. Both together are exact at any moment.
final class AuditTotals {
  private static final String ALL = "all";

  private static final String TAKE =
      """
      DELETE FROM audit_delta
       WHERE id IN (SELECT id FROM audit_delta ORDER BY id LIMIT :most)
      RETURNING coalesce(account_id, 0), username, action, model, n
      """;

  private static final String ADD =
      """
      INSERT INTO audit_total (scope, action, model, n) VALUES (:scope, :action, :model, :n)
      ON CONFLICT (scope, action, model) DO UPDATE SET n = audit_total.n + excluded.n
      """;

  private static final String GROUPS =
      """
      SELECT %1$s, sum(n)
        FROM (SELECT action, model, n FROM audit_total WHERE scope = 'all'
              UNION ALL
              SELECT action, model, n FROM audit_delta) AS parts
       GROUP BY %1$s
      HAVING sum(n) > 0
       ORDER BY %1$s
      """;

  private AuditTotals() {}

  static long count(Handle handle, AuditFilter filter) {
    Conditions total = new Conditions();
    total.equal("scope", scope(filter));
    total.equal("action", filter.action());
    total.equal("model", filter.model());
    Conditions delta = new Conditions();
    delta.equal("action", filter.action());
    delta.equal("model", filter.model());
    delta.equal("username", filter.username());
    delta.equal("account_id", filter.account());
    // One statement, for between two of them rows might move.
    var query =
        handle.createQuery(
            "SELECT (SELECT coalesce(sum(n), 0) FROM audit_total%s) + (SELECT coalesce(sum(n), 0) FROM audit_delta%s)"
                .formatted(total.where(), delta.where()));
    return delta.bind(total.bind(query)).mapTo(Long.class).one();
  }

  private static String scope(AuditFilter filter) {
    if (filter.username() != null) {
      return byName(filter.username());
    }
    return filter.account() != null ? byAccount(filter.account()) : ALL;
  }

  private static String byName(String username) {
    return "u:" + username;
  }

  private static String byAccount(long account) {
    return "a:" + account;
  }

  static Map<String, Long> byAction(Handle handle) {
    return groups(handle, "action");
  }

  static Map<String, Long> byModel(Handle handle) {
    return groups(handle, "model");
  }

  private static Map<String, Long> groups(Handle handle, String column) {
    Map<String, Long> counts = new LinkedHashMap<>();
    handle
        .createQuery(GROUPS.formatted(column))
        .map((row, _) -> Map.entry(row.getString(1), row.getLong(2)))
        .forEach(entry -> counts.put(entry.getKey(), entry.getValue()));
    return counts;
  }

  /// Whether enough rows wait to be worth a transaction.
  static boolean isDue(Handle handle, int least) {
    return handle
        .createQuery("SELECT 1 FROM audit_delta LIMIT 1 OFFSET :least")
        .bind("least", least)
        .mapTo(Integer.class)
        .findOne()
        .isPresent();
  }

  /// Adds the oldest rows that wait to the totals.
  static void settle(Handle handle, int most) {
    List<Map.Entry<Kind, Long>> taken =
        handle
            .createQuery(TAKE)
            .bind("most", most)
            .map(
                (row, _) ->
                    Map.entry(
                        new Kind(
                            row.getLong(1), row.getString(2), row.getString(3), row.getString(4)),
                        row.getLong(5)))
            .list();
    // In one order, so that two servers on one database do not wait for each other.
    Map<List<String>, Long> sums = new TreeMap<>((a, b) -> a.toString().compareTo(b.toString()));
    for (Map.Entry<Kind, Long> row : taken) {
      Kind kind = row.getKey();
      sums.merge(List.of(ALL, kind.action(), kind.model()), row.getValue(), Long::sum);
      sums.merge(
          List.of(byName(kind.username()), kind.action(), kind.model()), row.getValue(), Long::sum);
      if (kind.account() != 0) {
        sums.merge(
            List.of(byAccount(kind.account()), kind.action(), kind.model()),
            row.getValue(),
            Long::sum);
      }
    }
    var batch = handle.prepareBatch(ADD);
    sums.forEach(
        (key, n) ->
            batch
                .bind("scope", key.get(0))
                .bind("action", key.get(1))
                .bind("model", key.get(2))
                .bind("n", n)
                .add());
    if (!sums.isEmpty()) {
      batch.execute();
      handle.execute("DELETE FROM audit_total WHERE n = 0");
    }
  }
}
