package io.vatio.account;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.kernel.Permission;
import io.vatio.kernel.Principal;
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
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The accounts, for those who manage them. Nobody can give somebody more than he has, nor lay
/// hands on somebody who has more; the last superuser stays.
final class UserRoutes {
  private static final Listing<Account> LISTING =
      new Listing<>(
          List.of(Account::username, Account::email, Account::firstName, Account::lastName),
          Map.of(
              "username",
              Account::username,
              "created_at",
              Account::createdAt,
              "last_login",
              Account::lastLogin),
          "-created_at");

  private final Accounts accounts;
  private final Passwords passwords;
  private final AccountJson json;

  UserRoutes(Accounts accounts, Passwords passwords, AccountJson json) {
    this.accounts = accounts;
    this.passwords = passwords;
    this.json = json;
  }

  void addTo(HttpApi api) {
    Text refusal = Text.of("account.users_refused");
    Access see = Access.holder(Permission.VIEW_USERS).refusing(refusal);
    Access manage = Access.holder(Permission.MANAGE_USERS).refusing(refusal);
    api.route(HttpMethod.GET, "/api/users", see, this::list);
    api.route(HttpMethod.POST, "/api/users", manage, this::create);
    api.route(HttpMethod.GET, "/api/users/:id", see, this::get);
    api.route(HttpMethod.PUT, "/api/users/:id", manage, request -> change(request, true));
    api.route(HttpMethod.PATCH, "/api/users/:id", manage, request -> change(request, false));
    api.route(HttpMethod.DELETE, "/api/users/:id", manage, this::delete);
    api.route(HttpMethod.POST, "/api/users/:id/activate", manage, this::activate);
    api.route(HttpMethod.POST, "/api/users/:id/deactivate", manage, this::deactivate);
  }

  private Reply list(Request request) {
    Paging paging = Paging.of(request);
    List<Account> found = LISTING.apply(request, accounts.list());
    return Reply.ok(
        paging.wrap(
            found.size(),
            paging.cut(found).stream().map(a -> json.user(a, request.language())).toList()));
  }

  private Reply get(Request request) {
    return Reply.ok(json.user(require(request), request.language()));
  }

  private Reply create(Request request) {
    Wish wish = Wish.of(request, accounts, null, true);
    String hash = wish.password() == null ? null : passwords.hashed(wish.password());
    return accounts.exclusively(
        () -> {
          // Once more, for somebody may have taken the name while the password was hashed.
          Wish sure = Wish.of(request, accounts, null, true);
          AccountDraft draft = new AccountDraft();
          sure.change().accept(draft);
          requireMayBecome(request.principal(), draft);
          return Reply.created(AccountJson.brief(accounts.create(draft, hash)));
        });
  }

  private Reply change(Request request, boolean whole) {
    Account seen = require(request);
    // Before the password is hashed, so that nobody else can make the server work.
    Rights.requireOver(request.principal(), accounts.principal(seen));
    Wish wish = Wish.of(request, accounts, seen, whole);
    String hash = wish.password() == null ? null : passwords.hashed(wish.password());
    return accounts.exclusively(
        () -> {
          Account before = require(request);
          Rights.requireOver(request.principal(), accounts.principal(before));
          Wish sure = Wish.of(request, accounts, before, whole);
          AccountDraft draft = AccountDraft.of(before);
          sure.change().accept(draft);
          requireMayBecome(request.principal(), draft);
          requireOthersRole(request.principal(), before, draft);
          Optional<Text> refusal = refusal(request.principal(), before, draft);
          if (refusal.isPresent()) {
            return refused(request, refusal.get());
          }
          Account after = accounts.update(before.id(), sure.change()).orElse(before);
          if (hash != null) {
            accounts.setPassword(before.id(), hash);
          }
          return Reply.ok(AccountJson.brief(after));
        });
  }

  private Reply delete(Request request) {
    return accounts.exclusively(
        () -> {
          Account account = require(request);
          Rights.requireOver(request.principal(), accounts.principal(account));
          if (Rights.isOwn(request.principal(), account.id())) {
            return refused(request, Text.of("account.delete_self"));
          }
          if (isLastSuperuser(account)) {
            return refused(request, Text.of("account.last_superuser"));
          }
          accounts.delete(account);
          return Reply.noContent();
        });
  }

