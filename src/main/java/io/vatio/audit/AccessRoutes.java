package io.vatio.audit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.kernel.Micros;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.db.Database;
import io.vatio.platform.http.Access;
import io.vatio.platform.http.Fields;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.http.Reply;
import io.vatio.platform.http.Request;
import io.vertx.core.http.HttpMethod;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneId;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// `/api/access-logs/`: who asked for what. Superusers see everything, everybody else what he and
/// his API keys did.
final class AccessRoutes {
  private static final String PATH = "/api/access-logs";

  /// Of nobody: whoever has no account sees nothing.
  private static final long NOBODY = -2;

  private static final int MAX_MODULE = 50;

  /// Combinations of module, method and status of one account on one day; a program that made up
  /// ever new ones would fill the totals.
  private static final int KINDS_A_DAY = 1_000;

  private static final Duration LATER = Duration.ofHours(1);
  private static final double MAX_MS = 86_400_000;

  private final Database database;
  private final AccessLog log;
  private final Clock clock;
  private final ZoneId zone;
  private final AccessStore store = new AccessStore();

  /// @param zone of moments that name none
  AccessRoutes(Database database, AccessLog log, Clock clock, ZoneId zone) {
    this.database = database;
    this.log = log;
    this.clock = clock;
    this.zone = zone;
  }

  void addTo(HttpApi api) {
    api.route(HttpMethod.GET, PATH, Access.ANYONE, this::list);
    api.route(HttpMethod.GET, PATH + "/stats", Access.ANYONE, this::stats);
    api.route(HttpMethod.POST, PATH + "/create-log", Access.ANYONE, this::create);
  }

  private Reply list(Request request) {
    LogQuery query = LogQuery.of(request);
    LogQuery.Span span = query.span(zone);
    AccessFilter filter =
        new AccessFilter(
            account(request, query.id("user_id")),
            query.text("module"),
            query.choice("method", AccessWords.METHODS),
            request.query("status_code").isEmpty()
                ? null
                : (Integer) request.queryInt("status_code", 0, 100, 599),
            query.flag("errors_only"),
            query.flag("slow_only"),
            span.from(),
            span.to());
    return database.read(
        handle -> {
          LineCount count = store.count(handle, filter);
          Slice<AccessLine> slice =
              count.lines() == 0 ? Slice.none() : store.list(handle, filter, query.place());
          return query.reply(count, slice, AccessLine::id, AccessStore::json);
        });
  }

  /// Whose lines somebody may see of those he asks for; null for everybody's.
  private static @Nullable Long account(Request request, @Nullable Long wanted) {
    if (isSuperuser(request)) {
      return wanted;
    }
    long own = request.principal().account().orElse(NOBODY);
    return wanted == null || wanted == own ? own : NOBODY;
  }

  private static boolean isSuperuser(Request request) {
    return request.principal() instanceof Principal.User user && user.superuser();
  }

  private Reply stats(Request request) {
    ObjectNode stats = database.read(handle -> AccessTotals.stats(handle, account(request, null)));
    if (isSuperuser(request)) {
      stats.put("dropped_requests", log.dropped());
    }
    return Reply.ok(stats);
  }

  private Reply create(Request request) {
    ObjectNode body = request.object();
    Fields fields = new Fields(body);
    String module = fields.text("module", MAX_MODULE);
    String endpoint = fields.text("endpoint", AccessWords.MAX_TEXT);
    String method = fields.text("method", 10).toUpperCase(Locale.ROOT);
    if (fields.isFine("method") && !AccessWords.METHODS.contains(method)) {
      fields.fault("method", Text.of("http.not_a_choice", method));
    }
    int status = status(body, fields);
    long durationUs = durationUs(body, fields);
    fields.check();
    int query = endpoint.indexOf('?');
    AccessLine line =
        new AccessLine(
            0,
            Micros.toInstant(Micros.of(clock.instant())),
            request.principal().account().orElse(0),
            Secrets.text(request.principal().name(), AccessWords.MAX_NAME),
            Secrets.text(module.strip(), MAX_MODULE),
            AccessWords.path(query < 0 ? endpoint : endpoint.substring(0, query), null),
            method,
            status,
            durationUs,
            Secrets.clean(request.address(), AccessWords.MAX_NAME),
            Secrets.text(request.actor().userAgent(), AccessWords.MAX_TEXT),
            AccessWords.query(query < 0 ? null : endpoint.substring(query + 1)));
    return Reply.created(
        AccessStore.json(
            database.write(
                handle -> {
                  long day = AccessBatch.day(Micros.of(line.at()));
                  long account = line.account() == 0 ? AccessBatch.EVERYBODY : line.account();
                  if (store.kinds(handle, account, day) >= KINDS_A_DAY) {
                    throw Problem.tooMany(Text.of("audit.kinds"), LATER);
                  }
                  return store.insert(handle, line);
                })));
  }

  private static int status(ObjectNode body, Fields fields) {
    JsonNode node = body.get("status_code");
    if (node == null) {
      fields.fault("status_code", Text.of("http.field_required"));
    } else if (!node.isIntegralNumber()
        || !node.canConvertToInt()
        || node.intValue() < 100
        || node.intValue() > 599) {
      fields.fault("status_code", Text.of("http.whole_number", "100", "599"));
    }
    return node == null ? 0 : node.asInt();
  }

  private static long durationUs(ObjectNode body, Fields fields) {
    JsonNode node = body.get("response_time_ms");
    if (node == null) {
      fields.fault("response_time_ms", Text.of("http.field_required"));
      return 0;
    }
    if (!node.isNumber() || !(node.doubleValue() >= 0) || node.doubleValue() > MAX_MS) {
      fields.fault("response_time_ms", Text.of("audit.duration"));
      return 0;
    }
    return Math.round(node.doubleValue() * 1_000);
  }
}
