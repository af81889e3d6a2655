package io.vatio.audit;

import io.vatio.kernel.Micros;
import io.vatio.platform.db.Database;
import io.vatio.platform.schedule.Upkeep;
import java.time.Clock;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// Keeps both logs within their limits and adds up what the audit log has, a few lines at a time
/// with pauses, so that nobody waits. One thread of its own.
final class LogKeeper implements AutoCloseable {
  private static final Duration EVERY = Duration.ofSeconds(10);
  private static final Duration PAUSE = Duration.ofMillis(100);

  /// Rows that wait to be added to the totals before it is worth a transaction.
  private static final int SETTLE_FROM = 200;

  private static final int STEP = 200;

  /// Failed logins may be one of so many lines before they go first.
  private static final int SHARE_OF_FAILURES = 4;

  private final Database database;
  private final LogSettings settings;
  private final Clock clock;
  private final AuditStore audit = new AuditStore();
  private final AccessStore access = new AccessStore();
  private final Upkeep upkeep;

  LogKeeper(Database database, LogSettings settings, Clock clock) {
    this.database = database;
    this.settings = settings;
    this.clock = clock;
    this.upkeep = new Upkeep("log-keeper", EVERY, this::round);
  }

  void start() {
    upkeep.start();
  }

  private boolean round(Upkeep self) {
    while (step()) {
      if (!self.pause(PAUSE)) {
        return false;
      }
    }
    return false;
  }

  /// Does the next bit of work.
  ///
  /// @return whether there was any
  boolean step() {
    return settle() | pruneAudit() | pruneAccess();
  }

  private boolean settle() {
    if (!database.read(handle -> AuditTotals.isDue(handle, SETTLE_FROM))) {
      return false;
    }
    return database.write(
        handle -> {
          AuditTotals.settle(handle, STEP * 2);
          return true;
        });
  }

  private boolean pruneAudit() {
    long before = Micros.of(clock.instant().minus(Duration.ofDays(settings.auditDays())));
    long lines = database.read(handle -> AuditTotals.count(handle, filter(null)));
    long failures =
        database.read(
            handle -> AuditTotals.count(handle, filter(AuditLog.Action.LOGIN_FAILED.name())));
    long tooMany = lines - settings.auditLines();
    boolean old = database.read(handle -> isBefore(handle, "audit_log", before));
    if (tooMany <= 0 && !old) {
      return false;
    }
    boolean failuresFirst = failures > settings.auditLines() / SHARE_OF_FAILURES;
    return database.write(
        handle -> audit.prune(handle, before, old ? 0 : tooMany, failuresFirst, STEP) > 0);
  }

  private static AuditFilter filter(@Nullable String action) {
    return new AuditFilter(action, null, null, null, null, null, null, List.of());
  }

  private boolean pruneAccess() {
    // Whole days, as the sums are.
    LocalDate first =
        LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC).minusDays(settings.accessDays());
    long before = Micros.of(first.atStartOfDay(ZoneOffset.UTC).toInstant());
    long lines =
        database.read(
            handle ->
                AccessTotals.lines(
                    handle, new AccessFilter(null, null, null, null, false, false, null, null)));
    long tooMany = lines - settings.accessLines();
    boolean old = database.read(handle -> isBefore(handle, "access_log", before));
    if (tooMany > 0 || old) {
      return database.write(handle -> access.prune(handle, before, old ? 0 : tooMany, STEP) > 0);
    }
    if (database.read(handle -> AccessTotals.hasBefore(handle, first.toEpochDay()))) {
      database.write(
          handle -> {
            AccessTotals.prune(handle, first.toEpochDay());
            return true;
          });
    }
    return false;
  }

  private static boolean isBefore(Handle handle, String table, long micros) {
    return handle
        .createQuery("SELECT 1 FROM " + table + " WHERE at < :before LIMIT 1")
        .bind("before", micros)
        .mapTo(Integer.class)
        .findOne()
        .isPresent();
  }

  @Override
  public void close() {
    upkeep.close();
  }
}
