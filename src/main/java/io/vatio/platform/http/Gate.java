package io.vatio.platform.http;

import io.vatio.kernel.Authenticator;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Finds out who sent a request and whether the route is for him. On the event loop.
final class Gate {
  static final String PRINCIPAL = "principal";
  static final String CREDENTIAL = "credential";

  private final Vertx vertx;
  private final Authenticator authenticator;
  private final ClientAddress clientAddress;
  private final Answers answers;
  private volatile @Nullable TicketBooth tickets;

  Gate(Vertx vertx, Authenticator authenticator, ClientAddress clientAddress, Answers answers) {
    this.vertx = vertx;
    this.authenticator = authenticator;
    this.clientAddress = clientAddress;
    this.answers = answers;
  }

  void acceptTickets(TicketBooth booth) {
    tickets = booth;
  }

  /// Lets a request go on, or answers why not.
  void pass(RoutingContext ctx, Access access, boolean ticketsAccepted, Runnable onward) {
    if (access.rule() instanceof Access.Public) {
      onward.run();
      return;
    }
    HttpServerRequest request = ctx.request();
    Credential credential = Credential.of(request, clientAddress.of(request));
    if (credential.isAddressOnly()) {
      String ticket =
          ticketsAccepted ? ctx.queryParam("ticket").stream().findFirst().orElse(null) : null;
      if (ticket != null) {
        admitTicket(ctx, access, ticket, onward);
        return;
      }
      Principal trusted = authenticator.trusted(credential.address());
      if (trusted == null) {
        answers.fail(ctx, Problem.unauthenticated(Text.of("http.credentials_missing")));
      } else {
        admit(ctx, access, trusted, credential, onward);
      }
      return;
    }
    request.pause();
    var outcome = credential.check(authenticator);
    if (outcome == null) {
      request.resume();
      answers.fail(ctx, Problem.unauthenticated(Text.of("http.authorization_malformed")));
      return;
    }
    Future.fromCompletionStage(outcome, vertx.getOrCreateContext())
        .onComplete(
            done -> {
              request.resume();
              if (done.failed()) {
                answers.fail(ctx, done.cause());
                return;
              }
              switch (done.result()) {
                case Authenticator.Outcome.Granted(Principal principal) ->
                    admit(ctx, access, principal, credential, onward);
                case Authenticator.Outcome.Denied() ->
                    answers.fail(
                        ctx,
                        credential.isToken()
                            ? Problem.wrongToken()
                            : Problem.unauthenticated(Text.of("http.password_wrong")));
                case Authenticator.Outcome.Inactive() -> answers.fail(ctx, Problem.inactive());
                case Authenticator.Outcome.Throttled(long seconds) ->
                    answers.fail(ctx, throttled(seconds));
              }
            });
  }

  private void admitTicket(RoutingContext ctx, Access access, String ticket, Runnable onward) {
    TicketBooth booth = tickets;
    Optional<TicketBooth.Ticket> redeemed = booth == null ? Optional.empty() : booth.redeem(ticket);
    if (redeemed.isEmpty()) {
      answers.fail(ctx, Problem.unauthenticated(Text.of("http.ticket_wrong")));
    } else {
      admit(ctx, access, redeemed.get().principal(), redeemed.get().credential(), onward);
    }
  }

  private void admit(
      RoutingContext ctx,
      Access access,
      Principal principal,
      Credential credential,
      Runnable onward) {
    ctx.put(PRINCIPAL, principal);
    ctx.put(CREDENTIAL, credential);
    if (access.admits(principal)) {
      onward.run();
    } else {
      answers.fail(ctx, Problem.forbidden(access.refusal()));
    }
  }

  Future<Optional<Principal>> again(Credential credential) {
    if (credential.isAddressOnly()) {
      return Future.succeededFuture(
          Optional.ofNullable(authenticator.trusted(credential.address())));
    }
    var outcome = credential.check(authenticator);
    if (outcome == null) {
      return Future.succeededFuture(Optional.empty());
    }
    return Future.fromCompletionStage(outcome, vertx.getOrCreateContext())
        .map(
            done ->
                switch (done) {
                  case Authenticator.Outcome.Granted(Principal principal) -> Optional.of(principal);
                  case Authenticator.Outcome.Denied(), Authenticator.Outcome.Inactive() ->
                      Optional.<Principal>empty();
                  case Authenticator.Outcome.Throttled(long seconds) -> throw throttled(seconds);
                });
  }

  private static Problem throttled(long seconds) {
    return Problem.tooMany(
        Text.of("http.throttled", Long.toString(seconds)), Duration.ofSeconds(seconds));
  }
}
