package io.vatio.protocol.gateway;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Where another broker is and who we are to it. Holds a secret: [#toString] leaves it out.
///
/// @param path of the WebSocket, without its first slash
/// @param user null for nobody
/// @param password null for none
public record BrokerUrl(
    Scheme scheme,
    String host,
    int port,
    String path,
    @Nullable String user,
    @Nullable String password) {

  /// What [#parse] expects; goes on from "must be …".
  public static final String HINT =
      "mqtt(s)://user:password@host:port or ws(s)://user:password@host:port/path, special"
          + " characters in it percent-encoded";

  private static final Map<String, Scheme> SCHEMES =
      Map.of(
          "mqtt", Scheme.MQTT,
          "tcp", Scheme.MQTT,
          "mqtts", Scheme.MQTTS,
          "ssl", Scheme.MQTTS,
          "ws", Scheme.WS,
          "wss", Scheme.WSS);

  /// How bytes get there.
  public enum Scheme {
    MQTT(1883, false, false),
    MQTTS(8883, true, false),
    WS(80, false, true),
    WSS(443, true, true);

    private final int port;
    final boolean secure;
    final boolean webSocket;

    Scheme(int port, boolean secure, boolean webSocket) {
      this.port = port;
      this.secure = secure;
      this.webSocket = webSocket;
    }
  }

  /// Reads a URL.
  ///
  /// @throws IllegalArgumentException with [#HINT] and never with the text, which is a secret
  public static BrokerUrl parse(String text) {
    URI uri;
    try {
      uri = new URI(text);
    } catch (URISyntaxException _) {
      throw new IllegalArgumentException(HINT);
    }
    Scheme scheme = SCHEMES.get(String.valueOf(uri.getScheme()));
    String path = uri.getRawPath() == null ? "" : uri.getRawPath();
    if (scheme == null) {
      throw new IllegalArgumentException(HINT);
    }
    boolean good =
        uri.getHost() != null
            && uri.getRawQuery() == null
            && uri.getRawFragment() == null
            && uri.getPort() <= 65_535
            && (scheme.webSocket || path.isEmpty() || path.equals("/"));
    if (!good) {
      throw new IllegalArgumentException(HINT);
    }
    String host = uri.getHost();
    String person = uri.getRawUserInfo();
    int colon = person == null ? -1 : person.indexOf(':');
    return new BrokerUrl(
        scheme,
        host.startsWith("[") ? host.substring(1, host.length() - 1) : host,
        uri.getPort() <= 0 ? scheme.port : uri.getPort(),
        path.length() > 1 ? path.substring(1) : "mqtt",
        person == null ? null : decoded(colon < 0 ? person : person.substring(0, colon)),
        person == null || colon < 0 ? null : decoded(person.substring(colon + 1)));
  }

  private static String decoded(String text) {
    // A plus stands for itself outside of forms.
    return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  /// Without user and password, for logs and health.
  @Override
  public String toString() {
    return "%s://%s:%d%s"
        .formatted(
            scheme.name().toLowerCase(Locale.ROOT),
            host.contains(":") ? "[" + host + "]" : host,
            port,
            scheme.webSocket ? "/" + path : "");
  }
}
