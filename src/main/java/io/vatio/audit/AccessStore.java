package io.vatio.audit;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.audit.AccessBatch.Key;
import io.vatio.kernel.Micros;
import io.vatio.platform.json.Json;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.SqlStatement;

/// The SQL of the access log.
final class AccessStore {
  private static final String COLUMNS =
      """
      l.id, l.at, coalesce(l.account_id, 0), l.username, l.module, l.endpoint, l.method, l.status,
      l.duration_us, l.address, l.user_agent, l.query
      """;

  private static final String INSERT =
      """
      INSERT INTO access_log (at, account_id, username, module, endpoint, method, status,
                              duration_us, address, user_agent, query)
      VALUES (:at, :account, :username, :module, :endpoint, :method, :status,
              :duration, :address, :agent, :query)
      """;

  private static final String ADD =
      """
      INSERT INTO access_total (account_id, day, module, method, status, requests, duration_us,
                                lines, slow_lines)
      VALUES (:account, :day, :module, :method, :status, :requests, :duration, :lines, :slow)
      ON CONFLICT (account_id, day, module, method, status) DO UPDATE
        SET requests = access_total.requests + excluded.requests,
            duration_us = access_total.duration_us + excluded.duration_us,
            lines = access_total.lines + excluded.lines,
            slow_lines = access_total.slow_lines + excluded.slow_lines
      """;

  private static final String ADD_ENDPOINT =
      """
      INSERT INTO access_endpoint (account_id, day, endpoint, method, requests)
      VALUES (:account, :day, :endpoint, :method, :requests)
      ON CONFLICT (account_id, day, endpoint, method) DO UPDATE
        SET requests = access_endpoint.requests + excluded.requests
      """;

  /// What is added to one row of the totals.
  private static final class Change {
    long requests;
    long durationUs;
    long lines;
    long slowLines;
  }

  /// Writes the sums and the first lines of a batch.
  void write(Handle handle, AccessBatch batch, int mostLines) {
    Map<Key, Change> changes = new TreeMap<>();
    batch.sums.forEach(
        (key, sum) -> {
          Change change = changes.computeIfAbsent(key, _ -> new Change());
          change.requests += sum.requests();
          change.durationUs += sum.durationUs();
        });
    List<AccessLine> lines = batch.lines.stream().limit(mostLines).toList();
    lines.forEach(line -> count(changes, line, 1));
    addTotals(handle, changes);
    var endpoints = handle.prepareBatch(ADD_ENDPOINT);
    batch.places.forEach(
        (place, requests) ->
            endpoints
                .bind("account", place.account())
                .bind("day", place.day())
                .bind("endpoint", place.endpoint())
                .bind("method", place.method())
                .bind("requests", requests)
                .add());
    if (!batch.places.isEmpty()) {
      endpoints.execute();
    }
    var rows = handle.prepareBatch(INSERT);
    lines.forEach(line -> bind(rows, line).add());
    if (!lines.isEmpty()) {
      rows.execute();
    }
  }

  private static void count(Map<Key, Change> changes, AccessLine line, int times) {
    long day = AccessBatch.day(Micros.of(line.at()));
    for (long account :
        line.account() == 0
            ? new long[] {AccessBatch.EVERYBODY}
            : new long[] {AccessBatch.EVERYBODY, line.account()}) {
      Change change =
          changes.computeIfAbsent(
              new Key(account, day, line.module(), line.method(), line.status()),
              _ -> new Change());
      change.lines += times;
      change.slowLines += line.isSlow() ? times : 0;
    }
  }

  private static void addTotals(Handle handle, Map<Key, Change> changes) {
    var totals = handle.prepareBatch(ADD);
    changes.forEach(
        (key, change) ->
            totals
                .bind("account", key.account())
                .bind("day", key.day())
                .bind("module", key.module())
                .bind("method", key.method())
                .bind("status", key.status())
                .bind("requests", change.requests)
                .bind("duration", change.durationUs)
                .bind("lines", change.lines)
                .bind("slow", change.slowLines)
                .add());
    if (!changes.isEmpty()) {
      totals.execute();
    }
  }

  private static <T extends SqlStatement<T>> T bind(T statement, AccessLine line) {
    return statement
        .bind("at", Micros.of(line.at()))
        .bind("account", line.account() == 0 ? null : (Long) line.account())
        .bind("username", line.username())
        .bind("module", line.module())
        .bind("endpoint", line.endpoint())
        .bind("method", line.method())
        .bind("status", line.status())
        .bind("duration", line.durationUs())
        .bind("address", line.address())
        .bind("agent", line.userAgent())
        .bind("query", line.query());
  }

  /// Writes one line that a caller made, and counts it.
  AccessLine insert(Handle handle, AccessLine line) {
    long id = bind(handle.createQuery(INSERT + " RETURNING id"), line).mapTo(Long.class).one();
    Map<Key, Change> changes = new TreeMap<>();
    count(changes, line, 1);
    changes
        .values()
        .forEach(
            change -> {
              change.requests = 1;
              change.durationUs = line.durationUs();
            });
    addTotals(handle, changes);
    for (Key key : changes.keySet()) {
      handle
          .createUpdate(ADD_ENDPOINT)
          .bind("account", key.account())
          .bind("day", key.day())
          .bind("endpoint", AccessWords.OTHER)
          .bind("method", key.method())
          .bind("requests", 1)
          .execute();
    }
    return find(handle, id).orElseThrow();
  }

