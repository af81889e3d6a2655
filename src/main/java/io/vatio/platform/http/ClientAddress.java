package io.vatio.platform.http;

import io.vertx.core.http.HttpServerRequest;
import java.util.List;

/// The address that counts: the peer's, or what a trusted proxy says behind which the peer is.
public final class ClientAddress {
  private final List<Cidr> proxies;

  /// @param proxies networks whose `X-Forwarded-For` is believed
  public ClientAddress(List<Cidr> proxies) {
    this.proxies = List.copyOf(proxies);
  }

  String of(HttpServerRequest request) {
    String peer = request.remoteAddress() == null ? "" : request.remoteAddress().hostAddress();
    String address = peer == null ? "" : peer;
    // Some proxies add a header of their own instead of a name to the one that is there, so all
    // lines count; the first alone is what a stranger can write.
    String forwarded = String.join(",", request.headers().getAll("X-Forwarded-For"));
    if (forwarded.isEmpty() || proxies.isEmpty()) {
      return address;
    }
    // From the right: each trusted proxy vouches for the one before it.
    List<String> hops = List.of(forwarded.split(",", -1)).reversed();
    for (String hop : hops) {
      if (!isProxy(address)) {
        return address;
      }
      address = hop.strip();
    }
    return address;
  }

  private boolean isProxy(String address) {
    return proxies.stream().anyMatch(network -> network.contains(address));
  }
}
