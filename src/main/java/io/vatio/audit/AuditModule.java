package io.vatio.audit;

import io.vatio.platform.db.Database;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.schedule.Upkeep;
import java.time.Duration;
import java.time.ZoneId;

/// The wiring of both logs: what writes beside the requests, and the routes that show them.
public final class AuditModule implements AutoCloseable {
  private static final Duration WRITE_EVERY = Duration.ofSeconds(1);
  private static final Duration SETTLE_EVERY = Duration.ofSeconds(10);
  private static final int SETTLE_FROM = 200;
  private static final int STEP = 1_000;

  private final Database database;
  private final AuditLog audit;
  private final ZoneId zone;
  private final Upkeep writer;
  private final Upkeep keeper;

  /// @param zone of moments that name none
  public AuditModule(Database database, AuditLog audit, ZoneId zone) {
    this.database = database;
    this.audit = audit;
    this.zone = zone;
    this.writer = new Upkeep("log-writer", WRITE_EVERY, _ -> write());
    this.keeper = new Upkeep("log-keeper", SETTLE_EVERY, _ -> settle());
  }

  public void start() {
    writer.start();
    keeper.start();
  }

  public void addTo(HttpApi api) {
    new AuditRoutes(database, zone).addTo(api);
  }

  private boolean write() {
    audit.flush();
    return false;
  }

  private boolean settle() {
    if (!database.read(handle -> AuditTotals.isDue(handle, SETTLE_FROM))) {
      return false;
    }
    database.write(
        handle -> {
          AuditTotals.settle(handle, STEP);
          return true;
        });
    return true;
  }

  /// Writes what still waits.
  @Override
  public void close() {
    keeper.close();
    writer.close();
    write();
  }
}