  /// How many kinds of requests an account has made on a day.
  int kinds(Handle handle, long account, long day) {
    return handle
        .createQuery("SELECT count(*) FROM access_total WHERE account_id = :account AND day = :day")
        .bind("account", account)
        .bind("day", day)
        .mapTo(Integer.class)
        .one();
  }

  private static Optional<AccessLine> find(Handle handle, long id) {
    return handle
        .createQuery("SELECT " + COLUMNS + " FROM access_log l WHERE l.id = :id")
        .bind("id", id)
        .map((row, _) -> line(row))
        .findOne();
  }

  Slice<AccessLine> list(Handle handle, AccessFilter filter, Place place) {
    Conditions where = conditions(handle, filter);
    if (place.after() != null) {
      where.add("l.id " + place.sign() + " :after", "after", place.after());
    }
    String numbers =
        "SELECT l.id FROM access_log l%s ORDER BY l.id %s LIMIT :limit OFFSET :skip"
            .formatted(where.where(), place.order());
    List<AccessLine> found =
        where
            .bind(
                handle.createQuery(
                    "SELECT %s FROM access_log l WHERE l.id IN (%s) ORDER BY l.id %s"
                        .formatted(COLUMNS, numbers, place.order())))
            .bind("limit", place.size() + 1)
            .bind("skip", place.skip())
            .map((row, _) -> line(row))
            .list();
    return Slice.of(found, place.size());
  }

  LineCount count(Handle handle, AccessFilter filter) {
    if (filter.isCounted()) {
      return LineCount.exactly(AccessTotals.lines(handle, filter));
    }
    Conditions where = conditions(handle, filter);
    return LineCount.counted(
        LineCount.MOST,
        where
            .bind(
                handle.createQuery(
                    "SELECT count(*) FROM (SELECT 1 FROM access_log l%s LIMIT :most) AS found"
                        .formatted(where.where())))
            .bind("most", LineCount.MOST + 1)
            .mapTo(Long.class)
            .one());
  }

  private static Conditions conditions(Handle handle, AccessFilter filter) {
    Conditions where = new Conditions();
    where.equal("account_id", filter.account());
    where.equal("module", filter.module());
    where.equal("method", filter.method());
    where.equal("status", filter.status());
    if (filter.errorsOnly()) {
      where.add("status >= 400");
    }
    if (filter.slowOnly()) {
      where.add("duration_us > 2000000");
    }
    where.between(handle, "access_log", filter.from(), filter.to());
    return where;
  }

  /// Lets go of the oldest lines.
  ///
  /// @param before of days before this one; beyond them, as many as are too many
  /// @return how many went
  int prune(Handle handle, long beforeMicros, long tooMany, int most) {
    String oldest =
        tooMany > 0
            ? "SELECT id FROM access_log ORDER BY id LIMIT :most"
            : "SELECT id FROM access_log WHERE at < :before ORDER BY at LIMIT :most";
    var delete =
        handle
            .createQuery(
                "DELETE FROM access_log WHERE id IN (%s) RETURNING %s"
                    .formatted(oldest, COLUMNS.replace("l.", "")))
            .bind("most", tooMany > 0 ? Math.min(most, tooMany) : most);
    if (tooMany <= 0) {
      delete.bind("before", beforeMicros);
    }
    List<AccessLine> gone = new ArrayList<>(delete.map((row, _) -> line(row)).list());
    Map<Key, Change> changes = new TreeMap<>();
    gone.forEach(line -> count(changes, line, -1));
    addTotals(handle, changes);
    return gone.size();
  }

  private static AccessLine line(ResultSet row) throws SQLException {
    return new AccessLine(
        row.getLong(1),
        Micros.toInstant(row.getLong(2)),
        row.getLong(3),
        row.getString(4),
        row.getString(5),
        row.getString(6),
        row.getString(7),
        row.getInt(8),
        row.getLong(9),
        row.getString(10),
        row.getString(11),
        row.getString(12));
  }

  static ObjectNode json(AccessLine line) {
    ObjectNode json = Json.object();
    json.put("id", line.id());
    json.put("timestamp", line.at().toString());
    json.put("user", line.account() == 0 ? null : (Long) line.account());
    json.put("username", line.username());
    json.put("module", line.module());
    json.put("endpoint", line.endpoint());
    json.put("method", line.method());
    json.put("status_code", line.status());
    json.put("response_time_ms", line.durationUs() / 1_000.0);
    json.put("ip_address", line.address());
    json.put("user_agent", line.userAgent());
    json.set("query_params", Json.parse(line.query()));
    json.put("is_error", line.isError());
    json.put("is_slow", line.isSlow());
    return json;
  }
}
