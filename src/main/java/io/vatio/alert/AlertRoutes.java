package io.vatio.alert;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.kernel.Micros;
import io.vatio.kernel.Permission;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.db.Database;
import io.vatio.platform.http.Access;
import io.vatio.platform.http.Fields;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.http.Reply;
import io.vatio.platform.http.Request;
import io.vatio.platform.json.Json;
import io.vertx.core.http.HttpMethod;
import java.time.Clock;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// `POST /api/alert`: a program tells people something.
public final class AlertRoutes {
  private static final Logger LOG = LoggerFactory.getLogger(AlertRoutes.class);
  private static final int MAX_MESSAGE = 4_000;
  private static final int MAX_WORD = 50;
  private static final int MAX_CHANNELS = 10;
  private static final Set<String> SEVERITIES = Set.of("info", "warning", "error", "success");

  private static final String INSERT =
      """
      INSERT INTO event (at, kind, severity, message, source, data)
      VALUES (:at, 'alert', :severity, :message, :source, :data)
      """;

  private final Database database;
  private final Clock clock;

  public AlertRoutes(Database database, Clock clock) {
    this.database = database;
    this.clock = clock;
  }

  public void addTo(HttpApi api) {
    api.route(
        HttpMethod.POST, "/api/alert", Access.holder(Permission.CREATE_READINGS), this::accept);
  }

  private Reply accept(Request request) {
    if (request.principal() instanceof Principal.Device) {
      // A device speaks of itself on its own topics; people are told by people and programs.
      throw Problem.forbidden(Text.of("http.forbidden"));
    }
    ObjectNode body = request.object();
    Fields fields = new Fields(body);
    String message = fields.text("message", MAX_MESSAGE);
    String severity = fields.text("severity", MAX_WORD, "");
    if (severity.isEmpty()) {
      severity = "warning";
    } else if (!SEVERITIES.contains(severity)) {
      fields.fault("severity", Text.of("http.not_a_choice", severity));
    }
    ObjectNode data = Json.object();
    if (body.has("channels")) {
      ArrayNode channels = data.putArray("channels");
      fields.texts("channels", MAX_CHANNELS, MAX_WORD).forEach(channels::add);
    }
    fields.check();
    store(message, severity, data, request.principal());
    return Reply.ok(Map.of("message", "Alerta enviada", "status", "success"));
  }

  private void store(String message, String severity, ObjectNode data, Principal sender) {
    database.write(
        handle ->
            handle
                .createUpdate(INSERT)
                .bind("at", Micros.of(clock.instant()))
                .bind("severity", severity)
                .bind("message", message)
                .bind("source", sender.name())
                .bind("data", Json.text(data))
                .execute());
    LOG.info(
        "alert ({}) from {}: {}", severity, sender.name(), message.replaceAll("\\p{Cntrl}", " "));
  }
}
