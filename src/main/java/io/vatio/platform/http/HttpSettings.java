package io.vatio.platform.http;

import java.util.List;

/// Where the web, the API and the sockets listen.
///
/// @param host address to bind to
/// @param port 0 = any free one (tests)
/// @param trustedProxies networks whose `X-Forwarded-For` is believed
/// @param maxFrame bytes of one WebSocket frame, at least the largest MQTT packet: clients put each
///     into one frame
public record HttpSettings(String host, int port, List<Cidr> trustedProxies, int maxFrame) {
  /// Largest request body, bytes.
  public static final long MAX_BODY = 4L << 20;

  public HttpSettings {
    trustedProxies = List.copyOf(trustedProxies);
  }
}
