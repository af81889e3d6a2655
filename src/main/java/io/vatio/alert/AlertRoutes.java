package io.vatio.alert;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.kernel.Permission;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.http.Access;
import io.vatio.platform.http.Fields;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.http.Reply;
import io.vatio.platform.http.Request;
import io.vertx.core.http.HttpMethod;
import java.util.List;
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

  private final Alerts alerts;

  public AlertRoutes(Alerts alerts) {
    this.alerts = alerts;
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
    List<String> channels =
        body.has("channels") ? fields.texts("channels", MAX_CHANNELS, MAX_WORD) : null;
    fields.check();
    Principal sender = request.principal();
    alerts.raise(severity, message, sender.name(), channels);
    LOG.info(
        "alert ({}) from {}: {}", severity, sender.name(), message.replaceAll("\\p{Cntrl}", " "));
    return Reply.ok(Map.of("message", "Alerta enviada", "status", "success"));
  }
}
