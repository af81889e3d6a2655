package io.vatio.platform.http;

import io.vatio.kernel.Authenticator;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.db.StorageException;
import io.vatio.platform.text.Messages;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.HttpException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The table of all HTTP routes and the one way through it: authenticate, check access, read the
/// body, run the handler, answer.
///
/// Every path answers with and without its last slash. Handlers run on virtual threads (at most
/// [#CONCURRENT] at a time, then 503) unless they are asynchronous; those run on the event loop and
/// must not block.
public final class HttpApi {
  private static final Logger LOG = LoggerFactory.getLogger(HttpApi.class);
  private static final int CONCURRENT = 512;

  /// Bytes of all bodies that are being read or worked on.
  private static final long BODIES = 64L << 20;

  /// Bytes of one body that needs no credentials, such as a login, and of all of them together:
  /// strangers have little room, and none of that of the others.
  private static final long STRANGERS_BODY = 16L << 10;

  private static final long STRANGERS_BODIES = 8L << 20;

  private final Vertx vertx;
  private final Router router;
  private final Authenticator authenticator;
  private final ClientAddress clientAddress;
  private final Messages messages;
  private final Bodies bodies;
  private final Bodies strangersBodies;
  private final List<Endpoint> endpoints = new ArrayList<>();
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("http-", 1).factory());
  private final Semaphore permits = new Semaphore(CONCURRENT);
  private volatile @Nullable TicketBooth tickets;

  /// @param maxBody largest request body, bytes
  public HttpApi(
      Vertx vertx,
      Authenticator authenticator,
      ClientAddress clientAddress,
      Messages messages,
      long maxBody) {
    this.vertx = vertx;
    this.authenticator = authenticator;
    this.clientAddress = clientAddress;
    this.messages = messages;
    this.bodies = new Bodies(vertx, maxBody, BODIES);
    this.strangersBodies = new Bodies(vertx, STRANGERS_BODY, STRANGERS_BODIES);
    this.router = Router.router(vertx);
    router.route().order(-100).handler(this::prepare);
    for (int status : new int[] {400, 404, 405, 406, 408, 413, 414, 415, 500}) {
      router.errorHandler(status, ctx -> fail(ctx, status));
    }
  }

  /// A handler that may block; it returns what to answer or throws a [Problem].
  @FunctionalInterface
  public interface Handler {
    Reply handle(Request request) throws Exception;
  }

  /// A handler on the event loop; its future fails with a [Problem] for a refusal.
  @FunctionalInterface
  public interface AsyncHandler {
    Future<Reply> handle(Request request);
  }

  /// A handler that keeps the connection, such as an event stream; on the event loop. It answers by
  /// itself, or throws a [Problem] before it has begun to.
  @FunctionalInterface
  public interface StreamHandler {
    void handle(Request request);
  }

  /// One line of the table of routes.
  ///
  /// @param path without a last slash, parameters as `:name`
  public record Endpoint(HttpMethod method, String path, Access access) {}

  /// Adds a route with a blocking handler.
  public void route(HttpMethod method, String path, Access access, Handler handler) {
    add(method, path, access, false, request -> blocking(request, handler));
  }

  /// Adds a route with a handler on the event loop.
  public void routeAsync(HttpMethod method, String path, Access access, AsyncHandler handler) {
    add(method, path, access, false, handler::handle);
  }

  /// Adds a route whose handler answers by itself. One for GET reads no body, and accepts a ticket
  /// (see [#acceptTickets]).
  public void routeStream(HttpMethod method, String path, Access access, StreamHandler handler) {
    add(
        method,
        path,
        access,
        method.equals(HttpMethod.GET),
        request -> {
          handler.handle(request);
          return Future.succeededFuture(null);
        });
  }

  /// What happens to a body that goes to a file. The file is deleted at the end, unless it was
  /// moved
  /// away.
  public interface UploadHandler {
    /// Names a new file, or throws a [Problem] before anything is read. Must not block.
    ///
    /// @param bytes of the body; the most it may have when it does not say
    Path begin(Request request, long bytes);

    /// The body lies in the file now. May block.
    Reply handle(Request request, Path file) throws Exception;

    /// It is over, however it ended; called once. Must not block.
    void end(Path file);
  }

  /// Adds a route whose body goes to a file as it comes, never to memory.
  ///
  /// @param most bytes of the body
  public void routeUpload(
      HttpMethod method, String path, Access access, long most, UploadHandler handler) {
    endpoints.add(new Endpoint(method, path, access));
    var route = router.route(method, path);
    route.handler(ctx -> authenticate(ctx, access, false));
    route.handler(ctx -> run(ctx, request -> upload(request, most, handler)));
  }

  private Future<Reply> upload(Request request, long most, UploadHandler handler) {
    HttpServerRequest body = request.context().request();
    Path file = handler.begin(request, Upload.bytes(body, most));
    return Upload.receive(vertx, body, file, most)
        .compose(_ -> blocking(request, r -> handler.handle(r, file)))
        .onComplete(
            _ -> vertx.fileSystem().delete(file.toString()).onComplete(_ -> handler.end(file)));
  }

  /// All routes added so far.
  public List<Endpoint> endpoints() {
    return List.copyOf(endpoints);
  }

  /// For what is not an end point of the API: the pages, the MQTT socket.
  public Router router() {
    return router;
  }

  /// The peer's address of a request, proxies considered.
  public String addressOf(HttpServerRequest request) {
    return clientAddress.of(request);
  }

  private void add(
      HttpMethod method,
      String path,
      Access access,
      boolean eventStream,
      Function<Request, Future<Reply>> handler) {
    endpoints.add(new Endpoint(method, path, access));
    var route = router.route(method, path);
    if (method.equals(HttpMethod.GET) && !eventStream) {
      route.method(HttpMethod.HEAD);
    }
    route.handler(ctx -> authenticate(ctx, access, eventStream));
    if (!eventStream) {
      // As a plain handler: the router insists on bodies before access, we on access before bodies.
      Bodies room = access instanceof Access.Public ? strangersBodies : bodies;
      route.handler(ctx -> receive(ctx, room));
    }
    route.handler(ctx -> run(ctx, handler));
  }

  private void receive(RoutingContext ctx, Bodies room) {
    try {
      room.read(ctx);
    } catch (Problem problem) {
      fail(ctx, problem);
    }
  }

  private void prepare(RoutingContext ctx) {
    HttpServerResponse response = ctx.response();
    response.putHeader("X-Content-Type-Options", "nosniff");
    response.putHeader("Referrer-Policy", "no-referrer");
    response.putHeader("X-Frame-Options", "DENY");
    ctx.next();
  }

  private void authenticate(RoutingContext ctx, Access access, boolean ticketsAccepted) {
    if (access instanceof Access.Public) {
      ctx.next();
      return;
    }
    HttpServerRequest request = ctx.request();
    Credential credential = Credential.of(request, clientAddress.of(request));
    if (credential.isAddressOnly()) {
      String ticket =
          ticketsAccepted ? ctx.queryParam("ticket").stream().findFirst().orElse(null) : null;
      if (ticket != null) {
        admitTicket(ctx, access, ticket);
        return;
      }
      Principal trusted = authenticator.trusted(credential.address());
      if (trusted == null) {
        fail(ctx, Problem.unauthenticated(Text.of("http.credentials_missing")));
      } else {
        admit(ctx, access, trusted, credential);
      }
      return;
    }
    request.pause();
    var outcome = credential.check(authenticator);
    if (outcome == null) {
      request.resume();
      fail(ctx, Problem.unauthenticated(Text.of("http.authorization_malformed")));
      return;
    }
    Future.fromCompletionStage(outcome, vertx.getOrCreateContext())
        .onComplete(
            done -> {
              request.resume();
              if (done.failed()) {
                fail(ctx, done.cause());
                return;
              }
              switch (done.result()) {
                case Authenticator.Outcome.Granted(Principal principal) ->
                    admit(ctx, access, principal, credential);
                case Authenticator.Outcome.Denied() ->
                    fail(ctx, Problem.unauthenticated(Text.of("http.credentials_wrong")));
                case Authenticator.Outcome.Throttled(long seconds) ->
                    fail(
                        ctx,
                        Problem.tooMany(
                            Text.of("http.throttled", Long.toString(seconds)),
                            Duration.ofSeconds(seconds)));
              }
            });
  }

  private void admitTicket(RoutingContext ctx, Access access, String ticket) {
    TicketBooth booth = tickets;
    Optional<TicketBooth.Ticket> redeemed = booth == null ? Optional.empty() : booth.redeem(ticket);
    if (redeemed.isEmpty()) {
      fail(ctx, Problem.unauthenticated(Text.of("http.ticket_wrong")));
    } else {
      admit(ctx, access, redeemed.get().principal(), redeemed.get().credential());
    }
  }

  /// Streams opened by [#routeStream] accept tickets of this booth in the query parameter `ticket`,
  /// instead of a header.
  public void acceptTickets(TicketBooth booth) {
    tickets = booth;
  }

  /// Asks again who sent a request, for streams that outlive a token: the principal as it is now,
  /// or empty when its credential is no longer good. Fails when nobody can tell just now.
  public Future<Optional<Principal>> reauthenticate(Request request) {
    Credential credential = credential(request);
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
                  case Authenticator.Outcome.Denied() -> Optional.<Principal>empty();
                  case Authenticator.Outcome.Throttled(long seconds) ->
                      throw Problem.tooMany(
                          Text.of("http.throttled", Long.toString(seconds)),
                          Duration.ofSeconds(seconds));
                });
  }

  /// What a request of a route that is not public brought to prove who it is.
  static Credential credential(Request request) {
    Credential credential = request.context().get("credential");
    if (credential == null) {
      throw new IllegalStateException("a public route has no credential");
    }
    return credential;
  }

  private void admit(
      RoutingContext ctx, Access access, Principal principal, Credential credential) {
    if (!access.admits(principal)) {
      fail(ctx, Problem.forbidden(Text.of("http.forbidden")));
      return;
    }
    ctx.put("principal", principal);
    ctx.put("credential", credential);
    ctx.next();
  }

  private void run(RoutingContext ctx, Function<Request, Future<Reply>> handler) {
    String address = clientAddress.of(ctx.request());
    Principal principal = ctx.get("principal");
    Request request =
        new Request(
            ctx,
            principal == null ? new Principal.Anonymous(address) : principal,
            address,
            language(ctx));
    Future<Reply> reply;
    try {
      reply = handler.apply(request);
    } catch (RuntimeException e) {
      fail(ctx, e);
      return;
    }
    reply.onComplete(
        done -> {
          if (done.failed()) {
            fail(ctx, done.cause());
          } else if (done.result() != null) {
            send(ctx, done.result());
          }
        });
  }

  private Future<Reply> blocking(Request request, Handler handler) {
    if (!permits.tryAcquire()) {
      return Future.failedFuture(
          Problem.unavailable(Text.of("http.overloaded"), Duration.ofSeconds(1)));
    }
    Promise<Reply> promise = Promise.promise();
    var context = vertx.getOrCreateContext();
    threads.execute(
        () -> {
          try {
            Reply reply = request.actor().doing(() -> handler.handle(request));
            context.runOnContext(_ -> promise.complete(reply));
          } catch (Throwable e) {
            // Errors too: whoever waits must hear of them.
            context.runOnContext(_ -> promise.fail(e));
          } finally {
            permits.release();
          }
        });
    return promise.future();
  }

  private void send(RoutingContext ctx, Reply reply) {
    HttpServerResponse response = ctx.response();
    if (response.ended() || response.closed()) {
      return;
    }
    response.setStatusCode(reply.status());
    response.putHeader("Cache-Control", "no-store");
    for (Map.Entry<String, String> header : reply.headers().entrySet()) {
      response.putHeader(header.getKey(), header.getValue());
    }
    if (reply.status() == 204) {
      response.end();
    } else {
      response.putHeader("Content-Type", reply.contentType());
      if (ctx.request().method().equals(HttpMethod.HEAD)) {
        response.putHeader("Content-Length", Integer.toString(reply.body().length)).end();
      } else {
        response.end(Buffer.buffer(reply.body()));
      }
    }
  }

  /// Answers a failure in the shape of the path's family.
  public void fail(RoutingContext ctx, Throwable failure) {
    ErrorShape shape = ErrorShape.of(path(ctx));
    String language = language(ctx);
    switch (failure) {
      // The router's own, for instance for an escape in the query that is none.
      case HttpException refused when refused.getStatusCode() < 500 ->
          fail(ctx, refused.getStatusCode());
      case Problem problem -> send(ctx, shape.reply(problem, messages, language));
      case StorageException e -> {
        LOG.warn("{} {}: {}", ctx.request().method(), path(ctx), e.getMessage());
        send(
            ctx,
            shape.reply(
                Problem.unavailable(Text.of("http.storage"), Duration.ofSeconds(5)),
                messages,
                language));
      }
      default -> {
        String reference = UUID.randomUUID().toString().substring(0, 8);
        LOG.error(
            "{} {} failed, reference {}", ctx.request().method(), path(ctx), reference, failure);
        send(ctx, shape.plain(500, messages.in(language, Text.of("http.failure", reference))));
      }
    }
  }

  /// What the router itself refuses: unknown path, wrong method, body too large.
  private void fail(RoutingContext ctx, int status) {
    if (status == 500 && ctx.failure() != null) {
      fail(ctx, ctx.failure());
      return;
    }
    String key =
        switch (status) {
          case 404 -> "http.not_found";
          case 405 -> "http.method_not_allowed";
          case 408 -> "http.too_slow";
          case 413 -> "http.too_large";
          case 415 -> "http.media_type";
          default -> "http.bad_request";
        };
    Text text = status == 405 ? Text.of(key, ctx.request().method().name()) : Text.of(key);
    send(ctx, ErrorShape.of(path(ctx)).plain(status, messages.in(language(ctx), text)));
  }

  /// The path; as it was written where nobody can make sense of it.
  private static String path(RoutingContext ctx) {
    try {
      return ctx.normalizedPath();
    } catch (IllegalArgumentException _) {
      return String.valueOf(ctx.request().path());
    }
  }

  private String language(RoutingContext ctx) {
    return messages.language(ctx.request().getHeader("Accept-Language"));
  }
}
