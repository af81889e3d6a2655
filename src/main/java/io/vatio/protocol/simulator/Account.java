package io.vatio.protocol.simulator;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.ext.web.client.HttpRequest;
import io.vertx.ext.web.client.HttpResponse;
import io.vertx.ext.web.client.WebClient;
import io.vertx.ext.web.client.WebClientOptions;
import java.net.URI;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// A person's session with the REST API: creates devices and gets their credentials. Every call
/// blocks, so call it on a virtual thread; calls may come from many. Throws [TargetProblem].
public final class Account implements AutoCloseable {
  private static final long TIMEOUT_MS = 15_000;

  private final WebClient web;
  private final URI base;
  private final String user;
  private final String password;
  private volatile @Nullable Tokens tokens;

  private record Tokens(String access, String refresh) {}

  public Account(Vertx vertx, URI base, @Nullable Path authority, String user, String password) {
    this.web = WebClient.create(vertx, options(base, authority));
    this.base = base;
    this.user = user;
    this.password = password;
  }

  static WebClientOptions options(URI base, @Nullable Path authority) {
    WebClientOptions options =
        new WebClientOptions()
            .setUserAgent("vatio-simulator")
            .setSsl("https".equals(base.getScheme()))
            .setFollowRedirects(false)
            .setConnectTimeout(5_000);
    if (authority != null) {
      options.setTrustOptions(new PemTrustOptions().addCertPath(authority.toString()));
    }
    return options;
  }

  static int port(URI base) {
    if (base.getPort() > 0) {
      return base.getPort();
    }
    return "https".equals(base.getScheme()) ? 443 : 80;
  }

  /// The path of the base without its last slash, for a server behind a path of a proxy.
  static String prefix(URI base) {
    String path = base.getPath() == null ? "" : base.getPath();
    return path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
  }

  /// Logs in; later calls renew the session by themselves.
  public void login() {
    JsonObject who = new JsonObject().put("username", user).put("password", password);
    HttpResponse<Buffer> answer = send(HttpMethod.POST, "/api/auth/login/", who, null);
    switch (answer.statusCode()) {
      case 200 -> tokens = tokens(answer, null);
      case 400, 401, 403 ->
          throw TargetProblem.lasting(
              "The server refuses user %s or the password; check --user and --password."
                  .formatted(user));
      default -> throw unexpected(answer, "log in");
    }
  }

  /// The id of every device by its serial number.
  public Map<String, Long> deviceIds() {
    HttpResponse<Buffer> answer = call(HttpMethod.GET, "/dispositivos", null);
    if (answer.statusCode() != 200) {
      throw unexpected(answer, "list devices");
    }
    Map<String, Long> ids = new HashMap<>();
    JsonArray devices = json(answer, Buffer::toJsonArray);
    for (int i = 0; i < devices.size(); i++) {
      JsonObject device = devices.getJsonObject(i);
      ids.put(device.getString("serial_number"), device.getLong("id"));
    }
    return ids;
  }

  /// Creates the device and returns its id.
  public long createDevice(DeviceProfile profile) {
    JsonObject body =
        new JsonObject()
            .put("serial_number", profile.serial())
            .put("nombre", profile.name())
            .put("tipo", profile.type())
            .put("modelo", profile.model())
            .put("descripcion", profile.description())
            // Whoever sets a device up has it in use.
            .put("reclamado", true);
    HttpResponse<Buffer> answer = call(HttpMethod.POST, "/dispositivos", body);
    if (answer.statusCode() != 201) {
      throw unexpected(answer, "create the device " + profile.serial());
    }
    return json(answer, Buffer::toJsonObject).getLong("id");
  }

  /// A fresh credential for that device; the one before stops working.
  public DeviceCredential newCredential(long deviceId) {
    String path = "/api/devices/" + deviceId + "/credentials/";
    HttpResponse<Buffer> answer = call(HttpMethod.POST, path, new JsonObject());
    if (answer.statusCode() != 201) {
      throw unexpected(answer, "give device " + deviceId + " a credential");
    }
    JsonObject mqtt = json(answer, Buffer::toJsonObject).getJsonObject("mqtt");
    if (mqtt == null || mqtt.getString("username") == null || mqtt.getString("password") == null) {
      throw notVatio(answer);
    }
    return new DeviceCredential(mqtt.getString("username"), mqtt.getString("password"));
  }

