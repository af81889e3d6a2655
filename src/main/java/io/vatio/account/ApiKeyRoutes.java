package io.vatio.account;

import static java.time.temporal.ChronoUnit.SECONDS;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.kernel.Permission;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.http.Access;
import io.vatio.platform.http.Fields;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.http.Paging;
import io.vatio.platform.http.Reply;
import io.vatio.platform.http.Request;
import io.vatio.platform.json.Json;
import io.vertx.core.http.HttpMethod;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/// API keys: superusers list, make and revoke them.
final class ApiKeyRoutes {
  private static final int MAX_LABEL = 100;
  private static final int MAX_PERMISSIONS = 100;

  /// The latest end that the database's microseconds and everybody's calendar can hold.
  private static final Instant LATEST_END = Instant.parse("9999-12-31T00:00:00Z");

  private final ApiKeys keys;
  private final Clock clock;

  ApiKeyRoutes(ApiKeys keys, Clock clock) {
    this.keys = keys;
    this.clock = clock;
  }

  void addTo(HttpApi api) {
    api.route(HttpMethod.GET, "/api/api-keys", Access.SUPERUSER, this::list);
    api.route(HttpMethod.POST, "/api/api-keys", Access.SUPERUSER, this::create);
    api.route(HttpMethod.DELETE, "/api/api-keys/:id", Access.SUPERUSER, this::revoke);
  }

  private Reply list(Request request) {
    Paging paging = Paging.of(request);
    List<ApiKey> all = keys.list();
    return Reply.ok(paging.wrap(all.size(), paging.cut(all).stream().map(this::json).toList()));
  }

  private Reply create(Request request) {
    Fields fields = new Fields(request.object());
    String label = fields.text("label", MAX_LABEL).strip();
    List<Permission> permissions = permissions(fields);
    Instant expiresAt = fields.instant("expires_at");
    if (expiresAt != null
        && (!expiresAt.isAfter(clock.instant()) || expiresAt.isAfter(LATEST_END))) {
      fields.fault("expires_at", Text.of("account.key_end_wrong"));
    }
    fields.check();
    long owner = ((Principal.User) request.principal()).id();
    ApiKeys.Made made =
        keys.create(label, permissions, owner, expiresAt)
            .orElseThrow(
                () ->
                    Problem.conflict(
                        Text.of("account.too_many_keys", Integer.toString(ApiKeys.MAX_KEYS))));
    return Reply.created(json(made.key()).put("key", made.secret()));
  }

  private static List<Permission> permissions(Fields fields) {
    List<Permission> permissions = new ArrayList<>();
    for (String code : fields.texts("permisos", MAX_PERMISSIONS, MAX_LABEL)) {
      var permission = Permission.findByCode(code);
      if (permission.isEmpty()) {
        fields.fault("permisos", Text.of("account.permission_unknown", code));
      } else if (!permissions.contains(permission.get())) {
        permissions.add(permission.get());
      }
    }
    if (permissions.isEmpty()) {
      fields.fault("permisos", Text.of("account.permissions_missing"));
    }
    return permissions;
  }

  private Reply revoke(Request request) {
    if (!keys.revoke(request.pathId("id"))) {
      throw Problem.notFound(Text.of("http.not_found"));
    }
    return Reply.noContent();
  }

  private ObjectNode json(ApiKey key) {
    ObjectNode node = Json.object();
    node.put("id", key.id());
    node.put("label", key.label());
    node.put("prefix", key.prefix());
    var codes = node.putArray("permisos");
    key.permissions().forEach(permission -> codes.add(permission.code()));
    node.put("created_at", AccountJson.time(key.createdAt()));
    node.put("expires_at", AccountJson.time(key.expiresAt()));
    node.put("expired", key.isExpired(clock.instant()));
    node.put("alcance", keys.reach(key).code());
    Instant used = keys.lastUse(key.id());
    node.put("last_used_at", AccountJson.time(used == null ? null : used.truncatedTo(SECONDS)));
    return node;
  }
}
