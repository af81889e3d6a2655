package io.vatio.platform.http;

import io.vatio.kernel.Authenticator;
import io.vertx.core.http.HttpServerRequest;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// What a request brought to prove who it is. Streams keep it to ask again later, so it is never
/// printed.
///
/// @param authorization the header, null for none
/// @param key the header `X-API-Key`, null for none
/// @param address of the peer
record Credential(@Nullable String authorization, @Nullable String key, String address) {

  static Credential of(HttpServerRequest request, String address) {
    return new Credential(
        request.getHeader("Authorization"), request.getHeader("X-API-Key"), address);
  }

  /// Whether the request brought nothing but its address.
  boolean isAddressOnly() {
    return authorization == null && key == null;
  }

  /// Whether it is a token or a key, not a name and a password.
  boolean isToken() {
    return key != null
        || (authorization != null && authorization.regionMatches(true, 0, "Bearer ", 0, 7));
  }

  /// Has it checked; null when it cannot be one.
  @Nullable CompletableFuture<Authenticator.Outcome> check(Authenticator authenticator) {
    if (key != null) {
      return authenticator.token(key, address);
    }
    return authorization == null ? null : byHeader(authenticator, authorization);
  }

  private @Nullable CompletableFuture<Authenticator.Outcome> byHeader(
      Authenticator authenticator, String header) {
    int blank = header.indexOf(' ');
    String scheme = blank < 0 ? header : header.substring(0, blank);
    String value = blank < 0 ? "" : header.substring(blank + 1).strip();
    if (scheme.equalsIgnoreCase("Bearer")) {
      return authenticator.token(value, address);
    }
    if (scheme.equalsIgnoreCase("Basic")) {
      try {
        String pair = new String(Base64.getDecoder().decode(value), StandardCharsets.UTF_8);
        int colon = pair.indexOf(':');
        if (colon > 0) {
          return authenticator.password(
              pair.substring(0, colon), pair.substring(colon + 1), address);
        }
      } catch (IllegalArgumentException _) {
        // Not Base64: malformed, as below.
      }
    }
    return null;
  }

  @Override
  public String toString() {
    return "Credential[" + address + "]";
  }
}
