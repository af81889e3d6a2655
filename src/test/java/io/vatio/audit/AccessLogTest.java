package io.vatio.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vatio.audit.AuditLog.Action;
import io.vatio.audit.AuditLog.Target;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Reach;
import io.vatio.platform.db.Database;
import io.vatio.platform.http.Exchange;
import io.vatio.platform.json.Json;
import io.vatio.testing.Databases;
import io.vatio.testing.FixedClock;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AccessLogTest {
  private static final long MS = 1_000_000;

  @TempDir Path folder;
  private final FixedClock clock = FixedClock.at("2026-03-01T10:00:00Z");
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private Database database;
  private AccessLog log;

  private void open(Databases kind, int room) {
    database = Databases.open(kind.newUrl(folder));
    log = new AccessLog(database, clock, meters, room);
  }

  @AfterEach
  void close() {
    database.close();
  }

  @ParameterizedTest
  @EnumSource
  void a_flood_is_counted_whole_and_written_down_in_part(Databases kind) {
    open(kind, 10_000);
    for (int i = 0; i < 5_000; i++) {
      log.ended(exchange(7, "/api/devices/:id", "GET", i % 10 == 9 ? 500 : 200, 4 * MS));
    }
    log.flush();
    clock.advance(Duration.ofSeconds(1));
    log.ended(exchange(7, "/api/devices/:id", "GET", 200, 4 * MS));
    log.flush();

    assertEquals(AccessBatch.LINES + AccessBatch.REMARKABLE + 1, lines());
    JsonNode stats = database.read(handle -> AccessTotals.stats(handle, null));
    assertEquals(5_001, stats.path("total_requests").asInt());
    assertEquals("{\"200\":4501,\"500\":500}", stats.path("by_status").toString());
    assertEquals(500, stats.path("errors_count").asInt());
    assertEquals(4.0, stats.path("avg_response_time_ms").asDouble());
    assertEquals(4_750, stats.path("unlisted_requests").asInt());
    assertEquals(stats, database.read(handle -> AccessTotals.stats(handle, 7L)));
    checkTotals();
  }

  @ParameterizedTest
  @EnumSource
  void what_has_no_room_is_dropped_and_counted(Databases kind) {
    open(kind, 100);
    for (int i = 0; i < 130; i++) {
      log.ended(exchange(0, null, "GET", 404, MS));
    }
    log.flush();

    assertEquals(30, log.dropped());
    assertEquals(30, meters.get("vatio.access_log.dropped").functionCounter().count());
    JsonNode stats = database.read(handle -> AccessTotals.stats(handle, null));
    assertEquals(100, stats.path("by_module").path("otros").asInt());
  }

  @ParameterizedTest
  @EnumSource
  void a_stranger_makes_no_new_rows_of_the_totals(Databases kind) {
    open(kind, 1_000);
    Random random = new Random(1);
    for (int i = 0; i < 1_000; i++) {
      log.ended(
          new Exchange(
              "M" + random.nextInt(),
              "/api/" + random.nextInt() + "/x",
              null,
              404,
              MS,
              null,
              "10.0.0.1",
              "",
              null));
    }
    log.flush();

    assertEquals(1, count("access_total"));
    assertEquals(1, count("access_endpoint"));
  }

  @ParameterizedTest
  @EnumSource
  void old_lines_and_sums_go_and_the_counts_stay_right(Databases kind) {
    open(kind, 1_000);
    LogKeeper keeper = new LogKeeper(database, new LogSettings(2, 1_000, 2, 300), clock);
    for (int day = 0; day < 5; day++) {
      for (int i = 0; i < 100; i++) {
        log.ended(exchange(i % 3, "/api/devices/:id", "GET", i % 2 == 0 ? 200 : 404, 3_000 * MS));
      }
      log.flush();
      clock.advance(Duration.ofDays(1));
    }
    assertEquals(500, lines());
    drain(keeper);

    assertEquals(200, lines(), "of yesterday and the day before");
    checkTotals();
    JsonNode stats = database.read(handle -> AccessTotals.stats(handle, null));
    assertEquals(200, stats.path("total_requests").asInt());
    for (int i = 0; i < 200; i++) {
      log.ended(exchange(1, "/api/devices/:id", "GET", 200, MS));
    }
    log.flush();
    drain(keeper);

    assertEquals(300, lines(), "the most there may be");
    checkTotals();
    assertEquals(
        400,
        database.read(handle -> AccessTotals.stats(handle, null)).path("total_requests").asInt());
  }

  @ParameterizedTest
  @EnumSource
  void failed_logins_leave_the_audit_log_before_what_people_did(Databases kind) {
    open(kind, 10);
    AuditLog audit = new AuditLog(database, clock);
    LogKeeper keeper = new LogKeeper(database, new LogSettings(10, 1_000, 1, 1_000), clock);
    note(audit, Action.LOGIN, 1);
    clock.advance(Duration.ofDays(9));
    note(audit, Action.UPDATE, 500);
    note(audit, Action.LOGIN_FAILED, 700);
    drain(keeper);

    assertEquals(1_000, count("audit_log"));
    assertEquals(501, countActions(List.of("LOGIN", "UPDATE")));
    note(audit, Action.CREATE, 400);
    drain(keeper);
    assertEquals(
        901, countActions(List.of("LOGIN", "UPDATE", "CREATE")), "failures may be a fourth");
    clock.advance(Duration.ofDays(2));
    drain(keeper);

    assertEquals(0, countActions(List.of("LOGIN")), "too old");
    AuditFilter all = new AuditFilter(null, null, null, null, null, null, null, List.of());
    assertEquals(
        count("audit_log"), database.read(handle -> AuditTotals.count(handle, all)).intValue());
  }

  @ParameterizedTest
  @EnumSource
  void what_could_not_be_written_is_written_later(Databases kind) {
    open(kind, 10);
    var away = new AtomicBoolean(true);
    AccessLog patient =
        new AccessLog(new FailedLoginsTest.Away(database, away), clock, meters, 1_000);
    patient.ended(exchange(1, "/api/devices", "POST", 201, MS));
    assertThrows(RuntimeException.class, patient::flush);
    patient.ended(exchange(1, "/api/devices", "POST", 201, MS));
    away.set(false);
    patient.flush();

    assertEquals(2, lines());
    checkTotals();
  }

  private void drain(LogKeeper keeper) {
    for (int i = 0; keeper.step(); i++) {
      assertTrue(i < 100, "it ends");
    }
    assertFalse(keeper.step());
  }

  private void note(AuditLog audit, Action action, int times) {
    database.write(
        handle -> {
          for (int i = 0; i < times; i++) {
            audit.note(handle, action, Target.of("Usuario", 1, "ana"), Json.object());
          }
          return true;
        });
  }

  /// What the totals say of the lines is what is there, for everybody and for each account.
  private void checkTotals() {
    String real =
        """
        SELECT module || method || status || ' ' || count(*) || ' '
               || sum(CASE WHEN duration_us > 2000000 THEN 1 ELSE 0 END)
          FROM access_log %s GROUP BY module, method, status ORDER BY 1
        """;
    String kept =
        """
        SELECT module || method || status || ' ' || sum(lines) || ' ' || sum(slow_lines)
          FROM access_total WHERE account_id = %d GROUP BY module, method, status
        HAVING sum(lines) > 0 ORDER BY 1
        """;
    assertEquals(texts(real.formatted("")), texts(kept.formatted(-1)));
    for (int account = 1; account <= 2; account++) {
      assertEquals(
          texts(real.formatted("WHERE account_id = " + account)), texts(kept.formatted(account)));
    }
  }

  private List<String> texts(String query) {
    return database.read(handle -> handle.createQuery(query).mapTo(String.class).list());
  }

  private int lines() {
    return count("access_log");
  }

  private int countActions(List<String> actions) {
    return database.read(
        handle ->
            handle
                .createQuery("SELECT count(*) FROM audit_log WHERE action IN (<actions>)")
                .bindList("actions", actions)
                .mapTo(Integer.class)
                .one());
  }

  private int count(String table) {
    return database.read(
        handle -> handle.createQuery("SELECT count(*) FROM " + table).mapTo(Integer.class).one());
  }

  private static Exchange exchange(
      long account, String route, String method, int status, long nanos) {
    Principal principal =
        account == 0
            ? null
            : new Principal.User(account, "u" + account, false, "", Set.of(), Reach.OWN);
    return new Exchange(
        method, "/api/devices/1/", route, status, nanos, principal, "10.0.0.1", "curl", null);
  }
}
