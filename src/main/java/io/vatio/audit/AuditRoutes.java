package io.vatio.audit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.audit.AuditLog.Action;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.db.Database;
import io.vatio.platform.http.Access;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.http.Reply;
import io.vatio.platform.http.Request;
import io.vatio.platform.json.Json;
import io.vertx.core.http.HttpMethod;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.List;

/// `/api/audit-logs/`: who changed what, for superusers; nobody changes it.
final class AuditRoutes {
  private static final String PATH = "/api/audit-logs";
  private static final int RECENT = 10;

  private static final List<String> ACTIONS =
      Arrays.stream(Action.values()).map(Action::name).toList();

  private final Database database;
  private final ZoneId zone;
  private final AuditStore store = new AuditStore();

  /// @param zone of moments that name none
  AuditRoutes(Database database, ZoneId zone) {
    this.database = database;
    this.zone = zone;
  }

  void addTo(HttpApi api) {
    api.route(HttpMethod.GET, PATH, Access.SUPERUSER, this::list);
    api.route(HttpMethod.GET, PATH + "/stats", Access.SUPERUSER, this::stats);
    api.route(HttpMethod.GET, PATH + "/:id", Access.SUPERUSER, this::get);
  }

  private Reply list(Request request) {
    LogQuery query = LogQuery.of(request);
    LogQuery.Span span = query.span(zone);
    String search = query.text("search");
    AuditFilter filter =
        new AuditFilter(
            query.choice("action", ACTIONS),
            query.text("model_name"),
            query.text("username"),
            query.text("object_id"),
            query.id("user_id"),
            span.from(),
            span.to(),
            search == null ? List.of() : SearchText.pieces(search));
    return database.read(
        handle -> {
          LineCount count = store.count(handle, database.dialect(), filter);
          Slice<AuditEntry> slice =
              count.lines() == 0
                  ? Slice.none()
                  : store.list(handle, database.dialect(), filter, query.place());
          return query.reply(count, slice, AuditEntry::id, AuditRoutes::json);
        });
  }

  private Reply get(Request request) {
    long id = request.pathId("id");
    return Reply.ok(
        json(
            database
                .read(handle -> store.find(handle, id))
                .orElseThrow(() -> Problem.notFound(Text.of("http.not_found")))));
  }

  private Reply stats(Request request) {
    return database.read(
        handle -> {
          var actions = AuditTotals.byAction(handle);
          ObjectNode body = Json.object();
          body.put("total_logs", actions.values().stream().mapToLong(Long::longValue).sum());
          body.set("by_action", Json.tree(actions));
          body.set("by_model", Json.tree(AuditTotals.byModel(handle)));
          var recent = body.putArray("recent_logs");
          store
              .list(
                  handle,
                  database.dialect(),
                  new AuditFilter(null, null, null, null, null, null, null, List.of()),
                  new Place(null, 0, RECENT, true))
              .lines()
              .forEach(entry -> recent.add(json(entry)));
          return Reply.ok(body);
        });
  }

  private static JsonNode json(AuditEntry entry) {
    ObjectNode json = Json.object();
    json.put("id", entry.id());
    json.put("timestamp", entry.at().toString());
    json.put("user", entry.account().isPresent() ? (Long) entry.account().getAsLong() : null);
    json.put("username", entry.username());
    json.put("model_name", entry.model());
    json.put("object_id", entry.objectId());
    json.put("object_repr", entry.objectName());
    json.put("action", entry.action());
    json.set("changes", entry.changes());
    json.put("ip_address", entry.address());
    json.put("user_agent", entry.userAgent());
    return json;
  }
}
