package io.vatio.platform.http;

import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.db.StorageException;
import io.vatio.platform.text.Messages;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.HttpException;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Puts answers on the wire, and failures in the shape and the language of the caller. On the event
/// loop.
final class Answers {
  private static final Logger LOG = LoggerFactory.getLogger(HttpApi.class);
  private final Messages messages;

  Answers(Messages messages) {
    this.messages = messages;
  }

  String language(RoutingContext ctx) {
    return messages.language(ctx.request().getHeader("Accept-Language"));
  }

  void send(RoutingContext ctx, Reply reply) {
    HttpServerResponse response = ctx.response();
    if (response.ended() || response.closed()) {
      return;
    }
    response.setStatusCode(reply.status());
    response.putHeader("Cache-Control", "no-store");
    for (Map.Entry<String, String> header : reply.headers().entrySet()) {
      response.putHeader(header.getKey(), header.getValue());
    }
    if (reply.status() == 204 || reply.status() == 304) {
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
  void fail(RoutingContext ctx, Throwable failure) {
    ErrorShape shape = ErrorShape.of(path(ctx));
    String language = language(ctx);
    switch (failure) {
      // The router's own, for instance for an escape in the query that is none.
      case HttpException refused when refused.getStatusCode() < 500 ->
          fail(ctx, refused.getStatusCode());
      case Problem problem -> send(ctx, shape.reply(problem, messages, language));
      case Refused refused ->
          send(ctx, shape.plain(refused.status(), messages.in(language, refused.text())));
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
  void fail(RoutingContext ctx, int status) {
    if (status == 500 && ctx.failure() != null) {
      fail(ctx, ctx.failure());
      return;
    }
    ErrorShape shape = ErrorShape.of(path(ctx));
    if (status == 404) {
      Problem nothing = Problem.notFound(Text.of("http.not_found"));
      send(ctx, shape.reply(nothing, messages, language(ctx)));
      return;
    }
    if (status == 405 && !ctx.response().headers().contains("Allow")) {
      // Only the pages have no routes of the API.
      ctx.response().putHeader("Allow", "GET, HEAD");
    }
    Text text =
        switch (status) {
          case 405 -> Text.of("http.method_not_allowed", ctx.request().method().name());
          case 408 -> Text.of("http.too_slow");
          case 413 -> Text.of("http.too_large");
          case 415 -> Text.of("http.media_type", mediaType(ctx));
          default -> Text.of("http.bad_request");
        };
    send(ctx, shape.plain(status, messages.in(language(ctx), text)));
  }

  private static String mediaType(RoutingContext ctx) {
    return String.valueOf(ctx.request().getHeader("Content-Type"));
  }

  /// The path; as it was written where nobody can make sense of it.
  private static String path(RoutingContext ctx) {
    try {
      return ctx.normalizedPath();
    } catch (IllegalArgumentException _) {
      return String.valueOf(ctx.request().path());
    }
  }
}
