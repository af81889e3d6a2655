package io.vatio.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.vatio.platform.db.Database;
import io.vatio.platform.db.StorageException;
import io.vatio.testing.Databases;
import io.vatio.testing.FixedClock;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FailedLoginsTest {
  @TempDir Path folder;
  private final FixedClock clock = FixedClock.at("2026-03-01T10:00:05Z");
  private Database database;
  private AuditLog audit;

  private void open(Databases kind) {
    database = Databases.open(kind.newUrl(folder));
    audit = new AuditLog(database, clock);
    database.write(
        handle ->
            handle.execute(
                """
                INSERT INTO account (id, username, email, first_name, last_name, user_type,
                                     is_active, is_staff, is_superuser, created_at, updated_at)
                VALUES (7,'Ana','','','','interno',1,0,1,0,0)
                """));
  }

  @AfterEach
  void close() {
    database.close();
  }

  @ParameterizedTest
  @EnumSource
  void failures_of_one_minute_are_one_line_with_their_number(Databases kind) {
    open(kind);
    for (int i = 0; i < 3; i++) {
      audit.loginFailed("ana", "10.0.0.1", "curl/8");
    }
    audit.flush();
    audit.loginFailed("ANA", "10.0.0.1", "curl/8");
    audit.flush();
    audit.loginFailed("ana", "10.0.0.2", "other");
    clock.advance(Duration.ofMinutes(1));
    audit.loginFailed("ana", "10.0.0.1", "curl/8");
    audit.flush();

    assertEquals(
        List.of(
            "Ana 7 10.0.0.1 curl/8 {\"intentos\":{\"old\":null,\"new\":4}}",
            "Ana 7 10.0.0.2 other {\"intentos\":{\"old\":null,\"new\":1}}",
            "Ana 7 10.0.0.1 curl/8 {\"intentos\":{\"old\":null,\"new\":1}}"),
        lines());
  }

  @ParameterizedTest
  @EnumSource
  void a_name_that_nobody_has_may_be_a_password_and_is_masked(Databases kind) {
    open(kind);
    audit.loginFailed("correct-horse-battery", "10.0.0.1", "");
    audit.loginFailed("hunter2\0\uD800", "10.0.0.1", "");
    audit.loginFailed("", "10.0.0.1", "");
    audit.flush();

    assertEquals(
        List.of(
            "********  10.0.0.1  {\"intentos\":{\"old\":null,\"new\":2}}",
            "  10.0.0.1  {\"intentos\":{\"old\":null,\"new\":1}}"),
        lines());
    assertFalse(everything().contains("horse"));
  }

  @ParameterizedTest
  @EnumSource
  void a_minute_has_few_lines_however_many_try(Databases kind) {
    open(kind);
    for (int i = 0; i < 5_000; i++) {
      audit.loginFailed("guess" + i, "10.0." + i / 250 + "." + i % 250, "bot");
      if (i % 1_000 == 0) {
        audit.flush();
      }
    }
    audit.flush();

    List<String> lines = lines();
    assertEquals(FailedLogins.LINES + 1, lines.size());
    assertEquals(
        5_000,
        lines.stream().mapToInt(l -> Integer.parseInt(l.replaceAll(".*:(\\d+)}}", "$1"))).sum());
  }

  @ParameterizedTest
  @EnumSource
  void what_could_not_be_written_waits(Databases kind) {
    open(kind);
    AtomicBoolean away = new AtomicBoolean(true);
    AuditLog log = new AuditLog(new Away(database, away), clock);
    log.loginFailed("ana", "10.0.0.1", "");
    assertThrows(StorageException.class, log::flush);
    log.loginFailed("ana", "10.0.0.1", "");
    assertThrows(StorageException.class, log::flush);
    away.set(false);
    log.flush();

    assertEquals(List.of("Ana 7 10.0.0.1  {\"intentos\":{\"old\":null,\"new\":2}}"), lines());
  }

  /// A database that cannot be written for a while.
  record Away(Database real, AtomicBoolean away) implements Database {
    @Override
    public Dialect dialect() {
      return real.dialect();
    }

    @Override
    public <T> T read(Work<T> work) {
      return real.read(work);
    }

    @Override
    public <T> T write(Work<T> work) {
      if (away.get()) {
        throw new StorageException("away", new IOException());
      }
      return real.write(work);
    }

    @Override
    public void check() {
      real.check();
    }

    @Override
    public void close() {
      real.close();
    }
  }

  private List<String> lines() {
    return database.read(
        handle ->
            handle
                .createQuery(
                    """
                    SELECT object_name || ' ' || object_id || ' ' || address || ' ' || user_agent
                           || ' ' || changes
                      FROM audit_log WHERE action = 'LOGIN_FAILED' ORDER BY id
                    """)
                .mapTo(String.class)
                .list());
  }

  private String everything() {
    return database.read(
        handle -> handle.createQuery("SELECT * FROM audit_log").mapToMap().list().toString());
  }
}
