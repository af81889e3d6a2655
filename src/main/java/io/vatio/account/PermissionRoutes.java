package io.vatio.account;

import io.vatio.kernel.Permission;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.http.Access;
import io.vatio.platform.http.Fields;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.http.Listing;
import io.vatio.platform.http.Paging;
import io.vatio.platform.http.Reply;
import io.vatio.platform.http.Request;
import io.vertx.core.http.HttpMethod;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The permissions. Those that open something are thirteen, keep their codes and stay; more can be
/// added for programs that ask for them.
final class PermissionRoutes {
  private static final int MAX_CODE = 100;
  private static final int MAX_NAME = 100;
  private static final int MAX_DESCRIPTION = 1_000;
  private static final Pattern CODE = Pattern.compile("[a-z0-9_]{1,100}");

  private static final Listing<NamedPermission> LISTING =
      new Listing<>(
          List.of(NamedPermission::name, NamedPermission::code, NamedPermission::description),
          Map.of(
              "id",
              NamedPermission::id,
              "nombre",
              NamedPermission::name,
              "codigo",
              NamedPermission::code),
          "id");

  private final Accounts accounts;
  private final AccountJson json;

  PermissionRoutes(Accounts accounts, AccountJson json) {
    this.accounts = accounts;
    this.json = json;
  }

  void addTo(HttpApi api) {
    Access manage =
        Access.holder(Permission.MANAGE_PERMISSIONS).refusing(Text.of("account.superusers_only"));
    api.route(HttpMethod.GET, "/api/permisos", manage, this::list);
    api.route(HttpMethod.POST, "/api/permisos", manage, this::create);
    api.route(HttpMethod.GET, "/api/permisos/:id", manage, this::get);
    api.route(HttpMethod.PUT, "/api/permisos/:id", manage, request -> change(request, true));
    api.route(HttpMethod.PATCH, "/api/permisos/:id", manage, request -> change(request, false));
    api.route(HttpMethod.DELETE, "/api/permisos/:id", manage, this::delete);
  }

  private Reply list(Request request) {
    Paging paging = Paging.of(request);
    List<NamedPermission> found = LISTING.apply(request, accounts.roles().listPermissions());
    return Reply.ok(
        paging.wrap(
            found.size(), paging.cut(found).stream().map(AccountJson::permission).toList()));
  }

  private Reply get(Request request) {
    return Reply.ok(AccountJson.permission(require(request)));
  }

  private Reply create(Request request) {
    return accounts.exclusively(
        () -> {
          if (accounts.roles().listPermissions().size() >= Roles.MAX) {
            throw Problem.conflict(Text.of("account.too_many", Integer.toString(Roles.MAX)));
          }
          NamedPermission wish = wish(request, null, true);
          return Reply.created(
              AccountJson.permission(
                  accounts.roles().createPermission(wish.code(), wish.name(), wish.description())));
        });
  }

  private Reply change(Request request, boolean whole) {
    return accounts.exclusively(
        () -> {
          NamedPermission before = require(request);
          NamedPermission after = wish(request, before, whole);
          accounts.roles().updatePermission(before, after);
          return Reply.ok(AccountJson.permission(after));
        });
  }

  private Reply delete(Request request) {
    return accounts.exclusively(
        () -> {
          NamedPermission permission = require(request);
          if (permission.isSeeded()) {
            return Reply.json(
                400, json.error(request.language(), Text.of("account.permission_seeded")));
          }
          accounts.roles().deletePermission(permission);
          return Reply.noContent();
        });
  }

  private NamedPermission require(Request request) {
    return accounts
        .roles()
        .findPermission(request.pathId("id"))
        .orElseThrow(() -> Problem.notFound(Text.of("http.not_found")));
  }

  private NamedPermission wish(Request request, @Nullable NamedPermission present, boolean whole) {
    Fields fields = new Fields(request.object());
    String code = present == null ? "" : present.code();
    String name = present == null ? "" : present.name();
    String description = present == null ? "" : present.description();
    if (whole || fields.has("nombre")) {
      name = fields.text("nombre", MAX_NAME).strip();
    }
    if (whole || fields.has("codigo")) {
      code = code(fields, present);
    }
    description = fields.text("descripcion", MAX_DESCRIPTION, description).strip();
    fields.check();
    return present == null
        ? new NamedPermission(0, code, name, description, Instant.EPOCH)
        : new NamedPermission(present.id(), code, name, description, present.createdAt());
  }

  private String code(Fields fields, @Nullable NamedPermission present) {
    String code = fields.text("codigo", MAX_CODE);
    if (fields.isFine("codigo") && !CODE.matcher(code).matches()) {
      fields.fault("codigo", Text.of("account.code_wrong"));
    }
    if (present != null && present.isSeeded() && !present.code().equals(code)) {
      fields.fault("codigo", Text.of("account.code_fixed"));
    }
    boolean taken =
        accounts
            .roles()
            .findPermissionByCode(code)
            .filter(other -> present == null || other.id() != present.id())
            .isPresent();
    if (taken) {
      fields.fault("codigo", Text.of("account.code_taken"));
    }
    return code;
  }
}
