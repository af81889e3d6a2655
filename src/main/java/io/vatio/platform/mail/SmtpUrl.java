package io.vatio.platform.mail;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Where the SMTP server is and who we are to it. Holds a secret: [#toString] leaves it out.
///
/// @param secure TLS from the first byte
/// @param plainAllowed whether the password may go over a network that nobody encrypts
/// @param user null for nobody
/// @param password null for none
public record SmtpUrl(
    String host,
    int port,
    boolean secure,
    boolean plainAllowed,
    @Nullable String user,
    @Nullable String password) {

  /// What [#parse] expects; goes on from "must be …".
  static final String HINT =
      "smtp(s)://user:password@host:port, special characters in it percent-encoded";

  private static final int SUBMISSION = 587;
  private static final int SUBMISSIONS = 465;
  private static final int MAX_PORT = 65_535;
  private static final String OPTIONAL = "starttls=optional";

  /// Reads a URL.
  ///
  /// @throws IllegalArgumentException with [#HINT] and never with the text, which is a secret
  public static SmtpUrl parse(String text) {
    URI uri;
    try {
      uri = new URI(text);
    } catch (URISyntaxException _) {
      throw new IllegalArgumentException(HINT);
    }
    String scheme = String.valueOf(uri.getScheme());
    String path = uri.getRawPath() == null ? "" : uri.getRawPath();
    String query = uri.getRawQuery();
    boolean good =
        Set.of("smtp", "smtps").contains(scheme)
            && uri.getHost() != null
            && uri.getPort() <= MAX_PORT
            && uri.getPort() != 0
            && (path.isEmpty() || path.equals("/"))
            && (query == null || query.equals(OPTIONAL))
            && uri.getRawFragment() == null;
    String person = uri.getRawUserInfo();
    int colon = person == null ? -1 : person.indexOf(':');
    if (!good || (person != null && colon < 1)) {
      throw new IllegalArgumentException(HINT);
    }
    boolean secure = scheme.equals("smtps");
    String host = uri.getHost();
    return new SmtpUrl(
        host.startsWith("[") ? host.substring(1, host.length() - 1) : host,
        uri.getPort() > 0 ? uri.getPort() : secure ? SUBMISSIONS : SUBMISSION,
        secure,
        query != null || isLoopback(host),
        person == null ? null : decoded(person.substring(0, colon)),
        person == null ? null : decoded(person.substring(colon + 1)));
  }

  private static boolean isLoopback(String host) {
    return host.equals("localhost")
        || host.equals("[::1]")
        || host.matches("127\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}");
  }

  private static String decoded(String text) {
    // A plus stands for itself outside of forms.
    String plain = URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    if (plain.chars().anyMatch(Character::isISOControl)) {
      throw new IllegalArgumentException(HINT);
    }
    return plain;
  }

  /// Host and port, for logs and errors.
  String place() {
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }

  /// Without user and password.
  @Override
  public String toString() {
    return (secure ? "smtps://" : "smtp://") + place();
  }
}
