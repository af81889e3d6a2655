package io.vatio.audit;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.platform.json.Json;
import java.util.Map;
import java.util.TreeMap;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// What the requests add up to, from rows by day that are kept exact when lines are not.
final class AccessTotals {
  private static final int ENDPOINTS = 10;

  private static final String GROUPS =
      """
      SELECT module, method, status, sum(requests), sum(duration_us), sum(lines)
        FROM access_total
       WHERE account_id = :account
       GROUP BY module, method, status
      """;

  private static final String MOST_ACCESSED =
      """
      SELECT endpoint, method, sum(requests) AS n
        FROM access_endpoint
       WHERE account_id = :account
       GROUP BY endpoint, method
       ORDER BY n DESC, endpoint, method
       LIMIT :most
      """;

  private AccessTotals() {}

  static long lines(Handle handle, AccessFilter filter) {
    Conditions where = new Conditions();
    where.equal("account_id", scope(filter.account()));
    where.equal("module", filter.module());
    where.equal("method", filter.method());
    where.equal("status", filter.status());
    if (filter.errorsOnly()) {
      where.add("status >= 400");
    }
    return where
        .bind(
            handle.createQuery(
                "SELECT coalesce(sum(%s), 0) FROM access_total%s"
                    .formatted(filter.slowOnly() ? "slow_lines" : "lines", where.where())))
        .mapTo(Long.class)
        .one();
  }

  private static long scope(@Nullable Long account) {
    return account == null ? AccessBatch.EVERYBODY : account;
  }

  /// The statistics of an account, or of everybody for null.
  static ObjectNode stats(Handle handle, @Nullable Long account) {
    Map<String, Long> methods = new TreeMap<>();
    Map<String, Long> statuses = new TreeMap<>();
    Map<String, Long> modules = new TreeMap<>();
    long[] sums = new long[4];
    handle
        .createQuery(GROUPS)
        .bind("account", scope(account))
        .map(
            (row, _) -> {
              long requests = row.getLong(4);
              if (requests > 0) {
                modules.merge(row.getString(1), requests, Long::sum);
                methods.merge(row.getString(2), requests, Long::sum);
                statuses.merge(row.getString(3), requests, Long::sum);
              }
              sums[0] += requests;
              sums[1] += row.getLong(5);
              sums[2] += row.getInt(3) >= AccessLine.ERROR ? requests : 0;
              sums[3] += row.getLong(6);
              return requests;
            })
        .list();
    ObjectNode stats = Json.object();
    stats.put("total_requests", sums[0]);
    stats.set("by_method", Json.tree(methods));
    stats.set("by_status", Json.tree(statuses));
    stats.set("by_module", Json.tree(modules));
    stats.put("errors_count", sums[2]);
    stats.put(
        "avg_response_time_ms", sums[0] == 0 ? 0.0 : Math.round((double) sums[1] / sums[0]) / 1e3);
    stats.set("slowest_endpoint", slowest(handle, account));
    var most = stats.putArray("most_accessed_endpoints");
    handle
        .createQuery(MOST_ACCESSED)
        .bind("account", scope(account))
        .bind("most", ENDPOINTS)
        .map(
            (row, _) ->
                Json.object()
                    .put("endpoint", row.getString(1))
                    .put("method", row.getString(2))
                    .put("count", row.getLong(3)))
        .forEach(most::add);
    stats.put("unlisted_requests", Math.max(0, sums[0] - sums[3]));
    return stats;
  }

  private static @Nullable ObjectNode slowest(Handle handle, @Nullable Long account) {
    Conditions where = new Conditions();
    where.equal("account_id", account);
    return where
        .bind(
            handle.createQuery(
                "SELECT endpoint, duration_us FROM access_log%s ORDER BY duration_us DESC LIMIT 1"
                    .formatted(where.where())))
        .map(
            (row, _) ->
                Json.object()
                    .put("endpoint", row.getString(1))
                    .put("response_time_ms", row.getLong(2) / 1_000.0))
        .findOne()
        .orElse(null);
  }

  static boolean hasBefore(Handle handle, long firstDay) {
    return handle
        .createQuery("SELECT 1 FROM access_total WHERE day < :day LIMIT 1")
        .bind("day", firstDay)
        .mapTo(Integer.class)
        .findOne()
        .isPresent();
  }

  /// Lets go of the sums of days before this one.
  static void prune(Handle handle, long firstDay) {
    handle
        .createUpdate("DELETE FROM access_total WHERE day < :day")
        .bind("day", firstDay)
        .execute();
    handle
        .createUpdate("DELETE FROM access_endpoint WHERE day < :day")
        .bind("day", firstDay)
        .execute();
  }
}
