package io.vatio.account;

import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.http.Access;
import io.vatio.platform.http.Fields;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.http.Reply;
import io.vatio.platform.http.Request;
import io.vertx.core.http.HttpMethod;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;

/// Registration of whoever comes. A stranger becomes an external user who may look at what somebody
/// shares with him, whatever the body asks for; only a superuser's token chooses role and type.
final class RegisterRoutes {
  private static final int MAX_ACCOUNTS = 100_000;
  private static final int AT_ONCE = 30;
  private static final Duration EVERY = Duration.ofSeconds(20);

  private final Accounts accounts;
  private final Passwords passwords;
  private final Tokens tokens;
  private final LoginRoutes logins;
  private final boolean open;
  private final Allowance allowance;

  RegisterRoutes(
      Accounts accounts,
      Passwords passwords,
      Tokens tokens,
      LoginRoutes logins,
      boolean open,
      Clock clock) {
    this.accounts = accounts;
    this.passwords = passwords;
    this.tokens = tokens;
    this.logins = logins;
    this.open = open;
    this.allowance = new Allowance(clock, AT_ONCE, EVERY);
  }

  void addTo(HttpApi api) {
    api.route(HttpMethod.POST, "/api/auth/register", Access.PUBLIC, this::register);
  }

  private Reply register(Request request) {
    if (!open) {
      throw Problem.forbidden(Text.of("account.registration_closed"));
    }
    boolean chosen = bearer(request).filter(Account::superuser).isPresent();
    if (!chosen) {
      allowance.requireFor(request.address());
    }
    if (accounts.count() >= MAX_ACCOUNTS) {
      throw Problem.conflict(Text.of("account.too_many", Integer.toString(MAX_ACCOUNTS)));
    }
    Wish wish = wish(request, chosen);
    String hash = passwords.hashed(wish.password());
    Account account =
        accounts.exclusively(
            // Once more, for somebody may have taken the name while the password was hashed.
            () -> accounts.create(wish(request, chosen).draft(), hash));
    return Reply.created(logins.open(account, Text.of("account.registered"), request.language()));
  }

  /// Whose token came along, although the route needs none.
  private Optional<Account> bearer(Request request) {
    String header = request.context().request().getHeader("Authorization");
    if (header == null || !header.regionMatches(true, 0, "Bearer ", 0, 7)) {
      return Optional.empty();
    }
    Account account =
        tokens
            .read(header.substring(7).strip())
            .flatMap(c -> c instanceof Tokens.AccessClaims a ? accounts.find(a) : Optional.empty())
            .orElseThrow(Problem::wrongToken);
    if (!account.active()) {
      throw Problem.inactive();
    }
    return Optional.of(account);
  }

  private Wish wish(Request request, boolean chosen) {
    Fields fields = new Fields(request.object());
    AccountFields account = new AccountFields(fields, accounts, null);
    AccountDraft draft = new AccountDraft();
    draft.username = account.username();
    draft.email = account.email();
    String password = fields.text("password", Passwords.MAX_LENGTH);
    String again = fields.text("password_confirm", Passwords.MAX_LENGTH);
    draft.firstName = account.name("first_name");
    draft.lastName = account.name("last_name");
    draft.roleId = Seeds.READER_ROLE;
    if (chosen) {
      draft.type = account.type(Account.EXTERNAL);
      Long role = fields.has("rol") ? account.role() : (Long) Seeds.READER_ROLE;
      draft.roleId = role;
    }
    if (fields.isFine("password")) {
      fields.faults("password", PasswordRules.faults(password, draft));
    }
    if (fields.isFine("password_confirm") && !password.equals(again)) {
      fields.fault("password", Text.of("account.passwords_differ"));
    }
    fields.check();
    return new Wish(draft, password);
  }

  private record Wish(AccountDraft draft, String password) {}
}
