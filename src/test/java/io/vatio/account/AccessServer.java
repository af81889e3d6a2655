package io.vatio.account;

import com.fasterxml.jackson.databind.JsonNode;
import io.vatio.audit.AuditLog;
import io.vatio.device.DeviceAccessRevoked;
import io.vatio.device.DeviceAccessRoutes;
import io.vatio.device.DeviceCertificateRoutes;
import io.vatio.device.DeviceCertificates;
import io.vatio.device.DeviceCredentials;
import io.vatio.device.DeviceRegistry;
import io.vatio.device.DeviceShares;
import io.vatio.device.DeviceTemplate;
import io.vatio.device.Visibility;
import io.vatio.kernel.Authenticator;
import io.vatio.kernel.Permission;
import io.vatio.platform.db.Database;
import io.vatio.platform.events.Events;
import io.vatio.platform.http.Access;
import io.vatio.platform.http.ClientAddress;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.http.Reply;
import io.vatio.platform.json.Json;
import io.vatio.platform.text.Messages;
import io.vatio.platform.tls.ClientAuthority;
import io.vatio.site.SiteRegistry;
import io.vatio.testing.Databases;
import io.vatio.testing.Mailbox;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/// Accounts and device credentials behind a real HTTP server on a free port of the loopback.
public final class AccessServer implements AutoCloseable {
  public static final String ADMIN = "admin";
  public static final String PASSWORD = "una-clave-larga-de-prueba";

  private static final HttpClient HTTP = HttpClient.newHttpClient();

  public final Database database;
  public final AuditLog audit;
  public final AccountModule accounts;
  public final Authenticator authenticator;
  public final DeviceRegistry devices;
  public final DeviceCredentials credentials;
  public final List<DeviceAccessRevoked> revoked = new CopyOnWriteArrayList<>();

  /// What was mailed.
  public final Mailbox mails = new Mailbox();

  private final Vertx vertx = Vertx.vertx();
  private final HttpServer http;

  private AccessServer(
      String databaseUrl, AccountSettings settings, Clock clock, Passwords passwords) {
    Events events = new Events();
    events.subscribe(DeviceAccessRevoked.class, revoked::add);
    Messages messages = new Messages("es");
    database = Databases.open(databaseUrl);
    audit = new AuditLog(database, clock);
    var site =
        SiteRegistry.open(database, events, clock, ZoneId.of("Europe/Madrid"), "EUR", "es", audit)
            .defaultSite();
    accounts =
        AccountModule.open(
            new AccountModule.Needs(database, clock, messages, audit, mails), settings, passwords);
    devices = DeviceRegistry.open(database, events, clock, site.id(), audit);
    credentials =
        DeviceCredentials.open(
            database, devices, accounts.tokens(), events, settings.keys(), clock, audit);
    DeviceCertificates certificates =
        DeviceCertificates.open(
            database,
            devices,
            events,
            ClientAuthority.open(settings.keys().resolve("tls"), clock),
            false,
            clock,
            audit);
    authenticator = accounts.authenticator(credentials, certificates);
    HttpApi api =
        new HttpApi(vertx, authenticator, new ClientAddress(List.of()), messages, 4L << 20);
    accounts.addTo(api);
    Visibility visibility =
        new Visibility(devices, DeviceShares.open(database, events, clock, audit));
    new DeviceAccessRoutes(visibility, credentials, certificates).addTo(api);
    new DeviceCertificateRoutes(visibility, certificates).addTo(api);
    api.route(
        HttpMethod.GET,
        "/api/whoami",
        Access.holder(Permission.CREATE_READINGS),
        request -> Reply.ok(Map.of("name", request.principal().name())));
    http =
        vertx
            .createHttpServer()
            .requestHandler(api.router())
            .listen(0, "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .join();
  }

  public static AccessServer start(String databaseUrl, AccountSettings settings, Clock clock) {
    // Weak and quick hashes: what is tested here is what happens around them.
    return start(databaseUrl, settings, clock, new Passwords(64, 1));
  }

  static AccessServer start(
      String databaseUrl, AccountSettings settings, Clock clock, Passwords passwords) {
    return new AccessServer(databaseUrl, settings, clock, passwords);
  }

  /// With a superuser [#ADMIN], trusting nobody.
  public static AccountSettings settings(Path folder) {
    return new AccountSettings(
        folder.resolve("keys"), ADMIN, PASSWORD, List.of(), "operador", true, null, false);
  }

  /// A device; its id.
  public long device(String serial) {
    return devices.ensure(List.of(DeviceTemplate.unknown(serial))).values().iterator().next().id();
  }

  /// An access token of the superuser.
  public String login() {
    return post("/api/auth/login/", credentials(ADMIN, PASSWORD)).json().path("access").asText();
  }

  public static String credentials(String username, String password) {
    return Json.text(Map.of("username", username, "password", password));
  }

  public Answer get(String path, String... headers) {
    return send("GET", path, null, headers);
  }

  public Answer post(String path, String body, String... headers) {
    return send("POST", path, body, headers);
  }

  public Answer delete(String path, String... headers) {
    return send("DELETE", path, null, headers);
  }

  /// @param headers names and values in turn
  public Answer send(String method, String path, String body, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + http.actualPort() + path))
            .method(
                method,
                body == null
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    try {
      HttpResponse<String> answer =
          HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
      return new Answer(answer.statusCode(), answer.body(), answer.headers().map());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    http.close().toCompletionStage().toCompletableFuture().join();
    accounts.close();
    vertx.close().toCompletionStage().toCompletableFuture().join();
    database.close();
  }

  /// What the server answered.
  public record Answer(int status, String body, Map<String, List<String>> headers) {
    public JsonNode json() {
      return Json.parse(body);
    }

    public String header(String name) {
      return headers.getOrDefault(name, List.of("")).getFirst();
    }
  }
}
