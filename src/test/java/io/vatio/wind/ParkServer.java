package io.vatio.wind;

import io.vatio.ingest.InboxSettings;
import io.vatio.kernel.Authenticator;
import io.vatio.kernel.Permission;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Reach;
import io.vatio.platform.http.ClientAddress;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.http.HttpFront;
import io.vatio.platform.http.HttpSettings;
import io.vatio.testing.ApiClient;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/// A [Park] behind a real HTTP port.
final class ParkServer implements AutoCloseable {
  final Park park;
  final String url;
  final ApiClient admin;
  private final Vertx vertx = Vertx.vertx();
  private final HttpFront front;

  ParkServer(Path folder, InboxSettings settings) {
    park = new Park(folder, settings);
    HttpApi api =
        new HttpApi(
            vertx, new Tokens(), new ClientAddress(List.of()), park.core.messages, 1_000_000);
    park.wind.addTo(api, park.core.inbox);
    front =
        await(
            HttpFront.listen(vertx, new HttpSettings("127.0.0.1", 0, List.of(), 1 << 16), api, 1));
    url = "http://127.0.0.1:" + front.port();
    admin = caller("admin");
  }

  /// A caller with one of the names of [Tokens].
  ApiClient caller(String name) {
    return ApiClient.bearer(url, name);
  }

  private static <T> T await(Future<T> future) {
    return future.toCompletionStage().toCompletableFuture().orTimeout(10, TimeUnit.SECONDS).join();
  }

  @Override
  public void close() {
    await(front.close());
    park.close();
    await(vertx.close());
  }

  /// The token names the caller.
  private static final class Tokens implements Authenticator {
    private final Map<String, Principal> known =
        Map.of(
            "admin",
            new Principal.User(1, "admin", true, "", Set.of(), Reach.ALL),
            "viewer",
            new Principal.User(2, "v", false, "", EnumSet.of(Permission.VIEW_READINGS), Reach.ALL),
            "sender",
            new Principal.ApiKey(3, "s", EnumSet.of(Permission.CREATE_READINGS), 1, Reach.ALL),
            "GEN-1",
            new Principal.Device(1, "GEN-1"),
            "GEN-2",
            new Principal.Device(2, "GEN-2"));

    @Override
    public CompletableFuture<Outcome> token(String token, String address) {
      Principal principal = known.get(token);
      return CompletableFuture.completedFuture(
          principal == null ? new Outcome.Denied() : new Outcome.Granted(principal));
    }

    @Override
    public CompletableFuture<Outcome> password(String name, String secret, String address) {
      return CompletableFuture.completedFuture(new Outcome.Denied());
    }

    @Override
    public Principal trusted(String address) {
      return null;
    }
  }
}