  private Reply activate(Request request) {
    return accounts.exclusively(
        () -> {
          Account account = require(request);
          Rights.requireOver(request.principal(), accounts.principal(account));
          accounts.update(account.id(), draft -> draft.active = true);
          return done(request, Text.of("account.activated", account.username()));
        });
  }

  private Reply deactivate(Request request) {
    return accounts.exclusively(
        () -> {
          Account account = require(request);
          Rights.requireOver(request.principal(), accounts.principal(account));
          if (account.superuser()) {
            return refused(request, Text.of("account.deactivate_superuser"));
          }
          if (Rights.isOwn(request.principal(), account.id())) {
            return refused(request, Text.of("account.deactivate_self"));
          }
          accounts.update(account.id(), draft -> draft.active = false);
          return done(request, Text.of("account.deactivated", account.username()));
        });
  }

  private Account require(Request request) {
    return accounts
        .findById(request.pathId("id"))
        .orElseThrow(() -> Problem.notFound(Text.of("http.not_found")));
  }

  /// @throws Problem.Forbidden when the account would have rights that the one who asks has not
  private void requireMayBecome(Principal principal, AccountDraft draft) {
    Rights.requireOver(principal, accounts.principal(draft.done()));
  }

  /// Why a change is not made, although it would be allowed.
  private Optional<Text> refusal(Principal principal, Account before, AccountDraft after) {
    boolean own = Rights.isOwn(principal, before.id());
    if (own && !after.active) {
      return Optional.of(Text.of("account.deactivate_self"));
    }
    boolean stays = after.superuser && after.active;
    return isLastSuperuser(before) && !stays
        ? Optional.of(Text.of("account.last_superuser"))
        : Optional.empty();
  }

  /// @throws Problem.Forbidden when somebody but a superuser changes his own role
  private static void requireOthersRole(Principal principal, Account before, AccountDraft after) {
    boolean same =
        before.type().equals(after.type) && Objects.equals(before.roleId(), after.roleId);
    if (!same && Rights.isOwn(principal, before.id()) && !Rights.isSuperuser(principal)) {
      throw Problem.forbidden(Text.of("account.own_role"));
    }
  }

  private boolean isLastSuperuser(Account account) {
    return account.superuser()
        && account.active()
        && accounts.list().stream()
            .noneMatch(other -> other.superuser() && other.active() && other.id() != account.id());
  }

  private Reply done(Request request, Text text) {
    return Reply.ok(json.message(request.language(), text));
  }

  private Reply refused(Request request, Text text) {
    return Reply.json(400, json.error(request.language(), text));
  }

  /// What a body wants an account to be.
  ///
  /// @param password null for the one it has
  private record Wish(Consumer<AccountDraft> change, @Nullable String password) {

    /// @param present null for a new account
    /// @param whole whether everything that an account needs must be there
    static Wish of(Request request, Accounts accounts, @Nullable Account present, boolean whole) {
      ObjectNode body = request.object();
      Fields fields = new Fields(body);
      AccountFields account = new AccountFields(fields, accounts, present);
      AccountDraft to = present == null ? new AccountDraft() : AccountDraft.of(present);
      if (whole || fields.has("username")) {
        to.username = account.username();
      }
      if (whole || fields.has("email")) {
        to.email = account.email();
      }
      to.firstName = account.name("first_name", to.firstName);
      to.lastName = account.name("last_name", to.lastName);
      to.type = account.type(to.type);
      if (fields.has("rol")) {
        to.roleId = account.role();
      }
      to.active = fields.flag("is_active", to.active);
      to.superuser = fields.flag("is_superuser", to.superuser);
      String password = null;
      if (body.hasNonNull("password")) {
        password = fields.text("password", Passwords.MAX_LENGTH);
        // The original asks no more of a password that an administrator sets.
        if (fields.isFine("password")) {
          fields.faults("password", PasswordRules.length(password));
        }
      }
      fields.check();
      return new Wish(
          draft -> {
            draft.emailVerified &= draft.email.equals(to.email);
            draft.username = to.username;
            draft.email = to.email;
            draft.firstName = to.firstName;
            draft.lastName = to.lastName;
            draft.type = to.type;
            draft.roleId = to.roleId;
            draft.active = to.active;
            draft.superuser = to.superuser;
            draft.staff = to.superuser;
          },
          password);
    }
  }
}