  /// The body of a page that this account may read, as text.
  public String read(String path) {
    HttpResponse<Buffer> answer = call(HttpMethod.GET, path, null);
    if (answer.statusCode() != 200) {
      throw unexpected(answer, "read " + path);
    }
    String body = answer.bodyAsString();
    return body == null ? "" : body;
  }

  @Override
  public void close() {
    web.close();
  }

  private HttpResponse<Buffer> call(HttpMethod method, String path, @Nullable JsonObject body) {
    Tokens used = tokens;
    if (used == null) {
      login();
      used = tokens;
    }
    HttpResponse<Buffer> answer = send(method, path, body, used);
    if (answer.statusCode() != 401) {
      return answer;
    }
    renew(used);
    return send(method, path, body, tokens);
  }

  /// One caller renews, the others find it done. A refresh token is good once, so a refusal means
  /// logging in again.
  private synchronized void renew(@Nullable Tokens expired) {
    if (expired == null || !expired.equals(tokens)) {
      return;
    }
    JsonObject body = new JsonObject().put("refresh", expired.refresh());
    HttpResponse<Buffer> answer = send(HttpMethod.POST, "/api/auth/refresh/", body, null);
    if (answer.statusCode() == 200) {
      tokens = tokens(answer, expired.refresh());
    } else {
      login();
    }
  }

  private Tokens tokens(HttpResponse<Buffer> answer, @Nullable String oldRefresh) {
    JsonObject body = json(answer, Buffer::toJsonObject);
    String access = body.getString("access");
    String refresh = body.getString("refresh", oldRefresh);
    if (access == null || refresh == null) {
      throw notVatio(answer);
    }
    return new Tokens(access, refresh);
  }

  private HttpResponse<Buffer> send(
      HttpMethod method, String path, @Nullable JsonObject body, @Nullable Tokens as) {
    HttpRequest<Buffer> request =
        web.request(method, port(base), base.getHost(), prefix(base) + path).timeout(TIMEOUT_MS);
    if (as != null) {
      request.bearerTokenAuthentication(as.access());
    }
    var sent = body == null ? request.send() : request.sendJsonObject(body);
    try {
      return sent.toCompletionStage()
          .toCompletableFuture()
          .get(2 * TIMEOUT_MS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw TargetProblem.of(e, base);
    } catch (ExecutionException | CompletionException | TimeoutException e) {
      throw TargetProblem.of(e, base);
    }
  }

  private interface Reading<T> {
    T of(Buffer body);
  }

  private <T> T json(HttpResponse<Buffer> answer, Reading<T> reading) {
    try {
      return reading.of(answer.body() == null ? Buffer.buffer() : answer.body());
    } catch (DecodeException | ClassCastException _) {
      throw notVatio(answer);
    }
  }

  private TargetProblem notVatio(HttpResponse<Buffer> answer) {
    return TargetProblem.lasting(
        "%s answers (status %d) but not like a Vatio server; check --url."
            .formatted(base, answer.statusCode()));
  }

  private TargetProblem unexpected(HttpResponse<Buffer> answer, String wish) {
    int status = answer.statusCode();
    if (status == 429 || status >= 500) {
      return TargetProblem.passing(
          "The server cannot %s now (status %d); trying again.".formatted(wish, status));
    }
    if (status == 401 || status == 403) {
      return TargetProblem.lasting(
          "The account %s may not %s; use one that may, or --user device_<serial>."
              .formatted(user, wish));
    }
    if (status == 404 || status == 405 || (status >= 300 && status < 400)) {
      return notVatio(answer);
    }
    return TargetProblem.lasting(
        "The server refuses to %s (status %d: %s)."
            .formatted(wish, status, Heard.text(answer.bodyAsString())));
  }
}
