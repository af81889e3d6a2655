package io.vatio.protocol.mqtt;

import io.micrometer.core.instrument.MeterRegistry;
import io.netty.channel.Channel;
import io.netty.handler.ssl.SslContext;
import io.vatio.device.DeviceAccessRevoked;
import io.vatio.ingest.Inbox;
import io.vatio.kernel.Authenticator;
import io.vatio.kernel.Principal;
import io.vatio.platform.db.Database;
import io.vatio.platform.events.Events;
import io.vatio.platform.text.Messages;
import io.vatio.platform.tls.CertificateKeeper;
import io.vatio.protocol.MqttGateway;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.http.impl.HttpServerConnection;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import io.vertx.ext.web.Router;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The MQTT broker in this process: its listeners, and what other rooms may ask of it.
///
/// Connections are spread over event loops, one a processor. Thread safe.
public final class EmbeddedBroker implements MqttGateway {
  private static final Logger LOG = LoggerFactory.getLogger(EmbeddedBroker.class);

  /// Subprotocols that the HTTP server must offer for [#mount].
  public static final List<String> WEB_SOCKET_PROTOCOLS = List.of("mqtt", "mqttv3.1");

  private static final int MOST_LOOPS = 8;
  private static final int BACKLOG = 1_024;
  private static final int UNSUPPORTED = 1002;
  private static final long TICK_MS = 250;
  private static final long LAST_MS = 5_000;

  private final Vertx vertx;
  private final Broker broker;
  private final @Nullable TlsDoor tls;
  private final Events.Subscription revocations;
  private volatile @Nullable SslContext shown;
  private final long timer;
  private final List<String> deployments = new CopyOnWriteArrayList<>();
  private int port;
  private int tlsPort;
  private volatile boolean closing;

  private EmbeddedBroker(
      Vertx vertx,
      Broker broker,
      Events events,
      @Nullable TlsDoor tls,
      @Nullable SslContext shown) {
    this.vertx = vertx;
    this.broker = broker;
    this.tls = tls;
    this.shown = shown;
    this.revocations =
        events.subscribe(
            DeviceAccessRevoked.class,
            revoked -> {
              disconnect(who -> who instanceof Principal.Device d && d.id() == revoked.deviceId());
              if (revoked.deleted()) {
                forget(Broker.Key.owner(new Principal.Device(revoked.deviceId(), "")));
              }
            });
    this.timer = vertx.setPeriodic(TICK_MS, _ -> broker.sessions().tick());
  }

  /// What the broker works with.
  ///
  /// @param tls null only where the TLS listener is off
  ///
  /// @param sees whether somebody sees the device of this serial number
  public record Parts(
      Inbox inbox,
      Authenticator authenticator,
      Events events,
      Database database,
      @Nullable TlsDoor tls,
      MeterRegistry meters,
      Clock clock,
      Messages messages,
      BiPredicate<Principal, String> sees) {}

  /// Reads the retained messages and the sessions, and opens the listeners. Fails when a port is
  /// taken.
  public static Future<EmbeddedBroker> start(Vertx vertx, MqttSettings settings, Parts parts) {
    return vertx
        .executeBlocking(
            () -> {
              SslContext shown = settings.tlsPort() == 0 ? null : context(vertx, parts.tls());
              SessionStore store = SessionStore.open(parts.database());
              Broker broker =
                  new Broker(
                      settings,
                      parts,
                      RetainedMessages.open(parts.database(), parts.clock(), settings),
                      store);
              broker.sessions().restore(store.load());
              return new EmbeddedBroker(vertx, broker, parts.events(), parts.tls(), shown);
            },
            false)
        .compose(
            embedded -> {
              return embedded
                  .listen(Door.PLAIN, settings.port(), options(settings))
                  .compose(
                      port -> {
                        embedded.port = port;
                        return settings.tlsPort() == 0
                            ? Future.succeededFuture(0)
                            : embedded.listen(Door.TLS, settings.tlsPort(), options(settings));
                      })
                  .map(
                      tlsPort -> {
                        embedded.tlsPort = tlsPort;
                        return embedded;
                      })
                  .recover(e -> embedded.close().transform(_ -> Future.failedFuture(e)));
            });
  }

  private static NetServerOptions options(MqttSettings settings) {
    return new NetServerOptions()
        .setHost(settings.host())
        .setTcpNoDelay(true)
        .setTcpKeepAlive(true)
        .setAcceptBacklog(BACKLOG);
  }

  private static SslContext context(Vertx vertx, @Nullable TlsDoor tls) throws Exception {
    if (tls == null) {
      throw new IllegalArgumentException("the TLS listener needs a certificate");
    }
    return tls.context(vertx);
  }

