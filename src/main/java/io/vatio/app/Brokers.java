package io.vatio.app;

import io.micrometer.core.instrument.MeterRegistry;
import io.vatio.ingest.Inbox;
import io.vatio.kernel.Principal;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.tls.CertificateKeeper;
import io.vatio.protocol.MqttGateway;
import io.vatio.protocol.gateway.ExternalBroker;
import io.vatio.protocol.gateway.GatewaySettings;
import io.vatio.protocol.mqtt.EmbeddedBroker;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The brokers that this server works with: the embedded one, another one, or both. To whoever
/// publishes they are one. Thread safe.
final class Brokers implements MqttGateway {
  private final @Nullable EmbeddedBroker embedded;
  private final @Nullable ExternalBroker external;
  private final List<MqttGateway> all = new ArrayList<>();

  /// @param embedded null where another broker is used instead
  /// @param external null where there is none
  Brokers(@Nullable EmbeddedBroker embedded, @Nullable ExternalBroker external) {
    this.embedded = embedded;
    this.external = external;
    if (embedded != null) {
      all.add(embedded);
    }
    if (external != null) {
      all.add(external);
    }
  }

  /// Connects to the broker of the settings, null when they name none.
  static @Nullable ExternalBroker external(
      Settings.Mqtt settings,
      Path folder,
      List<String> filters,
      Inbox inbox,
      MeterRegistry meters,
      Clock clock) {
    Settings.OtherBroker other = settings.other();
    return other == null
        ? null
        : ExternalBroker.start(
            GatewaySettings.of(
                other.url(), other.authority(), other.group(), filters, settings.maxPacket()),
            clientId(folder.resolve("broker-client-id")),
            new ExternalBroker.Parts(inbox, meters, clock));
  }

  /// The other broker keeps our session under this name, so it outlives the process.
  private static String clientId(Path file) {
    try {
      if (!Files.exists(file)) {
        Path fresh = file.resolveSibling(file.getFileName() + ".new");
        Files.writeString(fresh, "vatio-" + UUID.randomUUID());
        Files.move(fresh, file);
      }
      return Files.readString(file).strip();
    } catch (IOException e) {
      throw new UncheckedIOException("broker-client-id: " + e.getMessage(), e);
    }
  }

  /// The weakest of all: what a device may rely on, whichever way it comes.
  @Override
  public Guarantee guarantee() {
    return external == null
        ? Guarantee.COMMITTED_BEFORE_ACK
        : Guarantee.BROKER_ACCEPTED_THEN_COMMITTED;
  }

  @Override
  public Health health() {
    String trouble =
        all.stream()
            .map(broker -> broker.health().trouble())
            .filter(Objects::nonNull)
            .collect(Collectors.joining("; "));
    return trouble.isEmpty() ? Health.UP : Health.down(trouble);
  }

  @Override
  public CompletionStage<?> publish(String topic, byte[] payload, int qos, boolean retain) {
    return CompletableFuture.allOf(
        all.stream()
            .map(broker -> broker.publish(topic, payload, qos, retain).toCompletableFuture())
            .toArray(CompletableFuture[]::new));
  }

  /// Port of the plain listener, 0 when it is off.
  int port() {
    return embedded == null ? 0 : embedded.port();
  }

  /// Port of the TLS listener, 0 when it is off.
  int tlsPort() {
    return embedded == null ? 0 : embedded.tlsPort();
  }

  /// Serves MQTT over WebSocket, where the embedded broker is used.
  void mount(HttpApi api) {
    if (embedded != null) {
      embedded.mount(api.router(), api::addressOf);
    }
  }

  /// Shows another certificate from now on.
  void show(CertificateKeeper.Pem certificate) {
    if (embedded != null) {
      embedded.show(certificate);
    }
  }

  /// Ends the connections of whoever has lost the right to them.
  void disconnect(Predicate<Principal> who) {
    if (embedded != null) {
      embedded.disconnect(who);
    }
  }

  /// Ends the connections and the sessions of an API key that was revoked.
  void revokeKey(long id) {
    if (embedded != null) {
      embedded.revokeKey(id);
    }
  }
}
