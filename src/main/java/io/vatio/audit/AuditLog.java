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
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jdbi.v3.core.Handle;

/// Writes who did what, inside the transaction that does it, so that neither is there without the
/// other. Who it was is asked from the thread ([Actor#current]). Thread safe.
public final class AuditLog {
  private static final String INSERT =
      """
      INSERT INTO audit_log (at, account_id, username, action, model, object_id, object_name,
                             changes, address, user_agent)
      VALUES (:at, :account, :username, :action, :model, :object, :name,
              :changes, :address, :agent)
      """;

  /// What stands in place of a secret.
  private static final String MASK = "********";

  private static final int MAX_TEXT = 300;

  private final Clock clock;

  public AuditLog(Database database, Clock clock) {
    this.clock = clock;
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

  /// Notes something else.
  ///
  /// @param changes `{field: {"old", "new"}}`; must not hold secrets
  public void note(Handle handle, Action action, Target target, ObjectNode changes) {
    Optional<Actor> actor = Actor.current();
    OptionalLong account = actor.map(a -> a.principal().account()).orElse(OptionalLong.empty());
    handle
        .createUpdate(INSERT)
        .bind("at", Micros.of(clock.instant()))
        .bind("account", account.isPresent() ? (Long) account.getAsLong() : null)
        .bind("username", actor.map(a -> a.principal().name()).orElse(""))
        .bind("action", action.name())
        .bind("model", target.model())
        .bind("object", target.id())
        .bind("name", cut(target.name()))
        .bind("changes", Json.text(changes))
        .bind("address", actor.map(Actor::address).orElse(""))
        .bind("agent", cut(actor.map(Actor::userAgent).orElse("")))
        .execute();
  }

  /// The fields that differ, each with its old and new value; those of secrets are masked.
  public static ObjectNode differences(ObjectNode before, ObjectNode after) {
    Set<String> names = new LinkedHashSet<>();
    before.fieldNames().forEachRemaining(names::add);
    after.fieldNames().forEachRemaining(names::add);
    ObjectNode changes = Json.object();
    for (String name : names) {
      JsonNode old = value(before, name);
      JsonNode now = value(after, name);
      if (!old.equals(now)) {
        ObjectNode change = changes.putObject(name);
        change.set("old", masked(name, old));
        change.set("new", masked(name, now));
      }
    }
    return changes;
  }

  private static JsonNode value(ObjectNode node, String name) {
    JsonNode value = node.get(name);
    return value == null ? NullNode.getInstance() : value;
  }

  private static JsonNode masked(String name, JsonNode value) {
    String lower = name.toLowerCase(Locale.ROOT);
    boolean secret =
        lower.contains("password")
            || lower.contains("secret")
            || lower.contains("token")
            || lower.contains("hash");
    return secret && !value.isNull() ? Json.object().textNode(MASK) : value;
  }

  private static String cut(String text) {
    return text.length() > MAX_TEXT ? text.substring(0, MAX_TEXT) : text;
  }
}
