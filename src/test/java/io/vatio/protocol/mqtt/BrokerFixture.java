package io.vatio.protocol.mqtt;

import io.vatio.device.DeviceTemplate;
import io.vatio.ingest.DeadLetter;
import io.vatio.ingest.Decoder;
import io.vatio.ingest.Decoding;
import io.vatio.ingest.InboxSettings;
import io.vatio.ingest.RawMessage;
import io.vatio.ingest.Rejection;
import io.vatio.ingest.Sample;
import io.vatio.kernel.Authenticator;
import io.vatio.kernel.Permission;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Reach;
import io.vatio.kernel.Text;
import io.vatio.platform.tls.CertificateKeeper;
import io.vatio.platform.tls.ServerCertificate;
import io.vatio.sensor.SensorTemplate;
import io.vatio.testing.Core;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// A broker on free ports over a real inbox on a real database.
///
/// People: `admin` (superuser), `viewer` (reads), `pump-1` and `pump-2` (devices), each with the
/// password `secret`. `slow` is throttled. Topics `dispositivos/<serial>/estado` and
/// `dispositivos/estado` take a number as a reading.
final class BrokerFixture implements AutoCloseable {
  static final long PUMP_1 = 1;

  final Vertx vertx = Vertx.vertx();
  final Core core;
  final EmbeddedBroker broker;

  private BrokerFixture(
      String url,
      Clock clock,
      InboxSettings inbox,
      UnaryOperator<MqttSettings> settings,
      @Nullable ServerCertificate certificate) {
    core = Core.start(url, clock, inbox, new NumberDecoder());
    MqttSettings wanted =
        settings.apply(
            BrokerSettings.of(
                MqttSettings.ANY_FREE_PORT,
                certificate == null ? 0 : MqttSettings.ANY_FREE_PORT,
                false,
                64 << 10));
    broker =
        await(
            EmbeddedBroker.start(
                vertx,
                wanted,
                new EmbeddedBroker.Parts(
                    core.inbox,
                    new People(),
                    core.events,
                    core.database,
                    certificate == null
                        ? null
                        : TlsDoor.of(
                            CertificateKeeper.given(
                                    certificate.certificate(),
                                    certificate.key(),
                                    certificate.authority(),
                                    core.clock)
                                .current()),
                    core.meters,
                    core.clock,
                    core.messages,
                    (_, _) -> true)));
  }

  static BrokerFixture start(Path folder) {
    return start(folder, settings -> settings);
  }

  static BrokerFixture start(Path folder, UnaryOperator<MqttSettings> settings) {
    return new BrokerFixture(url(folder), Clock.systemUTC(), InboxSettings.DEFAULT, settings, null);
  }

  static BrokerFixture start(Path folder, InboxSettings inbox) {
    return new BrokerFixture(url(folder), Clock.systemUTC(), inbox, settings -> settings, null);
  }

  /// On a database that another one has closed before, perhaps.
  static BrokerFixture on(String url, Clock clock, UnaryOperator<MqttSettings> settings) {
    return new BrokerFixture(url, clock, InboxSettings.DEFAULT, settings, null);
  }

  static BrokerFixture secured(Path folder, ServerCertificate certificate) {
    return secured(folder, certificate, settings -> settings);
  }

  static BrokerFixture secured(
      Path folder, ServerCertificate certificate, UnaryOperator<MqttSettings> settings) {
    return new BrokerFixture(
        url(folder), Clock.systemUTC(), InboxSettings.DEFAULT, settings, certificate);
  }

  private static String url(Path folder) {
    return "sqlite:" + folder.resolve("vatio.db");
  }

  int port() {
    return broker.port();
  }

  List<DeadLetter> deadLetters() {
    return core.deadLetters.list(1, 50).items();
  }

  double figure(String name, String... tags) {
    var counter = core.meters.find(name).tags(tags).counter();
    return counter == null ? 0 : counter.count();
  }

  double gauge(String name) {
    var gauge = core.meters.find(name).gauge();
    return gauge == null ? -1 : gauge.value();
  }

  static <T> T await(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    await(broker.close());
    await(vertx.close());
    core.close();
  }

  /// Takes `dispositivos/<serial>/estado` and `dispositivos/estado`.
  private static final class NumberDecoder implements Decoder {
    @Override
    public boolean wants(String address) {
      return address.startsWith("dispositivos/") && address.endsWith("estado");
    }

    @Override
    public Decoding decode(RawMessage message) {
      String[] levels = message.address().split("/");
      String serial = levels.length == 3 ? levels[1] : "common";
      try {
        return Decoding.Content.of(
            List.of(
                new Sample(
                    new DeviceTemplate(serial, serial, "generico", "prueba", false),
                    new SensorTemplate("valor", "Valor", "otro", "", -1e12, 1e12),
                    Double.parseDouble(new String(message.payload(), StandardCharsets.UTF_8)),
                    null,
                    0,
                    null)));
      } catch (NumberFormatException e) {
        return new Decoding.Refused(
            new Rejection(Rejection.Reason.MALFORMED, Text.of("ingest.not_understood")));
      }
    }
  }

  private static final class People implements Authenticator {
    @Override
    public CompletableFuture<Outcome> password(String name, String secret, String address) {
      return CompletableFuture.supplyAsync(() -> look(name, secret));
    }

    private static Outcome look(String name, String secret) {
      if (name.equals("slow")) {
        return new Outcome.Throttled(7);
      }
      if (!secret.equals("secret")) {
        return new Outcome.Denied();
      }
      return switch (name) {
        case "admin" ->
            new Outcome.Granted(
                new Principal.User(1, "admin", true, "superusuario", Set.of(), Reach.ALL));
        case "viewer" ->
            new Outcome.Granted(
                new Principal.User(
                    2,
                    "viewer",
                    false,
                    "solo_lectura",
                    Set.of(Permission.VIEW_READINGS),
                    Reach.ALL));
        case "pump-1" -> new Outcome.Granted(new Principal.Device(PUMP_1, "pump-1"));
        case "pump-2" -> new Outcome.Granted(new Principal.Device(2, "pump-2"));
        default -> new Outcome.Denied();
      };
    }

    @Override
    public CompletableFuture<Outcome> token(String token, String address) {
      return CompletableFuture.completedFuture(new Outcome.Denied());
    }

    @Override
    public @Nullable Principal trusted(String address) {
      return null;
    }
  }
}
