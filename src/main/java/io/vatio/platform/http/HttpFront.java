package io.vatio.platform.http;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/// The listening HTTP server: one acceptor per event loop on the same port.
public final class HttpFront {
  private static final int MAX_HEADER_BYTES = 16_384;
  private static final int MAX_LINE_BYTES = 8_192;

  /// A connection on which nothing moves for this long is closed; streams send a ping more often.
  private static final int IDLE_SECONDS = 180;

  private final Vertx vertx;
  private final List<HttpServer> servers;
  private final long timer;

  private HttpFront(Vertx vertx, List<HttpServer> servers, long timer) {
    this.vertx = vertx;
    this.timer = timer;
    this.servers = servers;
  }

  /// Starts listening.
  ///
  /// @return fails when the port is taken
  public static Future<HttpFront> listen(
      Vertx vertx, HttpSettings settings, HttpApi api, int acceptors) {
    HttpServerOptions options =
        new HttpServerOptions()
            .setHost(settings.host())
            // A negative port is any free one too, but one that all acceptors share.
            .setPort(settings.port() == 0 ? -1 : settings.port())
            .setMaxHeaderSize(MAX_HEADER_BYTES)
            .setMaxInitialLineLength(MAX_LINE_BYTES)
            .setIdleTimeout(IDLE_SECONDS)
            .setTcpNoDelay(true)
            .setAcceptBacklog(1_024)
            .setHandle100ContinueAutomatically(true)
            // One protocol, with the limits above; the other has none of them.
            .setHttp2ClearTextEnabled(false)
            // A frame of 60 KB can unpack to 60 MB before anybody has logged in.
            .setPerMessageWebSocketCompressionSupported(false)
            .setPerFrameWebSocketCompressionSupported(false)
            .setMaxWebSocketFrameSize(settings.maxFrame())
            .setMaxWebSocketMessageSize(settings.maxFrame())
            .addWebSocketSubProtocol("mqtt")
            .addWebSocketSubProtocol("mqttv3.1");
    ConnectionGuard guard = new ConnectionGuard(settings);
    Supplier<HttpServer> acceptor =
        () ->
            vertx
                .createHttpServer(options)
                .connectionHandler(guard::accept)
                .requestHandler(guard.watching(api.router()));
    HttpServer first = acceptor.get();
    return first
        .listen()
        .compose(
            server -> {
              List<Future<HttpServer>> all = new ArrayList<>();
              all.add(Future.succeededFuture(server));
              for (int i = 1; i < acceptors; i++) {
                all.add(acceptor.get().listen());
              }
              return Future.all(all)
                  .map(
                      _ ->
                          new HttpFront(
                              vertx,
                              all.stream().map(Future::result).toList(),
                              guard.start(vertx)));
            });
  }

  /// The port that is listened on.
  public int port() {
    return servers.getFirst().actualPort();
  }

  /// Stops listening and closes all connections.
  public Future<Void> close() {
    vertx.cancelTimer(timer);
    return Future.all(servers.stream().map(HttpServer::close).toList()).mapEmpty();
  }
}
