package io.vatio.protocol.simulator;

import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.lifecycle.MqttClientDisconnectedContext;
import com.hivemq.client.mqtt.lifecycle.MqttDisconnectSource;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5Client;
import com.hivemq.client.mqtt.mqtt5.Mqtt5ClientBuilder;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5ConnAckException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5DisconnectException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5PubAckException;
import com.hivemq.client.mqtt.mqtt5.message.connect.connack.Mqtt5ConnAckReasonCode;
import com.hivemq.client.mqtt.mqtt5.message.disconnect.Mqtt5Disconnect;
import com.hivemq.client.mqtt.mqtt5.message.disconnect.Mqtt5DisconnectReasonCode;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5PublishResult;
import com.hivemq.client.mqtt.mqtt5.message.publish.puback.Mqtt5PubAckReasonCode;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/// One MQTT 5 connection for one device, QoS 1, which comes back by itself after 1 to 30 seconds.
/// After a lasting refusal (credential, protocol, certificate) it gives up.
final class MqttLink implements Link {
  private static final int KEEP_ALIVE_S = 30;
  private static final int PAUSE_WHEN_BUSY_S = 2;

  private static final Set<Mqtt5PubAckReasonCode> TRY_AGAIN =
      Set.of(Mqtt5PubAckReasonCode.QUOTA_EXCEEDED);

  private static final Set<Mqtt5ConnAckReasonCode> CREDENTIAL_REFUSED =
      Set.of(
          Mqtt5ConnAckReasonCode.BAD_USER_NAME_OR_PASSWORD,
          Mqtt5ConnAckReasonCode.NOT_AUTHORIZED,
          Mqtt5ConnAckReasonCode.BANNED,
          Mqtt5ConnAckReasonCode.BAD_AUTHENTICATION_METHOD);

  private static final Set<Mqtt5DisconnectReasonCode> SENT_AWAY =
      Set.of(
          Mqtt5DisconnectReasonCode.NOT_AUTHORIZED,
          Mqtt5DisconnectReasonCode.ADMINISTRATIVE_ACTION,
          Mqtt5DisconnectReasonCode.SESSION_TAKEN_OVER);

  private final Source source;
  private final String place;
  private final boolean anonymous;
  private final BiConsumer<String, String> heard;
  private final Executor later =
      CompletableFuture.delayedExecutor(PAUSE_WHEN_BUSY_S, TimeUnit.SECONDS);
  private final Mqtt5AsyncClient client;
  private @Nullable Events events;
  private volatile boolean connected;
  private volatile boolean pausing;
  private volatile boolean closed;
  private boolean wasConnected;

  /// @param clientId unique among the broker's sessions
  /// @param trust null for a plain connection
  /// @param heard told topic and text of every message that arrives
  MqttLink(
      Source source,
      String clientId,
      SimulationTarget target,
      @Nullable TrustManagerFactory trust,
      @Nullable DeviceCredential credential,
      BiConsumer<String, String> heard) {
    this.source = source;
    this.place =
        (trust == null ? "mqtt://" : "mqtts://") + target.mqttHost() + ":" + target.mqttPort();
    this.anonymous = credential == null;
    this.heard = heard;
    this.client = client(clientId, target, trust, credential);
  }

  private Mqtt5AsyncClient client(
      String clientId,
      SimulationTarget target,
      @Nullable TrustManagerFactory trust,
      @Nullable DeviceCredential credential) {
    Mqtt5ClientBuilder builder =
        Mqtt5Client.builder()
            .identifier(clientId)
            .serverHost(target.mqttHost())
            .serverPort(target.mqttPort())
            .executorConfig()
            .nettyThreads(1)
            .applyExecutorConfig()
            .automaticReconnect()
            .initialDelay(1, TimeUnit.SECONDS)
            .maxDelay(30, TimeUnit.SECONDS)
            .applyAutomaticReconnect()
            .addConnectedListener(_ -> connected())
            .addDisconnectedListener(this::disconnected);
    if (trust != null) {
      builder = builder.sslConfig().trustManagerFactory(trust).applySslConfig();
    }
    if (credential != null) {
      builder =
          builder
              .simpleAuth()
              .username(credential.username())
              .password(credential.password().getBytes(StandardCharsets.UTF_8))
              .applySimpleAuth();
    }
    return builder.buildAsync();
  }

