package io.vatio.platform.http;

import java.time.Duration;
import java.util.List;

/// Where the web, the API and the sockets listen.
///
/// @param host address to bind to
/// @param port 0 = any free one (tests)
/// @param trustedProxies networks whose `X-Forwarded-For` is believed
/// @param maxFrame bytes of one WebSocket frame, at least the largest MQTT packet: clients put each
///     into one frame
/// @param limits of connections
public record HttpSettings(
    String host, int port, List<Cidr> trustedProxies, int maxFrame, Limits limits) {
  /// Largest request body, bytes.
  public static final long MAX_BODY = 4L << 20;

  public HttpSettings {
    trustedProxies = List.copyOf(trustedProxies);
  }

  /// With the usual limits.
  public HttpSettings(String host, int port, List<Cidr> trustedProxies, int maxFrame) {
    this(host, port, trustedProxies, maxFrame, Limits.DEFAULT);
  }

  /// How many connections there may be, and how long one may do nothing.
  ///
  /// @param connections of everybody together
  /// @param connectionsPerAddress of one address; trusted proxies are free
  /// @param firstRequest from the open connection to the end of the first request's headers
  /// @param idle from an answer to the end of the next request's headers
  public record Limits(
      int connections, int connectionsPerAddress, Duration firstRequest, Duration idle) {
    public static final Limits DEFAULT =
        new Limits(10_000, 1_000, Duration.ofSeconds(15), Duration.ofSeconds(60));

    public Limits withConnectionsPerAddress(int other) {
      return new Limits(connections, other, firstRequest, idle);
    }
  }
}
