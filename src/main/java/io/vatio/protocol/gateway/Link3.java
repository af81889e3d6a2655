package io.vatio.protocol.gateway;

import com.hivemq.client.mqtt.MqttClientBuilder;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt3.Mqtt3AsyncClient;
import com.hivemq.client.mqtt.mqtt3.Mqtt3ClientBuilder;
import com.hivemq.client.mqtt.mqtt3.message.connect.connack.Mqtt3ConnAck;
import com.hivemq.client.mqtt.mqtt3.message.publish.Mqtt3Publish;
import com.hivemq.client.mqtt.mqtt3.message.subscribe.Mqtt3Subscribe;
import com.hivemq.client.mqtt.mqtt3.message.subscribe.Mqtt3Subscription;
import com.hivemq.client.mqtt.mqtt3.message.subscribe.suback.Mqtt3SubAck;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/// A link that speaks MQTT 3.1.1, for brokers without MQTT 5.
final class Link3 implements Link {
  private final Mqtt3AsyncClient client;
  private final GatewaySettings settings;

  Link3(MqttClientBuilder builder, GatewaySettings settings, Listener listener) {
    this.settings = settings;
    Mqtt3ClientBuilder version3 = builder.useMqttVersion3();
    String user = settings.url().user();
    if (user != null) {
      String password = settings.url().password();
      var auth = version3.simpleAuth().username(user);
      version3 =
          (password == null ? auth : auth.password(password.getBytes(StandardCharsets.UTF_8)))
              .applySimpleAuth();
    }
    this.client = version3.buildAsync();
    client.publishes(
        MqttGlobalPublishFilter.ALL,
        publish -> listener.arrived(delivery(publish)),
        Runnable::run,
        true);
  }

  private static Delivery delivery(Mqtt3Publish publish) {
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
        .cleanSession(false)
        .keepAlive(KEEP_ALIVE_S)
        .send()
        .thenApply(Mqtt3ConnAck::isSessionPresent);
  }

  @Override
  public CompletionStage<?> subscribe(List<String> filters, boolean remembered) {
    if (!settings.group().isEmpty()) {
      return CompletableFuture.failedFuture(
          Trouble.of("shared subscriptions need a broker with MQTT 5; leave broker.group away"));
    }
    List<Mqtt3Subscription> subscriptions =
        filters.stream()
            .map(
                filter ->
                    Mqtt3Subscription.builder()
                        .topicFilter(filter)
                        .qos(MqttQos.AT_LEAST_ONCE)
                        .build())
            .toList();
    return client
        .subscribe(Mqtt3Subscribe.builder().addSubscriptions(subscriptions).build())
        .thenAccept(answer -> check(filters, answer));
  }

  private static void check(List<String> filters, Mqtt3SubAck answer) {
    for (int i = 0; i < filters.size(); i++) {
      if (answer.getReturnCodes().get(i).isError()) {
        throw Trouble.subscription(filters.get(i), answer.getReturnCodes().get(i).toString());
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
        .send();
  }

  @Override
  public CompletionStage<?> close() {
    return client.disconnect();
  }
}
