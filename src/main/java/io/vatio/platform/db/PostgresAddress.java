package io.vatio.platform.db;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// Which database on which PostgreSQL server, and who asks.
///
/// @param name host, port and database, for messages
/// @param jdbcUrl without user and password
/// @param user null: whom the driver takes by itself
/// @param password a secret; null for none
public record PostgresAddress(
    String name, String jdbcUrl, @Nullable String user, @Nullable String password) {

  /// Reads `postgresql://user:password@host:port/database`; user and password percent-encoded.
  public static PostgresAddress parse(String url) {
    URI uri = URI.create(url);
    int port = uri.getPort() < 0 ? 5432 : uri.getPort();
    String name = "%s:%d%s".formatted(uri.getHost(), port, uri.getRawPath());
    String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
    String userInfo = uri.getRawUserInfo();
    if (userInfo == null) {
      return new PostgresAddress(name, "jdbc:postgresql://" + name + query, null, null);
    }
    int colon = userInfo.indexOf(':');
    return new PostgresAddress(
        name,
        "jdbc:postgresql://" + name + query,
        decode(colon < 0 ? userInfo : userInfo.substring(0, colon)),
        colon < 0 ? null : decode(userInfo.substring(colon + 1)));
  }

  private static String decode(String part) {
    return URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  /// Without the password.
  @Override
  public String toString() {
    return name;
  }
}
