package io.vatio.alert;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.kernel.Micros;
import io.vatio.kernel.Permission;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.db.Database;
import io.vatio.platform.http.Access;
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
    ObjectNode body = request.object();
    String message = message(body);
    String severity = severity(body);
    ObjectNode data = Json.object();
    if (body.has("channels")) {
      data.set("channels", channels(body.get("channels")));
    }
    database.write(
        handle ->
            handle
                .createUpdate(INSERT)
                .bind("at", Micros.of(clock.instant()))
                .bind("severity", severity)
                .bind("message", message)
                .bind("source", request.principal().name())
                .bind("data", Json.text(data))
                .execute());
    LOG.info(
        "alert ({}) from {}: {}",
        severity,
        request.principal().name(),
        message.replaceAll("\\p{Cntrl}", " "));
    return Reply.ok(Map.of("message", "Alerta enviada", "status", "success"));
  }

  private static String message(ObjectNode body) {
    JsonNode message = body.path("message");
    if (message.isMissingNode() || message.isNull()) {
      throw Problem.invalid("message", Text.of("http.field_required"));
    }
    if (!message.isTextual() || message.textValue().isBlank()) {
      throw Problem.invalid("message", Text.of("http.text_required"));
    }
    if (message.textValue().length() > MAX_MESSAGE) {
      throw Problem.invalid(
          "message", Text.of("http.text_too_long", Integer.toString(MAX_MESSAGE)));
    }
    return message.textValue().replace('\0', ' ');
  }

  private static String severity(ObjectNode body) {
    JsonNode severity = body.path("severity");
    if (severity.isMissingNode() || severity.isNull()) {
      return "warning";
    }
    if (!severity.isTextual() || !SEVERITIES.contains(severity.textValue())) {
      throw Problem.invalid("severity", Text.of("http.not_a_choice", severity.asText()));
    }
    return severity.textValue();
  }

  private static JsonNode channels(JsonNode channels) {
    if (!channels.isArray() || channels.size() > 10) {
      throw Problem.invalid("channels", Text.of("alert.channels"));
    }
    for (JsonNode channel : channels) {
      if (!channel.isTextual() || channel.textValue().length() > 50) {
        throw Problem.invalid("channels", Text.of("alert.channels"));
      }
    }
    return channels;
  }
}
