package io.vatio.account;

import io.vatio.kernel.Permission;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Reach;
import io.vatio.kernel.Text;
import io.vatio.platform.http.Access;
import io.vatio.platform.http.Fields;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.http.Listing;
import io.vatio.platform.http.Paging;
import io.vatio.platform.http.Reply;
import io.vatio.platform.http.Request;
import io.vertx.core.http.HttpMethod;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The roles. Nobody can put more into a role than he has himself, nor change the one he has; those
/// that every installation begins with keep their names and stay.
final class RoleRoutes {
  private static final int MAX_NAME = 50;
  private static final int MAX_LABEL = 100;
  private static final int MAX_DESCRIPTION = 1_000;
  private static final Pattern NAME = Pattern.compile("[a-z0-9_-]{1,50}");

  private static final Listing<Role> LISTING =
      new Listing<>(
          List.of(Role::name, Role::label, Role::description),
          Map.of("id", Role::id, "nombre", Role::name, "created_at", Role::createdAt),
          "id");

  private final Accounts accounts;
  private final AccountJson json;
  private final String trustedRole;

  /// @param trustedRole name of the role that the settings speak of
  RoleRoutes(Accounts accounts, AccountJson json, String trustedRole) {
    this.accounts = accounts;
    this.json = json;
    this.trustedRole = trustedRole;
  }

  void addTo(HttpApi api) {
    Access manage =
        Access.holder(Permission.MANAGE_ROLES).refusing(Text.of("account.superusers_only"));
    api.route(HttpMethod.GET, "/api/roles", manage, this::list);
    api.route(HttpMethod.POST, "/api/roles", manage, this::create);
    api.route(HttpMethod.GET, "/api/roles/:id", manage, this::get);
    api.route(HttpMethod.PUT, "/api/roles/:id", manage, request -> change(request, true));
    api.route(HttpMethod.PATCH, "/api/roles/:id", manage, request -> change(request, false));
    api.route(HttpMethod.DELETE, "/api/roles/:id", manage, this::delete);
  }

  private Reply list(Request request) {
    Paging paging = Paging.of(request);
    List<Role> found = LISTING.apply(request, accounts.roles().list());
    return Reply.ok(
        paging.wrap(found.size(), paging.cut(found).stream().map(AccountJson::role).toList()));
  }

  private Reply get(Request request) {
    return Reply.ok(AccountJson.role(require(request)));
  }

  private Reply create(Request request) {
    return accounts.exclusively(
        () -> {
          if (accounts.roles().list().size() >= Roles.MAX) {
            throw Problem.conflict(Text.of("account.too_many", Integer.toString(Roles.MAX)));
          }
          Role.Draft draft = draft(request, null, true);
          requireHeld(request.principal(), draft);
          return Reply.created(AccountJson.role(accounts.roles().create(draft)));
        });
  }

  private Reply change(Request request, boolean whole) {
    return accounts.exclusively(
        () -> {
          Role before = requireChangeable(request);
          Role.Draft draft = draft(request, before, whole);
          requireHeld(request.principal(), draft);
          return Reply.ok(AccountJson.role(accounts.updateRole(before, draft)));
        });
  }

  private Reply delete(Request request) {
    return accounts.exclusively(
        () -> {
          Role role = requireChangeable(request);
          if (role.isSeeded()) {
            return refused(request, Text.of("account.role_seeded"));
          }
          if (accounts.isUsed(role) || role.name().equals(trustedRole)) {
            return refused(request, Text.of("account.role_used"));
          }
          accounts.roles().delete(role);
          return Reply.noContent();
        });
  }

  private Role require(Request request) {
    return accounts
        .roles()
        .findById(request.pathId("id"))
        .orElseThrow(() -> Problem.notFound(Text.of("http.not_found")));
  }

  private Role requireChangeable(Request request) {
    Role role = require(request);
    Principal principal = request.principal();
    Rights.require(principal, role.permissions(), role.reach());
    boolean own =
        principal.account().stream()
            .mapToObj(accounts::findById)
            .flatMap(Optional::stream)
            .anyMatch(account -> Long.valueOf(role.id()).equals(account.roleId()));
    if (own && !Rights.isSuperuser(principal)) {
      throw Problem.forbidden(Text.of("account.own_role"));
    }
    return role;
  }

  private static void requireHeld(Principal principal, Role.Draft draft) {
    Rights.require(
        principal,
        Role.opened(draft.grants().stream().flatMap(g -> g.permission().stream()).toList()),
        draft.reach());
  }

  private Role.Draft draft(Request request, @Nullable Role present, boolean whole) {
    Fields fields = new Fields(request.object());
    String name = present == null ? "" : present.name();
    if (whole || fields.has("nombre")) {
      name = name(fields, present);
    }
    String label = field(fields, "nombre_display", MAX_LABEL, present, Role::label);
    String description = field(fields, "descripcion", MAX_DESCRIPTION, present, Role::description);
    Reach reach = reach(fields, present == null ? Reach.OWN : present.reach());
    List<NamedPermission> grants =
        fields.has("permisos_ids") || present == null ? grants(fields) : present.grants();
    fields.check();
    return new Role.Draft(name, label.isEmpty() ? name : label, description, reach, grants);
  }

  private static String field(
      Fields fields,
      String name,
      int maxLength,
      @Nullable Role present,
      Function<Role, String> getter) {
    return fields.text(name, maxLength, present == null ? "" : getter.apply(present)).strip();
  }

  private String name(Fields fields, @Nullable Role present) {
    String name = fields.text("nombre", MAX_NAME);
    if (fields.isFine("nombre") && !NAME.matcher(name).matches()) {
      fields.fault("nombre", Text.of("account.role_name_wrong"));
    }
    if (present != null && isFixed(present) && !present.name().equals(name)) {
      fields.fault("nombre", Text.of("account.role_name_fixed"));
    }
    boolean taken =
        accounts
            .roles()
            .findByName(name)
            .filter(other -> present == null || other.id() != present.id())
            .isPresent();
    if (taken) {
      fields.fault("nombre", Text.of("account.role_name_taken"));
    }
    return name;
  }

  private boolean isFixed(Role role) {
    return role.isSeeded() || role.name().equals(trustedRole);
  }

  private static Reach reach(Fields fields, Reach missing) {
    String word = fields.text("alcance", MAX_NAME, missing.code());
    Optional<Reach> reach = Reach.findByCode(word);
    if (reach.isEmpty()) {
      fields.fault("alcance", Text.of("http.not_a_choice", word));
    }
    return reach.orElse(missing);
  }

  private List<NamedPermission> grants(Fields fields) {
    List<NamedPermission> grants = new ArrayList<>();
    for (long id : fields.ids("permisos_ids", Roles.MAX)) {
      accounts
          .roles()
          .findPermission(id)
          .ifPresentOrElse(
              grants::add,
              () -> fields.fault("permisos_ids", Text.of("http.key_unknown", Long.toString(id))));
    }
    return grants;
  }

  private Reply refused(Request request, Text text) {
    return Reply.json(400, json.error(request.language(), text));
  }
}
