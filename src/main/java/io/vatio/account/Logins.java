package io.vatio.account;

import io.vatio.audit.AuditLog;
import io.vatio.kernel.Actor;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Checks names and passwords of people. The slow part runs on the threads of [Passwords].
final class Logins {
  private static final Logger LOG = LoggerFactory.getLogger(Logins.class);
  private static final int LOGGED_NAME = 60;

  private final Accounts accounts;
  private final Passwords passwords;
  private final Throttle throttle;
  private final AuditLog audit;

  Logins(Accounts accounts, Passwords passwords, Throttle throttle, AuditLog audit) {
    this.audit = audit;
    this.accounts = accounts;
    this.passwords = passwords;
    this.throttle = throttle;
  }

  /// Checks a name and a password; an unknown name takes as long as a wrong password. Never blocks.
  CompletableFuture<LoginOutcome> check(String username, String password, String address) {
    if (username.length() > Accounts.MAX_USERNAME_LENGTH
        || password.length() > Passwords.MAX_LENGTH) {
      return CompletableFuture.completedFuture(new LoginOutcome.Denied());
    }
    Throttle.Attempt attempt = throttle.begin(username, address);
    if (attempt.secondsToWait() > 0) {
      return CompletableFuture.completedFuture(new LoginOutcome.Throttled(attempt.secondsToWait()));
    }
    Optional<Account> account = accounts.findByName(username);
    String agent = Actor.current().map(Actor::userAgent).orElse("");
    try {
      return passwords
          .verify(password, () -> account.flatMap(a -> accounts.findHash(a.id())))
          .handle(
              (verdict, failure) -> {
                LoginOutcome outcome =
                    outcome(username, address, attempt, account, verdict, failure);
                if (outcome instanceof LoginOutcome.Denied) {
                  audit.loginFailed(username, address, agent);
                }
                return outcome;
              });
    } catch (RejectedExecutionException _) {
      attempt.abandon();
      return CompletableFuture.completedFuture(new LoginOutcome.Throttled(1));
    }
  }

  private LoginOutcome outcome(
      String username,
      String address,
      Throttle.Attempt attempt,
      Optional<Account> account,
      Passwords.@Nullable Verdict verdict,
      @Nullable Throwable failure) {
    if (failure != null || verdict == null) {
      attempt.abandon();
      throw new CompletionException(failure);
    }
    // Active or not is asked now, not before the hash was computed.
    Optional<Account> present = account.flatMap(a -> accounts.findById(a.id()));
    if (!verdict.matches() || present.isEmpty() || !present.get().active()) {
      attempt.fail();
      LOG.info("login of '{}' from {} refused", printable(username), address);
      return new LoginOutcome.Denied();
    }
    attempt.succeed();
    if (verdict.better() != null && verdict.hash() != null) {
      accounts.replaceHash(present.get().id(), verdict.hash(), verdict.better());
    }
    return new LoginOutcome.Granted(present.get());
  }

  private static String printable(String username) {
    String cut = username.length() > LOGGED_NAME ? username.substring(0, LOGGED_NAME) : username;
    return cut.replaceAll("[^\\p{L}\\p{N}_.@+-]", "?");
  }
}
