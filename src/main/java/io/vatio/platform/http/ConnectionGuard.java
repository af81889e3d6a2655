package io.vatio.platform.http;

import io.netty.util.NetUtil;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// Bounds the connections of everybody together and of each address, and ends those that bring no
/// complete request in time, however slowly they go on sending one. Thread safe.
///
/// An address is one of IPv4, or the first 64 bits of one of IPv6; trusted proxies have no bound of
/// their own, for many stand behind one.
final class ConnectionGuard {
  private static final int PREFIX_BYTES = 8;
  private static final long LOOKS_PER_LIMIT = 4;

  private final HttpSettings.Limits limits;
  private final List<Cidr> proxies;
  private final Map<HttpConnection, Visit> visits = new ConcurrentHashMap<>();
  private final Map<String, Integer> perAddress = new ConcurrentHashMap<>();
  private final AtomicInteger open = new AtomicInteger();

  ConnectionGuard(HttpSettings settings) {
    this.limits = settings.limits();
    this.proxies = settings.trustedProxies();
  }

  /// Looks at the connections from now on.
  ///
  /// @return the timer's id
  long start(Vertx vertx) {
    long every = Math.max(1, limits.firstRequest().toMillis() / LOOKS_PER_LIMIT);
    return vertx.setPeriodic(every, _ -> sweep(System.nanoTime()));
  }

  /// A connection was accepted.
  void accept(HttpConnection connection) {
    String address =
        connection.remoteAddress() == null
            ? ""
            : String.valueOf(connection.remoteAddress().hostAddress());
    String group = group(address);
    int all = open.incrementAndGet();
    boolean proxy = proxies.stream().anyMatch(network -> network.contains(address));
    int own = proxy ? 0 : perAddress.merge(group, 1, Integer::sum);
    visits.put(connection, new Visit(System.nanoTime(), limits.firstRequest().toNanos()));
    connection.closeHandler(
        _ -> {
          open.decrementAndGet();
          visits.remove(connection);
          if (!proxy) {
            perAddress.computeIfPresent(group, (_, n) -> n == 1 ? null : n - 1);
          }
        });
    if (all > limits.connections() || own > limits.connectionsPerAddress()) {
      connection.close();
    }
  }

  /// Notes the requests on their way to the handler.
  Handler<HttpServerRequest> watching(Handler<HttpServerRequest> next) {
    return request -> {
      Visit visit = visits.get(request.connection());
      if (visit != null) {
        visit.begin(
            request.response(),
            "websocket".equalsIgnoreCase(request.getHeader("Upgrade")),
            limits.idle().toNanos());
      }
      next.handle(request);
    };
  }

  private void sweep(long now) {
    visits.forEach(
        (connection, visit) -> {
          if (visit.isOver(now)) {
            connection.close();
          }
        });
  }

  private static String group(String address) {
    int zone = address.indexOf('%');
    byte[] bytes =
        NetUtil.createByteArrayFromIpAddressString(zone < 0 ? address : address.substring(0, zone));
    return bytes == null || bytes.length != 16
        ? address
        : HexFormat.of().formatHex(bytes, 0, PREFIX_BYTES);
  }

  /// What a connection is doing.
  private static final class Visit {
    private long waitsSince;
    private long mayWait;
    private boolean upgraded;
    private @Nullable HttpServerResponse answer;

    Visit(long now, long mayWait) {
      this.waitsSince = now;
      this.mayWait = mayWait;
    }

    synchronized void begin(HttpServerResponse response, boolean upgrade, long idle) {
      answer = response;
      upgraded = upgrade;
      mayWait = idle;
    }

    synchronized boolean isOver(long now) {
      HttpServerResponse given = answer;
      if (given != null) {
        if (!upgraded && (given.ended() || given.closed())) {
          answer = null;
          waitsSince = now;
        }
        return false;
      }
      return now - waitsSince > mayWait;
    }
  }
}
