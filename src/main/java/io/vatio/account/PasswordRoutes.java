package io.vatio.account;

import com.fasterxml.jackson.databind.node.ObjectNode;
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

/// A new password: by whoever knows the present one, or by a code that was mailed. It ends every
/// session but the one that asked for it.
final class PasswordRoutes {
  private static final int MAX_EMAIL = 254;
  private static final int MAX_CODE = 200;

  private final Accounts accounts;
  private final Logins logins;
  private final Passwords passwords;
  private final Contacts contacts;
  private final PasswordMail mail;
  private final LoginRoutes sessions;
  private final AccountJson json;
  private final Allowance requests;
  private final Allowance confirmations;

  PasswordRoutes(
      Accounts accounts,
      Logins logins,
      Passwords passwords,
      Contacts contacts,
      PasswordMail mail,
      LoginRoutes sessions,
      AccountJson json,
      Clock clock) {
    this.accounts = accounts;
    this.logins = logins;
    this.passwords = passwords;
    this.contacts = contacts;
    this.mail = mail;
    this.sessions = sessions;
    this.json = json;
    this.requests = new Allowance(clock, 10, Duration.ofMinutes(1));
    this.confirmations = new Allowance(clock, 20, Duration.ofSeconds(30));
  }

  void addTo(HttpApi api) {
    api.route(HttpMethod.POST, "/api/auth/password/change", Access.ANYONE, this::change);
    api.route(HttpMethod.POST, "/api/auth/password/reset", Access.PUBLIC, this::reset);
    api.route(HttpMethod.POST, "/api/auth/password/reset/confirm", Access.PUBLIC, this::confirm);
  }

  private Reply change(Request request) {
    Account account = ProfileRoutes.require(request, accounts);
    Fields fields = new Fields(request.object());
    String present = fields.text("current_password", Passwords.MAX_LENGTH);
    String next = fields.text("new_password", Passwords.MAX_LENGTH);
    check(fields, "new_password", next, account);
    fields.check();
    switch (logins.check(account.username(), present, request.address()).join()) {
      case LoginOutcome.Granted _ -> {}
      case LoginOutcome.Denied() ->
          throw Problem.invalid("current_password", Text.of("account.password_wrong"));
      case LoginOutcome.Throttled(long seconds) -> throw LoginRoutes.throttled(seconds);
    }
    if (next.equals(present)) {
      throw Problem.invalid("new_password", Text.of("account.password_same"));
    }
    Account changed = set(account, next);
    ObjectNode body = json.message(request.language(), Text.of("account.password_changed"));
    return Reply.ok(sessions.addTokens(body, changed));
  }

  /// Says the same after the same time, whoever's address it is: everything else happens later.
  private Reply reset(Request request) {
    requests.requireFor(request.address());
    Fields fields = new Fields(request.object());
    String email = fields.text("email", MAX_EMAIL).strip();
    fields.check();
    mail.send(email, request.language());
    return Reply.ok(json.message(request.language(), Text.of("account.reset_sent")));
  }

  private Reply confirm(Request request) {
    confirmations.requireFor(request.address());
    Fields fields = new Fields(request.object());
    String code = fields.text("token", MAX_CODE);
    String password = fields.text("password", Passwords.MAX_LENGTH);
    fields.check();
    Account account = owner(contacts.checkCode(CodePurpose.PASSWORD, code));
    check(fields, "password", password, account);
    fields.check();
    String hash = passwords.hashed(password);
    // Used only now, so that a password that was refused does not cost the code.
    Account sure = owner(contacts.useCode(CodePurpose.PASSWORD, code));
    accounts.asSelf(sure, () -> accounts.setPassword(sure.id(), hash));
    return Reply.ok(json.message(request.language(), Text.of("account.password_changed")));
  }

  private Account owner(CodeCheck check) {
    if (check instanceof CodeCheck.Right(long id, String _)) {
      return accounts.findById(id).filter(Account::active).orElseThrow(PasswordRoutes::wrongCode);
    }
    throw wrongCode();
  }

  private static Problem wrongCode() {
    return Problem.invalid("token", Text.of("account.reset_code_wrong"));
  }

  private static void check(Fields fields, String field, String password, Account account) {
    if (fields.isFine(field)) {
      fields.faults(field, PasswordRules.faults(password, AccountDraft.of(account)));
    }
  }

  private Account set(Account account, String password) {
    return accounts
        .setPassword(account.id(), passwords.hashed(password))
        .orElseThrow(Problem::wrongToken);
  }
}
