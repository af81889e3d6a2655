package io.vatio.protocol.gateway;

import com.hivemq.client.mqtt.MqttClientBuilder;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5ClientBuilder;
import com.hivemq.client.mqtt.mqtt5.message.connect.connack.Mqtt5ConnAck;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5PublishResult;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.Mqtt5RetainHandling;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.Mqtt5Subscribe;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.Mqtt5Subscription;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.suback.Mqtt5SubAck;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/// A link that speaks MQTT 5.
///
/// Its Receive Maximum is the protocol's largest: brokers before Mosquitto 2.0.18 send more than a
/// smaller one allows, and the connection would break again and again. The bound is inside.
final class Link5 implements Link {
  private final Mqtt5AsyncClient client;
  private final GatewaySettings settings;
  private volatile boolean shares = true;

  Link5(MqttClientBuilder builder, GatewaySettings settings, Listener listener) {
    this.settings = settings;
    Mqtt5ClientBuilder version5 = builder.useMqttVersion5();
    String user = settings.url().user();
    if (user != null) {
      String password = settings.url().password();
      var auth = version5.simpleAuth().username(user);
      version5 =
          (password == null ? auth : auth.password(password.getBytes(StandardCharsets.UTF_8)))
              .applySimpleAuth();
    }
    this.client = version5.buildAsync();
    client.publishes(
        MqttGlobalPublishFilter.ALL,
        publish -> listener.arrived(delivery(publish)),
        Runnable::run,
        true);
  }

  private static Delivery delivery(Mqtt5Publish publish) {
    PacketMark mark = PacketMark.of(publish);
    return new Delivery(
        publish.getTopic().toString(),
        publish.getPayloadAsBytes(),
        publish.getQos().getCode(),
        mark.packetId(),
        mark.repeated(),
        publish.isRetain(),
        publish::acknowledge);
  }

  @Override
  public CompletionStage<Boolean> connect() {
    return client
        .connectWith()
        .cleanStart(false)
        .sessionExpiryInterval(SESSION_S)
        .keepAlive(KEEP_ALIVE_S)
        .restrictions()
        .receiveMaximum(65_535)
        .maximumPacketSize(settings.maxPacketBytes())
        .applyRestrictions()
        .send()
        .thenApply(this::connected);
  }

  private boolean connected(Mqtt5ConnAck answer) {
    shares = answer.getRestrictions().isSharedSubscriptionAvailable();
    return answer.isSessionPresent();
  }

  @Override
  public CompletionStage<?> subscribe(List<String> filters, boolean remembered) {
    if (!settings.group().isEmpty() && !shares) {
      return CompletableFuture.failedFuture(
          Trouble.of("the broker has no shared subscriptions; leave broker.group away"));
    }
    String prefix = settings.group().isEmpty() ? "" : "$share/" + settings.group() + "/";
    List<Mqtt5Subscription> subscriptions =
        filters.stream()
            .map(
                filter -> {
                  var one =
                      Mqtt5Subscription.builder()
                          .topicFilter(prefix + filter)
                          .qos(MqttQos.AT_LEAST_ONCE);
                  // What was kept from earlier has no known time; see ExternalBroker.
                  return one.retainHandling(Mqtt5RetainHandling.DO_NOT_SEND).build();
                })
            .toList();
    return client
        .subscribe(Mqtt5Subscribe.builder().addSubscriptions(subscriptions).build())
        .thenAccept(answer -> check(filters, answer));
  }

  private static void check(List<String> filters, Mqtt5SubAck answer) {
    for (int i = 0; i < filters.size(); i++) {
      if (answer.getReasonCodes().get(i).isError()) {
        throw Trouble.subscription(filters.get(i), answer.getReasonCodes().get(i).toString());
      }
    }
  }

  @Override
  public CompletionStage<?> publish(String topic, byte[] payload, int qos, boolean retain) {
    return client
        .publishWith()
        .topic(topic)
        .payload(payload)
        .qos(Link.qos(qos))
        .retain(retain)
        .send()
        .thenAccept(Link5::check);
  }

  private static void check(Mqtt5PublishResult result) {
    result
        .getError()
        .ifPresent(
            error -> {
              throw Trouble.of("the broker did not take a message: " + error.getMessage());
            });
  }

  @Override
  public CompletionStage<?> close() {
    // The session stays: what is missed from now on is delivered next time.
    return client.disconnectWith().sessionExpiryInterval(SESSION_S).send();
  }
}
