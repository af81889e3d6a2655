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

/// Login, refresh and logout.
final class LoginRoutes {
  private static final int MAX_TOKEN = 2_000;

  private final Accounts accounts;
  private final Logins logins;
  private final Tokens tokens;
  private final RefreshTokens refreshTokens;
  private final AccountJson json;

  LoginRoutes(
      Accounts accounts,
      Logins logins,
      Tokens tokens,
      RefreshTokens refreshTokens,
      AccountJson json) {
    this.accounts = accounts;
    this.logins = logins;
    this.tokens = tokens;
    this.refreshTokens = refreshTokens;
    this.json = json;
  }

  void addTo(HttpApi api) {
    api.route(HttpMethod.POST, "/api/auth/login", Access.PUBLIC, this::login);
    api.route(HttpMethod.POST, "/api/auth/refresh", Access.PUBLIC, this::refresh);
    api.route(HttpMethod.POST, "/api/auth/logout", Access.PUBLIC, this::logout);
  }

  private Reply login(Request request) {
    Fields fields = new Fields(request.object());
    String username = fields.text("username", Accounts.MAX_USERNAME_LENGTH);
    String password = fields.text("password", Passwords.MAX_LENGTH);
    fields.check();
    return switch (logins.check(username, password, request.address()).join()) {
      case LoginOutcome.Granted(Account account) ->
          Reply.ok(session(account, Text.of("account.login_done"), request.language()));
      case LoginOutcome.Denied() -> throw Problem.unauthenticated(Text.of("account.login_refused"));
      case LoginOutcome.Throttled(long seconds) -> throw throttled(seconds);
    };
  }

  static Problem throttled(long seconds) {
    return Problem.tooMany(
        Text.of("http.throttled", Long.toString(seconds)), Duration.ofSeconds(seconds));
  }

  /// Opens a session for somebody whose identity is proved, and notes the login.
  ObjectNode session(Account account, Text message, String language) {
    return open(accounts.loggedIn(account), message, language);
  }

  /// Opens a session.
  ObjectNode open(Account account, Text message, String language) {
    return json.session(
        account, refreshTokens.issue(account.id()), tokens.access(account), message, language);
  }

  /// Adds the tokens of a new session to an answer.
  ObjectNode addTokens(ObjectNode body, Account account) {
    return body.put("refresh", refreshTokens.issue(account.id()))
        .put("access", tokens.access(account));
  }

  private Reply refresh(Request request) {
    var claims = tokens.read(refreshToken(request));
    if (claims.isPresent() && claims.get() instanceof Tokens.RefreshClaims refresh) {
      // The account is asked first: were its password changed now, the token would be gone below.
      var account = accounts.findById(refresh.accountId()).filter(Account::active);
      var next = account.flatMap(_ -> refreshTokens.rotate(refresh));
      if (account.isPresent() && next.isPresent()) {
        ObjectNode body = Json.object();
        body.put("access", tokens.access(account.get()));
        body.put("refresh", next.get());
        return Reply.ok(body);
      }
    }
    throw Problem.unauthenticated(Text.of("account.token_not_valid"), "token_not_valid");
  }

  /// Ends the session that a refresh token belongs to. Saying it twice, or with a token that is
  /// already worthless, is no fault: the session is over either way.
  private Reply logout(Request request) {
    if (tokens.read(refreshToken(request)).orElse(null) instanceof Tokens.RefreshClaims claims) {
      refreshTokens.revoke(
          claims,
          handle ->
              accounts
                  .findById(claims.accountId())
                  .ifPresent(account -> accounts.loggedOut(handle, account)));
    }
    return Reply.noContent();
  }

  private static String refreshToken(Request request) {
    Fields fields = new Fields(request.object());
    String token = fields.text("refresh", MAX_TOKEN);
    fields.check();
    return token;
  }
}
