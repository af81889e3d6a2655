package io.vatio.audit;

import io.micrometer.core.instrument.MeterRegistry;
import io.vatio.platform.db.Database;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.schedule.Upkeep;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneId;
import java.util.stream.Collectors;

/// The wiring of both logs: what writes beside the requests, what keeps them within their limits,
/// and the routes that show them.
public final class AuditModule implements AutoCloseable {
  private static final Duration WRITE_EVERY = Duration.ofSeconds(1);

  private final Needs needs;
  private final AccessLog access;
  private final Upkeep writer;
  private final LogKeeper keeper;

  /// What it needs.
  ///
  /// @param zone of moments that name none
  public record Needs(
      Database database,
      AuditLog audit,
      LogSettings settings,
      ZoneId zone,
      Clock clock,
      MeterRegistry meters) {}

  public AuditModule(Needs needs) {
    this.needs = needs;
    this.access = new AccessLog(needs.database(), needs.clock(), needs.meters());
    this.writer = new Upkeep("log-writer", WRITE_EVERY, _ -> write());
    this.keeper = new LogKeeper(needs.database(), needs.settings(), needs.clock());
  }

  /// Starts the work beside.
  ///
  /// @param api with all its routes
  public void start(HttpApi api) {
    access.know(
        api.endpoints().stream()
            .map(endpoint -> AccessWords.module(endpoint.path()))
            .collect(Collectors.toSet()));
    writer.start();
    keeper.start();
  }

  /// Adds the routes, and listens to all requests from now on.
  public void addTo(HttpApi api) {
    api.observe(access::ended);
    new AuditRoutes(needs.database(), needs.zone()).addTo(api);
    new AccessRoutes(needs.database(), access, needs.clock(), needs.zone()).addTo(api);
  }

  private boolean write() {
    needs.audit().flush();
    access.flush();
    return false;
  }

  /// Writes what still waits.
  @Override
  public void close() {
    keeper.close();
    writer.close();
    write();
  }
}