  /// Opens one listener on every event loop; completes with its port, 0 when it is off.
  private Future<Integer> listen(Door door, int wanted, NetServerOptions options) {
    if (wanted == 0) {
      return Future.succeededFuture(0);
    }
    int loops = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, MOST_LOOPS);
    List<Listener> listeners = new CopyOnWriteArrayList<>();
    // To Vert.x a negative port means any free one, the same for all who name the same number.
    int port = wanted == MqttSettings.ANY_FREE_PORT ? -1 - door.ordinal() : wanted;
    NetServerOptions complete = new NetServerOptions(options).setPort(port);
    return vertx
        .deployVerticle(
            () -> {
              Listener listener = new Listener(door, complete);
              listeners.add(listener);
              return listener;
            },
            new DeploymentOptions().setInstances(loops))
        .map(
            id -> {
              deployments.add(id);
              return listeners.getFirst().actualPort();
            });
  }

  /// Port of the plain listener, 0 when it is off.
  public int port() {
    return port;
  }

  /// Port of the TLS listener, 0 when it is off.
  public int tlsPort() {
    return tlsPort;
  }

  /// Shows another certificate to whoever connects from now on; open connections stay.
  public Future<Void> show(CertificateKeeper.Pem certificate) {
    TlsDoor door = tls;
    return door == null
        ? Future.succeededFuture()
        : vertx.executeBlocking(
            () -> {
              shown = door.with(certificate).context(vertx);
              return null;
            });
  }

  /// Serves MQTT over WebSocket at `/mqtt`. The HTTP server must offer [#WEB_SOCKET_PROTOCOLS] and
  /// take frames as large as a packet.
  ///
  /// @param address tells the client's address of a request
  public void mount(Router router, Function<HttpServerRequest, String> address) {
    router
        .route("/mqtt")
        .handler(
            context -> {
              HttpServerRequest request = context.request();
              if (!"websocket".equalsIgnoreCase(request.getHeader("Upgrade"))) {
                context.response().putHeader("Upgrade", "websocket");
                context.fail(400);
                return;
              }
              String client = address.apply(request);
              // The socket comes in a wrapper that hides what carries it.
              Channel channel =
                  ((HttpServerConnection) request.connection()).channelHandlerContext().channel();
              request.toWebSocket().onSuccess(socket -> accept(socket, channel, client));
            });
  }

  private void accept(ServerWebSocket socket, Channel channel, String address) {
    if (socket.subProtocol() == null || !WEB_SOCKET_PROTOCOLS.contains(socket.subProtocol())) {
      socket.close((short) UNSUPPORTED, "subprotocol mqtt expected");
      return;
    }
    WebSocketTransport.start(socket, channel, address, broker);
  }

  @Override
  public Guarantee guarantee() {
    return Guarantee.COMMITTED_BEFORE_ACK;
  }

  @Override
  public Health health() {
    return closing ? Health.down("the embedded broker is closed") : Health.UP;
  }

  /// Publishes as the interface says.
  ///
  /// @return to how many subscribers it was given; completes once it is on the disk for those who
  ///     are away, and as a retained message
  @Override
  public CompletionStage<Integer> publish(String topic, byte[] payload, int qos, boolean retain) {
    MqttSettings settings = broker.settings();
    if (!Topics.isName(topic, settings.topicLength(), settings.topicLevels())) {
      throw new IllegalArgumentException("not a topic name: " + topic);
    }
    Publication publication =
        new Publication(topic, payload, qos, retain, null, Publication.FOREVER);
    CompletableFuture<RetainedMessages.Outcome> kept =
        retain
            ? broker.retained().put(publication, RetainedMessages.SERVER)
            : CompletableFuture.completedFuture(RetainedMessages.Outcome.KEPT);
    Route[] routes = broker.routes(topic, null);
    CompletableFuture<Void> queued = broker.deliver(publication, routes, null);
    CompletableFuture<Integer> given =
        queued == null
            ? CompletableFuture.completedFuture(routes.length)
            : queued.thenApply(_ -> routes.length);
    return kept.thenCombine(
        given,
        (outcome, count) -> {
          if (outcome == RetainedMessages.Outcome.FULL) {
            throw new IllegalStateException("no room to retain " + topic);
          }
          return count;
        });
  }

  /// Ends the sessions of whoever has lost the right to them. From any thread.
  public void disconnect(Predicate<Principal> who) {
    broker.disconnect(who, Packets.ADMINISTRATIVE);
  }

  /// An API key was revoked: its connections and its sessions end. From any thread.
  public void revokeKey(long id) {
    disconnect(who -> who instanceof Principal.ApiKey key && key.id() == id);
    forget("key:" + id);
  }

  private void forget(String owner) {
    broker.sessions().remove(key -> key.owner().equals(owner));
  }

  /// Says goodbye to all clients, closes the listeners and saves what is not saved yet.
  public Future<Void> close() {
    closing = true;
    revocations.close();
    vertx.cancelTimer(timer);
    broker.disconnect(_ -> true, Packets.SHUTTING_DOWN);
    List<String> open = List.copyOf(deployments);
    deployments.clear();
    Future<?> closed =
        Future.join(open.stream().map(vertx::undeploy).toList())
            .otherwise(
                e -> {
                  LOG.warn("listener not closed", e);
                  return null;
                });
    return closed
        .eventually(
            () ->
                vertx.executeBlocking(
                    () -> {
                      broker.sessions().awaitAllLeft(LAST_MS);
                      broker.store().close();
                      broker.retained().close();
                      return true;
                    },
                    false))
        .mapEmpty();
  }

  /// One listener on one event loop; its connections stay there.
  private final class Listener extends VerticleBase {
    private final Door door;
    private final NetServerOptions options;
    private @Nullable NetServer server;

    Listener(Door door, NetServerOptions options) {
      this.door = door;
      this.options = options;
    }

    @Override
    public Future<?> start() {
      server = vertx.createNetServer(options);
      server.connectHandler(
          socket ->
              SocketTransport.start(
                  (NetSocketInternal) socket, door, door == Door.TLS ? shown : null, broker));
      return server.listen();
    }

    int actualPort() {
      return server == null ? 0 : server.actualPort();
    }
  }
}
