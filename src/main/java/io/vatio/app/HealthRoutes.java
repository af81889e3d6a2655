package io.vatio.app;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vatio.device.Visibility;
import io.vatio.ingest.Spool;
import io.vatio.kernel.Permission;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.db.Database;
import io.vatio.platform.db.StorageException;
import io.vatio.platform.http.Access;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.http.Reply;
import io.vatio.platform.http.Request;
import io.vatio.platform.json.Json;
import io.vatio.protocol.MqttGateway;
import io.vertx.core.http.HttpMethod;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// `/health/live`, `/health/ready` and `/metrics`.
final class HealthRoutes {
  /// Strangers may ask as often as they like; the disk is asked at most this often.
  private static final Duration CHECK_EVERY = Duration.ofSeconds(2);

  /// What is small may find room on a full disk where readings do not: for this long after a failed
  /// commit of readings a small write proves nothing.
  private static final Duration DOUBT = Duration.ofSeconds(10);

  private final Database database;
  private final Supplier<@Nullable StorageException> failedCommit;
  private final Supplier<Spool.@Nullable Status> spooling;
  private final MqttGateway brokers;
  private final PrometheusMeterRegistry meters;
  private final Clock clock;
  private Instant checkedAt = Instant.MIN;
  private boolean storageUp;
  private @Nullable StorageException seen;
  private Instant seenAt = Instant.MIN;

  /// @param failedCommit why the last commit of readings failed, null when it did not
  /// @param spooling what waits for the database, null when nothing could
  HealthRoutes(
      Database database,
      Supplier<@Nullable StorageException> failedCommit,
      Supplier<Spool.@Nullable Status> spooling,
      MqttGateway brokers,
      PrometheusMeterRegistry meters,
      Clock clock) {
    this.database = database;
    this.failedCommit = failedCommit;
    this.spooling = spooling;
    this.brokers = brokers;
    this.meters = meters;
    this.clock = clock;
  }

  void addTo(HttpApi api) {
    api.route(
        HttpMethod.GET,
        "/health/live",
        Access.PUBLIC,
        _ -> Reply.ok(Json.object().put("status", "up")));
    api.route(HttpMethod.GET, "/health/ready", Access.PUBLIC, this::ready);
    api.route(HttpMethod.GET, "/metrics", Access.holder(Permission.VIEW_DASHBOARD), this::metrics);
  }

  /// They tell of the whole installation, so only to whoever sees all of it.
  private Reply metrics(Request request) {
    if (!Visibility.seesAll(request.principal())) {
      throw Problem.forbidden(Text.of("http.forbidden"));
    }
    return Reply.text(200, "text/plain; version=0.0.4; charset=utf-8", meters.scrape());
  }

  private Reply ready(Request request) {
    Spool.Status spool = spooling.get();
    boolean database = isStorageUp(spool);
    // What is acknowledged now is on the disk here, and goes to the database when it is back.
    boolean spools = !database && spool != null && !spool.full();
    boolean storage = database || spools;
    MqttGateway.Health health = brokers.health();
    boolean broker = health.up();
    var body = Json.object();
    body.put("status", !storage || !broker ? "down" : spools ? "degraded" : "up");
    body.putObject("checks")
        .put("storage", database ? "up" : spools ? "spooling" : "down")
        .put("broker", broker ? "up" : "down");
    if (spool != null && spool.messages() > 0) {
      body.putObject("spool")
          .put("messages", spool.messages())
          .put("bytes", spool.bytes())
          .put("limit", spool.limit());
    }
    if (health.trouble() != null) {
      body.putObject("reasons").put("broker", health.trouble());
    }
    body.put("guarantee", brokers.guarantee().name());
    return Reply.json(storage && broker ? 200 : 503, body);
  }

  private synchronized boolean isStorageUp(Spool.@Nullable Status spool) {
    Instant now = clock.instant();
    StorageException failure = failedCommit.get();
    if (failure != null && spool != null && spool.messages() > 0) {
      // The inbox asks by itself until the database is back; a server that hangs would make us
      // hang too.
      return false;
    }
    if (failure != null && !failure.equals(seen)) {
      seenAt = now;
    }
    seen = failure;
    if (failure != null && now.isBefore(seenAt.plus(DOUBT))) {
      return false;
    }
    if (now.isAfter(checkedAt.plus(CHECK_EVERY)) || now.isBefore(checkedAt)) {
      try {
        database.check();
        storageUp = true;
      } catch (StorageException _) {
        storageUp = false;
      }
      checkedAt = now;
    }
    return storageUp;
  }
}
