package io.vatio.protocol.gateway;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttClientBuilder;
import com.hivemq.client.mqtt.MqttClientSslConfig;
import com.hivemq.client.mqtt.MqttClientSslConfigBuilder;
import com.hivemq.client.mqtt.MqttClientTransportConfig;
import com.hivemq.client.mqtt.MqttClientTransportConfigBuilder;
import com.hivemq.client.mqtt.MqttWebSocketConfig;
import io.micrometer.core.instrument.MeterRegistry;
import io.vatio.ingest.Inbox;
import io.vatio.kernel.Principal;
import io.vatio.platform.tls.Trust;
import io.vatio.protocol.MqttGateway;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Another broker that the devices use, heard as one of its clients.
///
/// One connection with a session that the broker keeps: what is published while this server is away
/// is delivered when it is back. Every message is acknowledged to the broker after our commit
/// ([Intake]). A device was told by the broker that its message is accepted before we saw it, so
/// the guarantee is [Guarantee#BROKER_ACCEPTED_THEN_COMMITTED].
///
/// Who published is not visible; which device a message speaks for comes from its topic, which the
/// broker's access rules have to bind to the device. Messages that the broker kept ("retained")
/// from earlier have no known time and are acknowledged without being stored.
///
/// All state belongs to one thread, `gateway`; [#publish] and [#health] may be called from any.
public final class ExternalBroker implements MqttGateway, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ExternalBroker.class);

  private static final int SOCKET_TIMEOUT_S = 10;
  private static final int ANSWER_TIMEOUT_S = 20;

  /// A connection that lasted this long was a good one.
  private static final Duration STEADY = Duration.ofSeconds(30);

  private static final int GOODBYE_S = 5;

  private final GatewaySettings settings;
  private final String clientId;
  private final Clock clock;
  private final @Nullable TrustManagerFactory trust;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          task -> Thread.ofPlatform().name("gateway").daemon().unstarted(task));
  private final Intake intake;

  private @Nullable Attempt attempt;
  private boolean version3;
  private Duration pause;
  private Instant upSince = Instant.MAX;
  private boolean closed;
  private volatile @Nullable Link link;
  private volatile String trouble = "not connected yet";

  private ExternalBroker(GatewaySettings settings, String clientId, Parts parts) {
    this.settings = settings;
    this.clientId = clientId;
    this.clock = parts.clock();
    this.trust = settings.authority() == null ? null : Trust.only(settings.authority());
    this.pause = settings.firstPause();
    this.intake =
        new Intake(
            settings,
            parts.inbox(),
            new Principal.Broker(settings.url().toString()),
            clientId,
            thread,
            parts.meters());
    parts.meters().gauge("vatio.gateway.connected", this, me -> me.link == null ? 0 : 1);
  }

  /// What it works with.
  public record Parts(Inbox inbox, MeterRegistry meters, Clock clock) {}

  /// Begins to connect and returns at once; it goes on trying until it is closed.
  ///
  /// @param clientId the same at every start, for the broker's session belongs to it
  /// @throws IllegalStateException when the authority's file holds no certificate
  public static ExternalBroker start(GatewaySettings settings, String clientId, Parts parts) {
    ExternalBroker broker = new ExternalBroker(settings, clientId, parts);
    broker.run(broker::connect);
    return broker;
  }

  @Override
  public Guarantee guarantee() {
    return Guarantee.BROKER_ACCEPTED_THEN_COMMITTED;
  }

  @Override
  public Health health() {
    return link != null ? Health.UP : Health.down(settings.url() + ": " + trouble);
  }

  @Override
  public CompletionStage<?> publish(String topic, byte[] payload, int qos, boolean retain) {
    Link open = link;
    return open == null
        ? CompletableFuture.failedFuture(new IllegalStateException(health().trouble()))
        : open.publish(topic, payload, qos, retain);
  }

  private void run(Runnable task) {
    try {
      thread.execute(
          () -> {
            try {
              task.run();
            } catch (RuntimeException e) {
              LOG.error("gateway", e);
            }
          });
    } catch (RejectedExecutionException _) {
      // Closed: what a connection still has to say is of no use.
    }
  }

  private void runIn(Duration delay, Runnable task) {
    thread.schedule(() -> run(task), delay.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void connect() {
    if (closed) {
      return;
    }
    Attempt fresh = new Attempt();
    attempt = fresh;
    Link made;
    try {
      MqttClientBuilder builder = builder(fresh);
      made = version3 ? new Link3(builder, settings, fresh) : new Link5(builder, settings, fresh);
    } catch (RuntimeException e) {
      ended(fresh, e);
      return;
    }
    fresh.own = made;
    made.connect()
        .whenComplete(
            (remembered, failure) ->
                run(
                    () -> {
                      if (failure != null) {
                        ended(fresh, failure);
                      } else {
                        connected(fresh, made, remembered);
                      }
                    }));
  }

  private MqttClientBuilder builder(Attempt listener) {
    BrokerUrl url = settings.url();
    MqttClientTransportConfigBuilder transport =
        MqttClientTransportConfig.builder()
            .serverHost(url.host())
            .serverPort(url.port())
            .socketConnectTimeout(SOCKET_TIMEOUT_S, TimeUnit.SECONDS)
            .mqttConnectTimeout(ANSWER_TIMEOUT_S, TimeUnit.SECONDS);
    if (url.scheme().secure) {
      MqttClientSslConfigBuilder tls = MqttClientSslConfig.builder();
      if (trust != null) {
        tls = tls.trustManagerFactory(trust);
      }
      transport = transport.sslConfig(tls.build());
    }
    if (url.scheme().webSocket) {
      transport =
          transport.webSocketConfig(MqttWebSocketConfig.builder().serverPath(url.path()).build());
    }
    return MqttClient.builder()
        .identifier(clientId)
        .transportConfig(transport.build())
        .executorConfig()
        .nettyThreads(1)
        .applyExecutorConfig()
        .addDisconnectedListener(context -> listener.lost(context.getCause()));
  }

  private void connected(Attempt now, Link made, boolean remembered) {
    if (attempt != now || closed) {
      made.close();
      return;
    }
    now.open = true;
    now.early.forEach(arrival -> arrived(now, arrival.delivery(), arrival.at()));
    now.early.clear();
    made.subscribe(settings.filters(), remembered)
        .toCompletableFuture()
        .orTimeout(ANSWER_TIMEOUT_S, TimeUnit.SECONDS)
        .whenComplete(
            (_, failure) ->
                run(
                    () -> {
                      if (failure != null) {
                        made.close();
                        ended(now, failure);
                      } else if (attempt == now) {
                        subscribed(made, remembered);
                      }
                    }));
  }

  private void subscribed(Link made, boolean remembered) {
    link = made;
    upSince = clock.instant();
    LOG.info(
        "broker {}: connected with MQTT {}, {}",
        settings.url(),
        version3 ? "3.1.1" : "5",
        remembered ? "session found" : "new session");
  }

  private void arrived(Attempt from, Link.Delivery delivery, Instant at) {
    if (attempt != from) {
      return;
    }
    if (!from.open) {
      from.early.add(new Early(delivery, at));
    } else if (delivery.retained()) {
      delivery.acknowledge().run();
    } else if (!intake.arrived(delivery, at)) {
      Link full = from.own;
      if (full != null) {
        full.close();
      }
      ended(from, Trouble.of("it sends faster than the readings can be stored; it has to wait"));
    }
  }

  /// The attempt has failed or its connection has ended; another one follows after a pause.
  private void ended(Attempt over, Throwable cause) {
    if (attempt != over || closed) {
      return;
    }
    boolean wasUp = link != null;
    attempt = null;
    link = null;
    Trouble now = Trouble.of(cause, settings.url().user());
    if (!now.sentence().equals(trouble) || wasUp) {
      LOG.warn("broker {}: {}; trying again", settings.url(), now.sentence());
    }
    trouble = now.sentence();
    if (!wasUp && now.isVersionDoubtful()) {
      version3 = !version3;
    }
    if (wasUp && upSince.plus(STEADY).isBefore(clock.instant())) {
      pause = settings.firstPause();
    }
    upSince = Instant.MAX;
    Duration wait = pause;
    Duration doubled = pause.multipliedBy(2);
    pause = doubled.compareTo(settings.longestPause()) > 0 ? settings.longestPause() : doubled;
    runIn(wait, this::connectWhenThereIsRoom);
  }

  private void connectWhenThereIsRoom() {
    if (intake.hasRoom()) {
      connect();
    } else if (!closed) {
      runIn(settings.firstPause(), this::connectWhenThereIsRoom);
    }
  }

  /// Takes nothing more, acknowledges what is being stored, and leaves; the broker keeps the
  /// session. Blocks for a few seconds at most.
  @Override
  public void close() {
    CompletableFuture<Boolean> done = new CompletableFuture<>();
    run(
        () -> {
          closed = true;
          intake.close();
          leaveWhenQuiet(done);
        });
    try {
      done.get(GOODBYE_S, TimeUnit.SECONDS);
    } catch (TimeoutException | ExecutionException _) {
      LOG.warn("broker {}: left in the middle of a commit", settings.url());
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    thread.shutdownNow();
  }

  private void leaveWhenQuiet(CompletableFuture<Boolean> done) {
    if (!intake.isQuiet()) {
      runIn(Duration.ofMillis(20), () -> leaveWhenQuiet(done));
      return;
    }
    Attempt last = attempt;
    attempt = null;
    link = null;
    if (last == null || last.own == null) {
      done.complete(true);
    } else {
      last.own.close().whenComplete((_, _) -> done.complete(true));
    }
  }

  /// One try to connect and the connection that comes of it.
  private final class Attempt implements Link.Listener {
    private final List<Early> early = new ArrayList<>();
    private @Nullable Link own;
    private boolean open;

    @Override
    public void arrived(Link.Delivery delivery) {
      Instant at = clock.instant();
      run(() -> ExternalBroker.this.arrived(this, delivery, at));
    }

    @Override
    public void lost(Throwable cause) {
      run(() -> ended(this, cause));
    }
  }

  private record Early(Link.Delivery delivery, Instant at) {}
}
