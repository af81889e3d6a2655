package io.vatio.platform.http;

import io.vatio.kernel.Principal;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import org.jspecify.annotations.Nullable;

/// One request to the API and how it ended. The query may hold secrets: it goes into no log as it
/// is.
///
/// @param path as it was asked for, normalized
/// @param route the path of the route, parameters as `:name`; null when there is none
/// @param status 499 when the caller went away before an answer
/// @param durationNanos until the end of the answer; of an event stream, until its beginning
/// @param principal who asked, null when nobody knows
/// @param query null for none
public record Exchange(
    String method,
    String path,
    @Nullable String route,
    int status,
    long durationNanos,
    @Nullable Principal principal,
    String address,
    String userAgent,
    @Nullable String query) {
  private static final String ROUTE = "exchange.route";
  private static final String BEGUN = "exchange.begun";
  private static final int GONE = 499;

  static boolean concerns(RoutingContext ctx) {
    return path(ctx).startsWith("/api/");
  }

  /// Notes the route of a request.
  static void found(RoutingContext ctx, String route, boolean eventStream) {
    ctx.put(ROUTE, route);
    if (eventStream) {
      ctx.addHeadersEndHandler(_ -> ctx.put(BEGUN, System.nanoTime()));
    }
  }

  static Exchange of(RoutingContext ctx, String address, long begin) {
    Long begun = ctx.get(BEGUN);
    HttpServerResponse response = ctx.response();
    String agent = ctx.request().getHeader("User-Agent");
    return new Exchange(
        ctx.request().method().name(),
        path(ctx),
        ctx.get(ROUTE),
        response.headWritten() ? response.getStatusCode() : GONE,
        (begun == null ? System.nanoTime() : begun) - begin,
        ctx.get(Gate.PRINCIPAL),
        address,
        agent == null ? "" : agent,
        ctx.request().query());
  }

  private static String path(RoutingContext ctx) {
    try {
      return ctx.normalizedPath();
    } catch (IllegalArgumentException _) {
      return String.valueOf(ctx.request().path());
    }
  }
}
