package io.vatio.testing;

import com.fasterxml.jackson.databind.JsonNode;
import io.vatio.platform.json.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;

/// A caller of the REST API over a real socket.
public final class ApiClient {
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private final String url;
  private final String authorization;

  private ApiClient(String url, String authorization) {
    this.url = url;
    this.authorization = authorization;
  }

  /// Without credentials.
  public static ApiClient anonymous(String url) {
    return new ApiClient(url, "");
  }

  /// With a bearer token or API key.
  public static ApiClient bearer(String url, String token) {
    return new ApiClient(url, "Bearer " + token);
  }

  /// With a device credential.
  public static ApiClient basic(String url, String user, String password) {
    return new ApiClient(
        url,
        "Basic "
            + Base64.getEncoder()
                .encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8)));
  }

  /// As the superuser of the tests.
  public static ApiClient login(String url) {
    var answer =
        anonymous(url)
            .post(
                "/api/auth/login/",
                Json.text(
                    Map.of("username", ServerProcess.ADMIN, "password", ServerProcess.PASSWORD)));
    if (answer.statusCode() != 200) {
      throw new IllegalStateException("login: " + answer.statusCode() + " " + answer.body());
    }
    return bearer(url, Json.parse(answer.body()).path("access").asText());
  }

  /// The header that says who calls, empty for nobody.
  public String authorization() {
    return authorization;
  }

  public HttpResponse<String> get(String path) {
    return send("GET", path, null);
  }

  /// The JSON of a GET that must answer 200.
  public JsonNode json(String path) {
    var answer = get(path);
    if (answer.statusCode() != 200) {
      throw new AssertionError(path + ": " + answer.statusCode() + " " + answer.body());
    }
    return Json.parse(answer.body());
  }

  public HttpResponse<String> post(String path, String body) {
    return send("POST", path, body);
  }

  /// Any request; a null body sends none.
  public HttpResponse<String> send(String method, String path, String body) {
    return send(method, path, body, "application/json");
  }

  /// Any request with a body of this type.
  public HttpResponse<String> send(String method, String path, String body, String contentType) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url + path))
            .timeout(Duration.ofSeconds(30))
            .method(
                method,
                body == null
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body));
    if (body != null) {
      request.header("Content-Type", contentType);
    }
    if (!authorization.isEmpty()) {
      request.header("Authorization", authorization);
    }
    try {
      return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new IllegalStateException(method + " " + path, e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