  @Override
  public void open(Events newEvents) {
    this.events = newEvents;
    client.publishes(
        MqttGlobalPublishFilter.ALL, publish -> hear(publish.getTopic().toString(), publish));
    client.connectWith().cleanStart(true).keepAlive(KEEP_ALIVE_S).send();
  }

  @Override
  public boolean isReady() {
    return connected && !pausing && !closed;
  }

  @Override
  public CompletableFuture<Answer> send(String topic, String payload) {
    return client
        .publishWith()
        .topic(topic)
        .qos(MqttQos.AT_LEAST_ONCE)
        .payload(payload.getBytes(StandardCharsets.UTF_8))
        .send()
        .handle(this::answer);
  }

  @Override
  public void close() {
    closed = true;
    connected = false;
    try {
      client.disconnect().get(2, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException _) {
      // Not connected or not answering: the server will notice by itself.
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void connected() {
    if (closed) {
      client.disconnect();
      return;
    }
    connected = true;
    for (String topic : source.listensTo()) {
      client.subscribeWith().topicFilter(topic).qos(MqttQos.AT_LEAST_ONCE).send();
    }
    Events owner = requireEvents();
    if (wasConnected) {
      owner.reconnected();
    }
    wasConnected = true;
    owner.ready();
  }

  private void disconnected(MqttClientDisconnectedContext context) {
    connected = false;
    if (closed || context.getSource() == MqttDisconnectSource.USER) {
      context.getReconnector().reconnect(false);
      return;
    }
    // Subscriptions are made again in connected(), and the outbox sends again what was unanswered.
    context.getReconnector().resubscribeIfSessionExpired(false);
    TargetProblem problem = problem(context.getCause());
    context.getReconnector().reconnect(problem.isPassing());
    requireEvents().problem(problem);
  }

  private TargetProblem problem(Throwable cause) {
    if (cause instanceof Mqtt5ConnAckException refused) {
      Mqtt5ConnAckReasonCode code = refused.getMqttMessage().getReasonCode();
      if (CREDENTIAL_REFUSED.contains(code)) {
        return TargetProblem.refused(place, source.profile().serial(), code.toString(), anonymous);
      }
      if (code == Mqtt5ConnAckReasonCode.UNSUPPORTED_PROTOCOL_VERSION) {
        return TargetProblem.lasting(place + " does not speak MQTT 5; use another broker.");
      }
      return TargetProblem.passing("%s is not ready (%s); trying again.".formatted(place, code));
    }
    if (cause instanceof Mqtt5DisconnectException ended) {
      Mqtt5DisconnectReasonCode code =
          ended.getMqttMessage() instanceof Mqtt5Disconnect message
              ? message.getReasonCode()
              : Mqtt5DisconnectReasonCode.UNSPECIFIED_ERROR;
      if (SENT_AWAY.contains(code)) {
        return TargetProblem.lasting(
            "%s sent %s away (%s); its credential or session was replaced or revoked."
                .formatted(place, source.profile().serial(), code));
      }
    }
    return TargetProblem.of(cause, place);
  }

  private Answer answer(@Nullable Mqtt5PublishResult result, @Nullable Throwable failure) {
    Throwable error = result == null ? failure : result.getError().orElse(null);
    if (error instanceof CompletionException && error.getCause() != null) {
      error = error.getCause();
    }
    if (error == null) {
      return Answer.ACKNOWLEDGED;
    }
    if (!(error instanceof Mqtt5PubAckException refused)) {
      return Answer.UNSENT;
    }
    Mqtt5PubAckReasonCode code = refused.getMqttMessage().getReasonCode();
    if (TRY_AGAIN.contains(code)) {
      pause();
      return Answer.UNSENT;
    }
    requireEvents()
        .problem(
            TargetProblem.passing(
                "%s refuses a message of %s (%s)."
                    .formatted(place, source.profile().serial(), code)));
    return Answer.REFUSED;
  }

  private void pause() {
    pausing = true;
    later.execute(
        () -> {
          pausing = false;
          requireEvents().ready();
        });
  }

  private void hear(String topic, Mqtt5Publish publish) {
    String text = new String(publish.getPayloadAsBytes(), StandardCharsets.UTF_8);
    source.hear(topic, text);
    heard.accept(topic, text);
  }

  private Events requireEvents() {
    if (events == null) {
      throw new IllegalStateException("link is used before it was opened");
    }
    return events;
  }
}
