package io.vatio.alert;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.alert.Alert.Acknowledgement;
import io.vatio.audit.AuditLog;
import io.vatio.audit.AuditLog.Action;
import io.vatio.audit.AuditLog.Target;
import io.vatio.kernel.Micros;
import io.vatio.platform.db.Database;
import io.vatio.platform.events.Events;
import io.vatio.platform.json.Json;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// The alerts, as events in the database. What happens to one afterwards (who was told, who has
/// seen it) is kept with it. Calls block; thread safe.
public final class Alerts {
  private static final String INSERT =
      """
      INSERT INTO event (at, kind, severity, message, source, data)
      VALUES (:at, 'alert', :severity, :message, :source, :data)
      """;

  private static final String SELECT =
      """
      SELECT id, at, severity, message, source, data
        FROM event
       WHERE kind = 'alert'
      """;

  /// Only over what was read, so that of two who change it at the same time none undoes the other.
  private static final String SWAP = "UPDATE event SET data = :now WHERE id = :id AND data = :was";

  private final Database database;
  private final Events events;
  private final AuditLog audit;
  private final Clock clock;

  public Alerts(Database database, Events events, AuditLog audit, Clock clock) {
    this.database = database;
    this.events = events;
    this.audit = audit;
    this.clock = clock;
  }

  /// Stores an alert, then tells whoever carries it on.
  Alert raise(String severity, String message, String source, @Nullable List<String> channels) {
    Instant now = clock.instant();
    ObjectNode data = Json.object();
    if (channels != null) {
      ArrayNode list = data.putArray("channels");
      channels.forEach(list::add);
    }
    long id =
        database.write(
            handle ->
                handle
                    .createUpdate(INSERT)
                    .bind("at", Micros.of(now))
                    .bind("severity", severity)
                    .bind("message", message)
                    .bind("source", source)
                    .bind("data", Json.text(data))
                    .executeAndReturnGeneratedKeys("id")
                    .mapTo(Long.class)
                    .one());
    Alert alert =
        new Alert(
            id, now, severity, message, source, channels == null ? List.of() : channels, null);
    events.publish(new AlertRaised(alert));
    return alert;
  }

  public Optional<Alert> findById(long id) {
    return database.read(handle -> find(handle, id)).map(Row::alert);
  }

  /// The newest alerts, newest first.
  public List<Alert> listNewest(int limit) {
    return database
        .read(
            handle ->
                handle
                    .createQuery(SELECT + " ORDER BY id DESC LIMIT :limit")
                    .bind("limit", limit)
                    .map((row, _) -> row(row))
                    .list())
        .stream()
        .map(Row::alert)
        .toList();
  }

  /// Notes that somebody has seen it; the first one stays.
  ///
  /// @return whether this was the first one
  public boolean acknowledge(long id, String by) {
    return change(
        id,
        data -> {
          if (data.has("acknowledged")) {
            return false;
          }
          data.putObject("acknowledged").put("at", clock.instant().toString()).put("by", by);
          return true;
        },
        (handle, alert) -> audit(handle, alert, by));
  }

  /// Notes how many were told by a way, and why others were not.
  ///
  /// @param failure of the last one that was not, empty for none
  public void delivered(long id, String channel, int sent, int failed, String failure) {
    change(
        id,
        data -> {
          ObjectNode way = data.withObjectProperty("delivery").putObject(channel);
          way.put("sent", sent).put("failed", failed);
          if (!failure.isEmpty()) {
            way.put("failure", failure);
          }
          return true;
        },
        (_, _) -> {});
  }

  private void audit(Handle handle, Alert alert, String by) {
    ObjectNode changes = Json.object();
    changes.putObject("confirmada_por").putNull("old").put("new", by);
    audit.note(handle, Action.UPDATE, Target.of("Alerta", alert.id(), alert.message()), changes);
  }

  private boolean change(
      long id, Predicate<ObjectNode> change, BiConsumer<Handle, Alert> afterwards) {
    while (true) {
      Swap swap = database.write(handle -> swap(handle, id, change, afterwards));
      if (swap != Swap.OVERTAKEN) {
        return swap == Swap.DONE;
      }
    }
  }

  private static Swap swap(
      Handle handle, long id, Predicate<ObjectNode> change, BiConsumer<Handle, Alert> afterwards) {
    Optional<Row> row = find(handle, id);
    if (row.isEmpty()) {
      return Swap.UNNEEDED;
    }
    ObjectNode data = row.get().data();
    if (!change.test(data)) {
      return Swap.UNNEEDED;
    }
    int swapped =
        handle
            .createUpdate(SWAP)
            .bind("id", id)
            .bind("was", row.get().text())
            .bind("now", Json.text(data))
            .execute();
    if (swapped == 0) {
      return Swap.OVERTAKEN;
    }
    afterwards.accept(handle, row.get().alert());
    return Swap.DONE;
  }

  private enum Swap {
    DONE,
    UNNEEDED,
    OVERTAKEN
  }

  private static Optional<Row> find(Handle handle, long id) {
    return handle
        .createQuery(SELECT + " AND id = :id")
        .bind("id", id)
        .map((row, _) -> row(row))
        .findOne();
  }

  private static Row row(ResultSet row) throws SQLException {
    return new Row(
        row.getLong(1),
        Micros.toInstant(row.getLong(2)),
        row.getString(3),
        row.getString(4),
        row.getString(5),
        row.getString(6));
  }

  private record Row(
      long id, Instant at, String severity, String message, String source, String text) {
    ObjectNode data() {
      return Json.parse(text) instanceof ObjectNode data ? data : Json.object();
    }

    Alert alert() {
      JsonNode data = data();
      List<String> channels = new ArrayList<>();
      data.path("channels").forEach(channel -> channels.add(channel.asText()));
      JsonNode seen = data.path("acknowledged");
      return new Alert(
          id,
          at,
          severity,
          message,
          source,
          channels,
          seen.isMissingNode()
              ? null
              : new Acknowledgement(
                  Instant.parse(seen.path("at").asText()), seen.path("by").asText()));
    }
  }
}
