package io.vatio.platform.http;

import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/// Reads request bodies, bounded in size, in time and in what all of them hold together: a thousand
/// connections that each send slowly must not fill the memory. Thread safe.
final class Bodies {
  /// A body that is not there by then does not come.
  static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Vertx vertx;
  private final BodyHandler reader;
  private final long most;
  private final long room;
  private final AtomicLong held = new AtomicLong();

  /// @param most bytes of one body
  /// @param room bytes of all together
  Bodies(Vertx vertx, long most, long room) {
    this.vertx = vertx;
    this.reader = BodyHandler.create(false).setBodyLimit(most);
    this.most = most;
    this.room = room;
  }

  /// Reads the body and goes on to the next handler; its room is kept until the request is over.
  ///
  /// @throws Problem.Unavailable when there is no room for it
  void read(RoutingContext ctx) {
    long size = announced(ctx.request());
    if (size == 0) {
      reader.handle(ctx);
      return;
    }
    if (held.addAndGet(size) > room) {
      held.addAndGet(-size);
      throw Problem.unavailable(Text.of("http.overloaded"), Duration.ofSeconds(1));
    }
    long timer = vertx.setTimer(PATIENCE.toMillis(), _ -> giveUp(ctx));
    ctx.addEndHandler(
        _ -> {
          vertx.cancelTimer(timer);
          held.addAndGet(-size);
        });
    reader.handle(ctx);
  }

  /// Bytes now held; what has no length counts as the most it can become.
  long held() {
    return held.get();
  }

  private long announced(HttpServerRequest request) {
    String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    if (length == null) {
      return request.getHeader(HttpHeaders.TRANSFER_ENCODING) == null ? 0 : most;
    }
    try {
      // A longer one is refused before it is read.
      return Math.clamp(Long.parseLong(length), 0, most);
    } catch (NumberFormatException _) {
      return most;
    }
  }

  private static void giveUp(RoutingContext ctx) {
    if (!ctx.request().isEnded() && !ctx.response().ended()) {
      ctx.response().putHeader("Connection", "close");
      ctx.fail(408);
    }
  }
}
