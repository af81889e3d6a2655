package io.vatio.platform.http;

import io.vatio.kernel.Authenticator;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.contract.Contract;
import io.vatio.platform.text.Messages;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The table of all HTTP routes and the one way through it: authenticate, check access, read the
/// body, run the handler, answer.
///
/// Every path answers with and without its last slash, and under its [OtherSpellings]. Handlers run
/// on virtual threads (at most [#CONCURRENT] at a time, then 503) unless they are asynchronous;
/// those run on the event loop and must not block.
public final class HttpApi {
  private static final int CONCURRENT = 512;

  /// Bytes of all bodies that are being read or worked on.
  private static final long BODIES = 64L << 20;

  /// Bytes of one body that needs no credentials, such as a login, and of all of them together:
  /// strangers have little room, and none of that of the others.
  private static final long STRANGERS_BODY = 16L << 10;

  private static final long STRANGERS_BODIES = 8L << 20;

  private static final String LINE = "line";
  private static final String PARAMETERS = "parameters";

  private final Vertx vertx;
  private final Router router;
  private final ClientAddress clientAddress;
  private final Answers answers;
  private final Gate gate;
  private final Conventions conventions = new Conventions();
  private final Bodies bodies;
  private final Bodies strangersBodies;
  private final List<Endpoint> endpoints = new ArrayList<>();
  private final RouteTable<Line> table = new RouteTable<>();
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("http-", 1).factory());
  private final Semaphore permits = new Semaphore(CONCURRENT);
  private volatile @Nullable Consumer<Exchange> observer;

  /// @param maxBody largest request body, bytes
  public HttpApi(
      Vertx vertx,
      Authenticator authenticator,
      ClientAddress clientAddress,
      Messages messages,
      long maxBody) {
    this.vertx = vertx;
    this.clientAddress = clientAddress;
    this.answers = new Answers(messages);
    this.gate = new Gate(vertx, authenticator, clientAddress, answers);
    this.bodies = new Bodies(vertx, maxBody, BODIES);
    this.strangersBodies = new Bodies(vertx, STRANGERS_BODY, STRANGERS_BODIES);
    this.router = Router.router(vertx);
    router.route().order(-100).handler(this::prepare);
    router.route().order(0).handler(this::find).handler(this::withBody);
    for (int status : new int[] {400, 404, 405, 406, 408, 413, 414, 415, 500}) {
      router.errorHandler(status, ctx -> answers.fail(ctx, status));
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

  /// What is done with a request that has come through the gate.
  ///
  /// @param eventStream takes no body, but a ticket
  /// @param bodyRead whether the body is in memory when the work begins
  /// @param handler the one that blocks, null for others
  private record Line(
      Endpoint endpoint,
      Access access,
      boolean eventStream,
      boolean bodyRead,
      @Nullable Handler handler,
      Work work) {}

  private interface Work {
    Future<Reply> start(Line line, Request request);
  }

  /// Adds a route with a blocking handler.
  public void route(HttpMethod method, String path, Access access, Handler handler) {
    add(method, path, access, false, true, handler, this::answer);
  }

  private Future<Reply> answer(Line line, Request request) {
    Handler handler = Objects.requireNonNull(line.handler());
    return blocking(
        request, r -> conventions.answer(line.endpoint(), r, handler, presentAt(r, line)));
  }

  /// What GET does at the path of a change that has a condition, for those who may ask.
  private @Nullable Handler presentAt(Request request, Line change) {
    if (!request.context().request().headers().contains(HttpHeaders.IF_MATCH)) {
      return null;
    }
    RouteTable.Found<Line> found = table.find(change.endpoint().path());
    Line get = found == null ? null : found.at(HttpMethod.GET);
    return get == null || !get.access().admits(request.principal()) ? null : get.handler();
  }

  /// Adds a route with a handler on the event loop.
  public void routeAsync(HttpMethod method, String path, Access access, AsyncHandler handler) {
    add(method, path, access, false, true, null, (line, r) -> onLoop(line, r, handler));
  }

  private Future<Reply> onLoop(Line line, Request request, AsyncHandler handler) {
    Endpoint endpoint = line.endpoint();
    Future<Void> fit = conventions.check(endpoint, request);
    if (conventions.isRepeatable(endpoint, request)) {
      var context = vertx.getOrCreateContext();
      return fit.compose(
          _ ->
              blocking(
                  request,
                  r ->
                      conventions.once(
                          endpoint, r, false, () -> awaited(context, () -> handler.handle(r)))));
    }
    Future<Reply> reply =
        fit.isComplete() ? handler.handle(request) : fit.compose(_ -> handler.handle(request));
    return endpoint.method().equals(HttpMethod.GET)
        ? reply.map(r -> EntityTags.tagged(request, r))
        : reply;
  }

  /// Waits for what is done on the event loop.
  private static Reply awaited(Context context, Supplier<Future<Reply>> work) throws Exception {
    CompletableFuture<Reply> done = new CompletableFuture<>();
    context.runOnContext(
        _ -> {
          try {
            work.get().onSuccess(done::complete).onFailure(done::completeExceptionally);
          } catch (RuntimeException e) {
            done.completeExceptionally(e);
          }
        });
    try {
      return done.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    }
  }

  /// Adds a route whose handler answers by itself. One for GET reads no body, and accepts a ticket
  /// (see [#acceptTickets]).
  public void routeStream(HttpMethod method, String path, Access access, StreamHandler handler) {
    boolean eventStream = method.equals(HttpMethod.GET);
    add(
        method,
        path,
        access,
        eventStream,
        !eventStream,
        null,
        (line, request) ->
            conventions
                .check(line.endpoint(), request)
                .map(
                    _ -> {
                      handler.handle(request);
                      return null;
                    }));
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
    add(method, path, access, false, false, null, (_, r) -> upload(r, most, handler));
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

  /// Streams opened by [#routeStream] accept tickets of this booth in the query parameter `ticket`,
  /// instead of a header.
  public void acceptTickets(TicketBooth booth) {
    gate.acceptTickets(booth);
  }

  /// Requests are held against this contract from now on; until it is read they wait for it.
  public void holdTo(CompletableFuture<Contract> contract) {
    conventions.holdTo(contract);
  }

  /// A POST with an `Idempotency-Key` is done once, except for streams and uploads.
  public void rememberRepliesIn(IdempotentReplies replies) {
    conventions.rememberIn(replies);
  }

  /// Asks again who sent a request, for streams that outlive a token: the principal as it is now,
  /// or empty when its credential is no longer good. Fails when nobody can tell just now.
  public Future<Optional<Principal>> reauthenticate(Request request) {
    return gate.again(credential(request));
  }

  /// What a request of a route that is not public brought to prove who it is.
  static Credential credential(Request request) {
    Credential credential = request.context().get(Gate.CREDENTIAL);
    if (credential == null) {
      throw new IllegalStateException("a public route has no credential");
    }
    return credential;
  }

  /// The parameters in the path of a request.
  static Map<String, String> parameters(RoutingContext ctx) {
    Map<String, String> parameters = ctx.get(PARAMETERS);
    return parameters == null ? Map.of() : parameters;
  }

  private void add(
      HttpMethod method,
      String path,
      Access access,
      boolean eventStream,
      boolean bodyRead,
      @Nullable Handler handler,
      Work work) {
    Endpoint endpoint = new Endpoint(method, path, access.rule());
    endpoints.add(endpoint);
    Line line = new Line(endpoint, access, eventStream, bodyRead, handler, work);
    table.add(method, path, line);
    for (String spelling : OtherSpellings.of(path)) {
      table.add(method, spelling, line);
    }
  }

  /// Names who hears of each request below `/api/` when it is over, on the event loop; must be
  /// quick, and never fail.
  public void observe(Consumer<Exchange> listener) {
    observer = listener;
  }

  private void listen(RoutingContext ctx) {
    Consumer<Exchange> listener = observer;
    if (listener != null && Exchange.concerns(ctx)) {
      long begin = System.nanoTime();
      String address = clientAddress.of(ctx.request());
      ctx.addEndHandler(_ -> listener.accept(Exchange.of(ctx, address, begin)));
    }
  }

  private void prepare(RoutingContext ctx) {
    listen(ctx);
    HttpServerResponse response = ctx.response();
    response.putHeader("X-Content-Type-Options", "nosniff");
    response.putHeader("Referrer-Policy", "no-referrer");
    response.putHeader("X-Frame-Options", "DENY");
    ctx.next();
  }

  private void find(RoutingContext ctx) {
    RouteTable.Found<Line> found;
    try {
      found = table.find(ctx.normalizedPath());
    } catch (IllegalArgumentException _) {
      // An escape that is none.
      answers.fail(ctx, 400);
      return;
    }
    if (found == null) {
      ctx.next();
    } else {
      pass(ctx, found);
    }
  }

  private void pass(RoutingContext ctx, RouteTable.Found<Line> found) {
    HttpMethod method = ctx.request().method();
    Line line = found.at(method);
    if (line == null && method.equals(HttpMethod.HEAD)) {
      method = HttpMethod.GET;
      line = found.at(method);
      line = line != null && line.eventStream() ? null : line;
    }
    if (line == null) {
      refuse(ctx, found);
      return;
    }
    Exchange.found(ctx, line.endpoint().path(), line.eventStream());
    try {
      ctx.put(PARAMETERS, found.parameters(method));
    } catch (IllegalArgumentException _) {
      answers.fail(ctx, 400);
      return;
    }
    Line known = line;
    gate.pass(ctx, line.access(), line.eventStream(), () -> receive(ctx, known));
  }

  private void receive(RoutingContext ctx, Line line) {
    if (!line.bodyRead()) {
      run(ctx, line);
      return;
    }
    ctx.put(LINE, line);
    try {
      (line.access().rule() instanceof Access.Public ? strangersBodies : bodies).read(ctx);
    } catch (Problem problem) {
      answers.fail(ctx, problem);
    }
  }

  private void withBody(RoutingContext ctx) {
    Line line = ctx.get(LINE);
    if (line == null) {
      ctx.next();
    } else {
      run(ctx, line);
    }
  }

  /// No such method here; whoever asks for the options hears which there are. No header of CORS is
  /// among the answer: pages from elsewhere may not call this server.
  private void refuse(RoutingContext ctx, RouteTable.Found<Line> found) {
    ctx.response().putHeader("Allow", allowed(found));
    if (ctx.request().method().equals(HttpMethod.OPTIONS)) {
      answers.send(ctx, Reply.noContent());
    } else {
      answers.fail(ctx, 405);
    }
  }

  private static String allowed(RouteTable.Found<Line> found) {
    Set<HttpMethod> methods = new LinkedHashSet<>(found.methods());
    Line get = found.at(HttpMethod.GET);
    if (get != null && !get.eventStream()) {
      methods.add(HttpMethod.HEAD);
    }
    methods.add(HttpMethod.OPTIONS);
    return methods.stream().map(HttpMethod::name).collect(Collectors.joining(", "));
  }

  private void run(RoutingContext ctx, Line line) {
    String address = clientAddress.of(ctx.request());
    Principal principal = ctx.get(Gate.PRINCIPAL);
    Request request =
        new Request(
            ctx,
            principal == null ? new Principal.Anonymous(address) : principal,
            address,
            answers.language(ctx));
    Future<Reply> reply;
    try {
      reply = line.work().start(line, request);
    } catch (RuntimeException e) {
      answers.fail(ctx, e);
      return;
    }
    reply.onComplete(
        done -> {
          if (done.failed()) {
            answers.fail(ctx, done.cause());
          } else if (done.result() != null) {
            answers.send(ctx, done.result());
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

  /// Answers a failure in the shape of the path's family.
  public void fail(RoutingContext ctx, Throwable failure) {
    answers.fail(ctx, failure);
  }
}
