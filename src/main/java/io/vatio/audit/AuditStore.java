package io.vatio.audit;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.kernel.Micros;
import io.vatio.platform.db.Database.Dialect;
import io.vatio.platform.json.Json;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jdbi.v3.core.Handle;

/// The SQL of the audit log.
final class AuditStore {
  private static final int MAX_USERNAME = 200;
  private static final int MAX_NAME = 300;
  private static final int MAX_ADDRESS = 64;

  private static final String COLUMNS =
      """
      l.id, l.at, l.account_id, l.username, l.model, l.object_id, l.object_name, l.action,
      l.changes, l.address, l.user_agent
      """;

  private static final String INSERT =
      """
      INSERT INTO audit_log (at, account_id, username, action, model, object_id, object_name,
                             changes, address, user_agent, search)
      VALUES (:at, :account, :username, :action, :model, :object, :name,
              :changes, :address, :agent, :search)
      RETURNING id
      """;

  private static final String DELTA =
      """
      INSERT INTO audit_delta (account_id, username, action, model, n)
      VALUES (:account, :username, :action, :model, :n)
      """;

  /// Writes a line; what it holds is made fit to be kept here.
  ///
  /// @return its number
  long insert(Handle handle, AuditEntry entry) {
    Long account = entry.account().isPresent() ? (Long) entry.account().getAsLong() : null;
    String username = Secrets.text(entry.username(), MAX_USERNAME);
    String model = Secrets.text(entry.model(), MAX_USERNAME);
    String name = Secrets.text(entry.objectName(), MAX_NAME);
    String address = Secrets.text(entry.address(), MAX_ADDRESS);
    addDelta(handle, new Kind(account == null ? 0 : account, username, entry.action(), model), 1);
    return handle
        .createQuery(INSERT)
        .bind("at", Micros.of(entry.at()))
        .bind("account", account)
        .bind("username", username)
        .bind("action", entry.action())
        .bind("model", model)
        .bind("object", Secrets.text(entry.objectId(), MAX_NAME))
        .bind("name", name)
        .bind("changes", AuditLog.kept(entry.changes()))
        .bind("address", address)
        .bind("agent", Secrets.text(entry.userAgent(), MAX_NAME))
        .bind("search", SearchText.of(username, model, name, address))
        .mapTo(Long.class)
        .one();
  }

  /// What lines are counted by.
  ///
  /// @param account 0 for none
  record Kind(long account, String username, String action, String model) {}

  void addDelta(Handle handle, Kind kind, long lines) {
    handle
        .createUpdate(DELTA)
        .bind("account", kind.account() == 0 ? null : (Long) kind.account())
        .bind("username", kind.username())
        .bind("action", kind.action())
        .bind("model", kind.model())
        .bind("n", lines)
        .execute();
  }

  void replaceChanges(Handle handle, long id, ObjectNode changes) {
    handle
        .createUpdate("UPDATE audit_log SET changes = :changes WHERE id = :id")
        .bind("changes", AuditLog.kept(changes))
        .bind("id", id)
        .execute();
  }

  Optional<AuditEntry> find(Handle handle, long id) {
    return handle
        .createQuery("SELECT " + COLUMNS + " FROM audit_log l WHERE l.id = :id")
        .bind("id", id)
        .map((row, _) -> entry(row))
        .findOne();
  }

  Slice<AuditEntry> list(Handle handle, Dialect dialect, AuditFilter filter, Place place) {
    AuditSearch search = AuditSearch.plan(handle, dialect, filter);
    Conditions where = conditions(handle, search, filter);
    if (place.after() != null) {
      where.add(search.number() + " " + place.sign() + " :after", "after", place.after());
    }
    // The numbers first: lines that are passed over are not read whole.
    String numbers =
        "SELECT l.id FROM %s%s ORDER BY %s %s LIMIT :limit OFFSET :skip"
            .formatted(search.from(), where.where(), search.number(), place.order());
    List<AuditEntry> found =
        where
            .bind(
                handle.createQuery(
                    "SELECT %s FROM audit_log l WHERE l.id IN (%s) ORDER BY l.id %s"
                        .formatted(COLUMNS, numbers, place.order())))
            .bind("limit", place.size() + 1)
            .bind("skip", place.skip())
            .map((row, _) -> entry(row))
            .list();
    return Slice.of(found, place.size());
  }

  LineCount count(Handle handle, Dialect dialect, AuditFilter filter) {
    if (filter.isCounted()) {
      return LineCount.exactly(AuditTotals.count(handle, filter));
    }
    AuditSearch search = AuditSearch.plan(handle, dialect, filter);
    Conditions where = conditions(handle, search, filter);
    int most = filter.pieces().isEmpty() ? LineCount.MOST : LineCount.MOST_FOUND;
    return LineCount.counted(
        most,
        where
            .bind(
                handle.createQuery(
                    "SELECT count(*) FROM (SELECT 1 FROM %s%s LIMIT :most) AS found"
                        .formatted(search.from(), where.where())))
            .bind("most", most + 1)
            .mapTo(Long.class)
            .one());
  }

  /// Lets go of old lines. When there are too many, failed logins go first while they are many:
  /// whoever guesses passwords must not push out what people did.
  ///
  /// @param beforeMicros lines before this time; or, if there are too many, whatever they are
  /// @return how many went
  int prune(Handle handle, long beforeMicros, long tooMany, boolean failuresFirst, int most) {
    String oldest =
        tooMany <= 0
            ? "SELECT id FROM audit_log WHERE at < :before ORDER BY at LIMIT :most"
            : failuresFirst
                ? "SELECT id FROM audit_log WHERE action = 'LOGIN_FAILED' ORDER BY id LIMIT :most"
                : "SELECT id FROM audit_log ORDER BY id LIMIT :most";
    var delete =
        handle
            .createQuery(
                "DELETE FROM audit_log WHERE id IN (%s) RETURNING coalesce(account_id, 0), username, action, model"
                    .formatted(oldest))
            .bind("most", tooMany > 0 ? Math.min(most, tooMany) : most);
    if (tooMany <= 0) {
      delete.bind("before", beforeMicros);
    }
    Map<Kind, Long> gone = new HashMap<>();
    delete
        .map(
            (row, _) ->
                new Kind(row.getLong(1), row.getString(2), row.getString(3), row.getString(4)))
        .list()
        .forEach(kind -> gone.merge(kind, 1L, Long::sum));
    gone.forEach((kind, lines) -> addDelta(handle, kind, -lines));
    return (int) gone.values().stream().mapToLong(Long::longValue).sum();
  }

  private static Conditions conditions(Handle handle, AuditSearch search, AuditFilter filter) {
    Conditions where = new Conditions();
    // An object has few lines: its index is the one to use.
    String others = filter.objectId() == null ? "" : search.without();
    where.equal("object_id", filter.objectId());
    where.equal(others, "action", filter.action());
    where.equal(others, "model", filter.model());
    where.equal(others, "username", filter.username());
    where.equal(others, "account_id", filter.account());
    where.between(handle, "audit_log", filter.from(), filter.to());
    search.addTo(where);
    return where;
  }

  private static AuditEntry entry(ResultSet row) throws SQLException {
    long account = row.getLong(3);
    OptionalLong known = row.wasNull() ? OptionalLong.empty() : OptionalLong.of(account);
    return new AuditEntry(
        row.getLong(1),
        Micros.toInstant(row.getLong(2)),
        known,
        row.getString(4),
        row.getString(5),
        row.getString(6),
        row.getString(7),
        row.getString(8),
        (ObjectNode) Json.parse(row.getString(9)),
        row.getString(10),
        row.getString(11));
  }
}
