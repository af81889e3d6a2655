package io.vatio.platform.http;

import java.util.List;

/// Where the web, the API and the sockets listen.
///
/// @param host address to bind to
/// @param port 0 = any free one (tests)
/// @param trustedProxies networks whose `X-Forwarded-For` is believed
public record HttpSettings(String host, int port, List<Cidr> trustedProxies) {
  /// Largest request body, bytes.
  public static final long MAX_BODY = 4L << 20;

  public HttpSettings {
    trustedProxies = List.copyOf(trustedProxies);
  }
}
