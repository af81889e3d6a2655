package io.vatio.audit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.kernel.Actor;
import io.vatio.kernel.Micros;
import io.vatio.platform.db.Database;
import io.vatio.platform.json.Json;
import java.time.Clock;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jdbi.v3.core.Handle;

/// Writes who did what, inside the transaction that does it, so that neither is there without the
/// other. Who it was is asked from the thread ([Actor#current]). Thread safe.
///
/// What looks like a secret, or stands in a field whose name says that it is one, is masked here,
/// whoever wrote it.
public final class AuditLog {
  /// Characters of the JSON of one line; the values of a longer one are left out.
  private static final int MAX_CHANGES = 16_384;

  /// How deep two objects are compared field by field.
  private static final int MAX_DEPTH = 6;

  /// Characters of the path of a field.
  private static final int MAX_PLACE = 300;

  private final Clock clock;
  private final AuditStore store = new AuditStore();
  private final FailedLogins failures;

  public AuditLog(Database database, Clock clock) {
    this.clock = clock;
    this.failures = new FailedLogins(database, store, clock);
  }

  /// What was done; the name is the wire word.
  public enum Action {
    CREATE,
    UPDATE,
    DELETE,
    LOGIN,
    LOGIN_FAILED,
    LOGOUT,
    CLAIM,
    COMMAND,
    CREDENTIAL
  }

  /// What it was done to.
  ///
  /// @param model the wire word, for instance `Dispositivo`
  /// @param id empty for none
  /// @param name what people call it
  public record Target(String model, String id, String name) {
    public static Target of(String model, long id, String name) {
      return new Target(model, Long.toString(id), name);
    }
  }

  /// Notes a new thing.
  ///
  /// @param after its fields as the API shows them
  public void created(Handle handle, Target target, ObjectNode after) {
    note(handle, Action.CREATE, target, differences(Json.object(), after));
  }

  /// Notes a change; nothing when there is none.
  public void updated(Handle handle, Target target, ObjectNode before, ObjectNode after) {
    ObjectNode changes = differences(before, after);
    if (!changes.isEmpty()) {
      note(handle, Action.UPDATE, target, changes);
    }
  }

  /// Notes that a thing is gone.
  public void deleted(Handle handle, Target target, ObjectNode before) {
    note(handle, Action.DELETE, target, differences(before, Json.object()));
  }

  /// Notes something else. Who logs in is nobody yet: wrap the call in
  /// `new Actor(principal, …).doing(…)`.
  ///
  /// @param changes `{field: {"old", "new"}}`
  public void note(Handle handle, Action action, Target target, ObjectNode changes) {
    Optional<Actor> actor = Actor.current();
    store.insert(
        handle,
        new AuditEntry(
            0,
            Micros.toInstant(Micros.of(clock.instant())),
            actor.map(a -> a.principal().account()).orElse(OptionalLong.empty()),
            actor.map(a -> a.principal().name()).orElse(""),
            target.model(),
            target.id(),
            target.name(),
            action.name(),
            changes,
            actor.map(Actor::address).orElse(""),
            actor.map(Actor::userAgent).orElse("")));
  }

  /// Notes a login that failed, whether by name and password or by anything else. Returns at once
  /// and never fails: it is written beside, within a second or so.
  ///
  /// Failures of one address and name within a minute are one line with their number, and a minute
  /// has [FailedLogins#LINES] lines at most, so that whoever guesses passwords cannot fill the
  /// disk.
  /// The name of an account is kept; any other is masked, because people type their password into
  /// the wrong field.
  ///
  /// @param name as it was typed
  public void loginFailed(String name, String address, String userAgent) {
    failures.add(name, address, userAgent);
  }

  /// Writes the failed logins that wait. Blocks.
  public void flush() {
    failures.flush();
  }

  /// The fields that differ, each with its old and new value; those of secrets are masked. A field
  /// inside an object is named by its path: `configuracion.intervalo`.
  public static ObjectNode differences(ObjectNode before, ObjectNode after) {
    ObjectNode changes = Json.object();
    compare("", before, after, MAX_DEPTH, changes);
    return changes;
  }

  private static void compare(
      String path, ObjectNode before, ObjectNode after, int depth, ObjectNode changes) {
    Set<String> names = new LinkedHashSet<>();
    before.fieldNames().forEachRemaining(names::add);
    after.fieldNames().forEachRemaining(names::add);
    for (String name : names) {
      JsonNode old = value(before, name);
      JsonNode now = value(after, name);
      if (old.equals(now)) {
        continue;
      }
      String place = path + name;
      if (old instanceof ObjectNode o
          && now instanceof ObjectNode n
          && depth > 1
          && !Secrets.isSecretName(name)) {
        compare(place + ".", o, n, depth - 1, changes);
      } else {
        ObjectNode change = changes.putObject(Secrets.text(place, MAX_PLACE));
        change.set("old", Secrets.masked(name, old));
        change.set("new", Secrets.masked(name, now));
      }
    }
  }

  private static JsonNode value(ObjectNode node, String name) {
    JsonNode value = node.get(name);
    return value == null ? NullNode.getInstance() : value;
  }

  /// The changes as they may be kept, whoever made them up.
  static String kept(ObjectNode changes) {
    ObjectNode masked = Json.object();
    for (var change : changes.properties()) {
      String name = change.getKey();
      if (change.getValue() instanceof ObjectNode values) {
        ObjectNode kept = masked.putObject(Secrets.text(name, MAX_PLACE));
        values
            .properties()
            .forEach(
                v ->
                    kept.set(
                        v.getKey(),
                        v.getKey().equals("old") || v.getKey().equals("new")
                            ? Secrets.masked(name, v.getValue())
                            : Secrets.masked(v.getKey(), v.getValue())));
      } else {
        masked.set(Secrets.text(name, MAX_PLACE), Secrets.masked(name, change.getValue()));
      }
    }
    String text = Json.text(masked);
    return text.length() <= MAX_CHANGES ? text : Json.text(withoutValues(masked));
  }

  private static ObjectNode withoutValues(ObjectNode changes) {
    ObjectNode names = Json.object();
    int left = MAX_CHANGES / 2;
    for (String name : (Iterable<String>) changes::fieldNames) {
      left -= name.length() + 30;
      if (left < 0) {
        break;
      }
      names.putObject(name).put("old", "…").put("new", "…");
    }
    return names;
  }
}
