package io.vatio.audit;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.audit.AuditLog.Action;
import io.vatio.kernel.Micros;
import io.vatio.platform.db.Database;
import io.vatio.platform.json.Json;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.jdbi.v3.core.Handle;

/// Logins that failed, folded: one line a minute for each address and account, however often they
/// try. Who notes one never waits for the database; [#flush] writes. Thread safe.
final class FailedLogins {
  /// Lines of one minute; further addresses and accounts share one more.
  static final int LINES = 20;

  /// Addresses and names that wait to be written; further ones count without them.
  static final int WAITING = 256;

  private static final int MAX_NAME = 150;
  private static final int MAX_AGENT = 300;

  private static final Attempt OTHERS = new Attempt(Instant.EPOCH, "", "");

  private final Database database;
  private final AuditStore store;
  private final Clock clock;
  private final Lock lock = new ReentrantLock();
  private final Lock writing = new ReentrantLock();

  /// Under the lock.
  private Map<Attempt, Tally> waiting = new LinkedHashMap<>();

  /// The lines of the minute that runs; only of whoever writes.
  private Map<Attempt, Line> open = new HashMap<>();

  FailedLogins(Database database, AuditStore store, Clock clock) {
    this.database = database;
    this.store = store;
    this.clock = clock;
  }

  /// @param minute when
  /// @param name as typed; later that of an account, the mask, or empty for several
  private record Attempt(Instant minute, String address, String name) {}

  /// @param userAgent of the first
  private record Tally(Instant first, String userAgent, long times) {
    Tally and(Tally more) {
      return new Tally(first, userAgent, times + more.times);
    }
  }

  private record Line(long id, long times) {}

  private record Known(long id, String username) {}

  void add(String name, String address, String userAgent) {
    Instant now = clock.instant();
    Instant minute = now.truncatedTo(ChronoUnit.MINUTES);
    lock.lock();
    try {
      Attempt attempt =
          new Attempt(minute, Secrets.clean(address, MAX_NAME), Secrets.clean(name, MAX_NAME));
      if (waiting.size() >= WAITING && !waiting.containsKey(attempt)) {
        attempt = new Attempt(minute, OTHERS.address(), OTHERS.name());
      }
      waiting.merge(attempt, new Tally(now, Secrets.clean(userAgent, MAX_AGENT), 1), Tally::and);
    } finally {
      lock.unlock();
    }
  }

  /// Writes what waits; what cannot be written waits on.
  void flush() {
    writing.lock();
    try {
      Map<Attempt, Tally> taken = take();
      if (taken.isEmpty()) {
        return;
      }
      try {
        open = database.write(handle -> write(handle, taken));
      } catch (RuntimeException e) {
        putBack(taken);
        throw e;
      }
    } finally {
      writing.unlock();
    }
  }

  private Map<Attempt, Tally> take() {
    lock.lock();
    try {
      Map<Attempt, Tally> taken = waiting;
      waiting = new LinkedHashMap<>();
      return taken;
    } finally {
      lock.unlock();
    }
  }

  private void putBack(Map<Attempt, Tally> taken) {
    lock.lock();
    try {
      // The newer ones first lost their place to the older ones, and none its number.
      Map<Attempt, Tally> newer = waiting;
      waiting = taken;
      newer.forEach(
          (attempt, tally) ->
              waiting.merge(
                  waiting.size() < WAITING || waiting.containsKey(attempt)
                      ? attempt
                      : new Attempt(attempt.minute(), OTHERS.address(), OTHERS.name()),
                  tally,
                  Tally::and));
    } finally {
      lock.unlock();
    }
  }

  private Map<Attempt, Line> write(Handle handle, Map<Attempt, Tally> taken) {
    Map<String, Known> accounts = new HashMap<>();
    Map<Attempt, Tally> folded = new LinkedHashMap<>();
    taken.forEach(
        (attempt, tally) -> {
          Known known = accounts.computeIfAbsent(attempt.name(), name -> known(handle, name));
          folded.merge(
              new Attempt(attempt.minute(), attempt.address(), known.username()),
              tally,
              Tally::and);
        });
    Map<String, Known> byName = new HashMap<>();
    accounts.values().forEach(known -> byName.put(known.username(), known));
    Map<Attempt, Line> lines = new HashMap<>(open);
    folded.forEach(
        (attempt, tally) -> {
          Attempt place = place(lines, attempt);
          lines.put(place, add(handle, lines, place, tally, byName));
        });
    Instant running = clock.instant().truncatedTo(ChronoUnit.MINUTES);
    lines.keySet().removeIf(attempt -> attempt.minute().isBefore(running));
    return lines;
  }

  private static Attempt place(Map<Attempt, Line> lines, Attempt attempt) {
    long ofMinute =
        lines.keySet().stream().filter(a -> a.minute().equals(attempt.minute())).count();
    return lines.containsKey(attempt) || ofMinute < LINES
        ? attempt
        : new Attempt(attempt.minute(), OTHERS.address(), OTHERS.name());
  }

  private Line add(
      Handle handle,
      Map<Attempt, Line> lines,
      Attempt attempt,
      Tally tally,
      Map<String, Known> accounts) {
    Line line = lines.get(attempt);
    if (line != null) {
      long times = line.times() + tally.times();
      store.replaceChanges(handle, line.id(), changes(times));
      return new Line(line.id(), times);
    }
    Known known = accounts.getOrDefault(attempt.name(), new Known(0, attempt.name()));
    long id =
        store.insert(
            handle,
            new AuditEntry(
                0,
                Micros.toInstant(Micros.of(tally.first())),
                OptionalLong.empty(),
                "",
                "Usuario",
                known.id() == 0 ? "" : Long.toString(known.id()),
                known.username(),
                Action.LOGIN_FAILED.name(),
                changes(tally.times()),
                attempt.address(),
                attempt.address().isEmpty() ? "" : tally.userAgent()));
    return new Line(id, tally.times());
  }

  private static ObjectNode changes(long times) {
    ObjectNode changes = Json.object();
    changes.putObject("intentos").putNull("old").put("new", times);
    return changes;
  }

  /// The account that is called so; the mask when there is none.
  private Known known(Handle handle, String name) {
    if (name.isEmpty()) {
      return new Known(0, "");
    }
    String condition =
        switch (database.dialect()) {
          case SQLITE -> "username = :name";
          case POSTGRESQL -> "lower(username) = lower(:name)";
        };
    return handle
        .createQuery("SELECT id, username FROM account WHERE " + condition)
        .bind("name", name)
        .map((row, _) -> new Known(row.getLong(1), row.getString(2)))
        .findFirst()
        .orElse(new Known(0, Secrets.MASK));
  }
}
