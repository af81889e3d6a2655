package io.vatio.account;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.http.Access;
import io.vatio.platform.http.Fields;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.http.Reply;
import io.vatio.platform.http.Request;
import io.vatio.platform.json.Json;
import io.vertx.core.http.HttpMethod;
import java.time.Duration;
import java.util.function.Predicate;

/// The first page of a new installation: whoever has the set-up code becomes its first superuser.
final class SetupRoutes {
  /// No account can have this name, so the throttle's record is the code's alone.
  private static final String THROTTLE_NAME = "set-up code";

  private final Accounts accounts;
  private final Passwords passwords;
  private final Throttle throttle;
  private final SetupCode code;
  private final LoginRoutes logins;
  private final boolean demo;
  private final Predicate<String> trusted;

  SetupRoutes(
      Accounts accounts,
      Passwords passwords,
      Throttle throttle,
      SetupCode code,
      LoginRoutes logins,
      boolean demo,
      Predicate<String> trusted) {
    this.accounts = accounts;
    this.passwords = passwords;
    this.throttle = throttle;
    this.code = code;
    this.logins = logins;
    this.demo = demo;
    this.trusted = trusted;
  }

  void addTo(HttpApi api) {
    api.route(HttpMethod.GET, "/api/setup", Access.PUBLIC, this::state);
    api.route(HttpMethod.POST, "/api/setup", Access.PUBLIC, this::setUp);
  }

  private Reply state(Request request) {
    ObjectNode body = Json.object();
    body.put("needed", accounts.isEmpty());
    body.put("demo", demo);
    body.put("trusted", trusted.test(request.address()));
    return Reply.ok(body);
  }

  private Reply setUp(Request request) {
    requireNeeded();
    Fields fields = new Fields(request.object());
    String given = fields.text("code", 100);
    AccountFields wish = new AccountFields(fields, accounts, null);
    String username = wish.username();
    String password = fields.text("password", Passwords.MAX_LENGTH);
    String email = wish.optionalEmail();
    if (fields.isFine("password")) {
      fields.faults("password", PasswordRules.length(password));
    }
    fields.check();
    requireCode(given, request.address());
    Account account =
        accounts
            .createFirst(username, email, passwords.hashed(password))
            .orElseThrow(SetupRoutes::alreadyDone);
    return Reply.created(
        logins.session(account, Text.of("account.setup_done"), request.language()));
  }

  private void requireNeeded() {
    if (!accounts.isEmpty()) {
      throw alreadyDone();
    }
  }

  private void requireCode(String given, String address) {
    Throttle.Attempt attempt = throttle.begin(THROTTLE_NAME, address);
    long wait = attempt.secondsToWait();
    if (wait > 0) {
      throw Problem.tooMany(
          Text.of("http.throttled", Long.toString(wait)), Duration.ofSeconds(wait));
    }
    if (!code.matches(given)) {
      attempt.fail();
      throw Problem.invalid("code", Text.of("account.setup_code_wrong"));
    }
    attempt.succeed();
  }

  private static Problem alreadyDone() {
    return Problem.conflict(Text.of("account.setup_over"));
  }
}
