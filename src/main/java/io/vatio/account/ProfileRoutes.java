package io.vatio.account;

import io.vatio.kernel.Principal;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.http.Access;
import io.vatio.platform.http.Fields;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.http.Reply;
import io.vatio.platform.http.Request;
import io.vertx.core.http.HttpMethod;

/// One's own account: seen whole, changed in what is personal.
final class ProfileRoutes {
  private final Accounts accounts;
  private final AccountJson json;

  ProfileRoutes(Accounts accounts, AccountJson json) {
    this.accounts = accounts;
    this.json = json;
  }

  void addTo(HttpApi api) {
    api.route(HttpMethod.GET, "/api/users/me", Access.ANYONE, this::me);
    api.route(HttpMethod.PATCH, "/api/users/me", Access.ANYONE, this::change);
  }

  private Reply me(Request request) {
    return Reply.ok(json.user(require(request, accounts), request.language()));
  }

  private Reply change(Request request) {
    return accounts.exclusively(
        () -> {
          Account before = require(request, accounts);
          Fields fields = new Fields(request.object());
          AccountFields wish = new AccountFields(fields, accounts, before);
          String email = fields.has("email") ? wish.email() : before.email();
          String firstName = wish.name("first_name", before.firstName());
          String lastName = wish.name("last_name", before.lastName());
          fields.check();
          Account after =
              accounts
                  .update(
                      before.id(),
                      draft -> {
                        draft.emailVerified &= draft.email.equals(email);
                        draft.email = email;
                        draft.firstName = firstName;
                        draft.lastName = lastName;
                      })
                  .orElse(before);
          return Reply.ok(json.user(after, request.language()));
        });
  }

  /// The account of a person who has logged in.
  ///
  /// @throws Problem.Forbidden for a program or a device
  static Account require(Request request, Accounts accounts) {
    if (request.principal() instanceof Principal.User user) {
      return accounts.findById(user.id()).orElseThrow(Problem::wrongToken);
    }
    throw Problem.forbidden(Text.of("account.people_only"));
  }
}
