package io.vatio.reading;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.http.Access;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.http.Reply;
import io.vatio.platform.http.Request;
import io.vatio.platform.json.Json;
import io.vertx.core.http.HttpMethod;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// `/api/retention/`: how long to keep what.
final class RetentionRoutes {
  private static final String PATH = "/api/retention";
  private static final int MOST_RULES = 10_000;
  private static final int MOST_DAYS = 36_500;

  private final RetentionStore rules;
  private final RetentionJob job;
  private final Rollups rollups;

  RetentionRoutes(RetentionStore rules, RetentionJob job, Rollups rollups) {
    this.rules = rules;
    this.job = job;
    this.rollups = rollups;
  }

  void addTo(HttpApi api) {
    api.route(HttpMethod.GET, PATH, Access.SUPERUSER, _ -> list());
    api.route(HttpMethod.PUT, PATH, Access.SUPERUSER, this::replace);
  }

  private Reply list() {
    ObjectNode body = Json.object();
    ArrayNode list = body.putArray("reglas");
    for (RetentionRule rule : rules.list()) {
      ObjectNode one = list.addObject();
      one.put("sensor_id", rule.sensorId());
      one.put("crudo_dias", rule.rawDays());
      one.put("minutos_dias", rule.minuteDays());
      one.put("horas_dias", rule.hourDays());
    }
    return Reply.ok(body);
  }

  private Reply replace(Request request) {
    JsonNode list = request.object().path("reglas");
    if (!list.isArray() || list.size() > MOST_RULES) {
      throw Problem.invalid("reglas", Text.of("http.field_list", Integer.toString(MOST_RULES)));
    }
    List<RetentionRule> read = new ArrayList<>();
    Set<@Nullable Long> sensors = new HashSet<>();
    for (JsonNode item : list) {
      RetentionRule rule = rule(item);
      if (!sensors.add(rule.sensorId())) {
        throw Problem.invalid("sensor_id", Text.of("retention.twice"));
      }
      read.add(rule);
    }
    rules.replace(read, rollups.now());
    job.wake();
    return list();
  }

  private RetentionRule rule(JsonNode item) {
    if (!item.isObject()) {
      throw Problem.invalid("reglas", Text.of("http.field_list", Integer.toString(MOST_RULES)));
    }
    Integer sensor = days(item, "sensor_id", Integer.MAX_VALUE);
    if (sensor != null && !rules.hasSensor(sensor)) {
      throw Problem.invalid(
          "sensor_id", Text.of("retention.sensor_unknown", Integer.toString(sensor)));
    }
    RetentionRule rule =
        new RetentionRule(
            sensor == null ? null : (Long) sensor.longValue(),
            days(item, "crudo_dias", MOST_DAYS),
            days(item, "minutos_dias", MOST_DAYS),
            days(item, "horas_dias", MOST_DAYS));
    if (!rule.isCoherent()) {
      throw Problem.invalid("crudo_dias", Text.of("retention.order"));
    }
    return rule;
  }

  private static @Nullable Integer days(JsonNode item, String name, int most) {
    JsonNode value = item.path(name);
    if (value.isMissingNode() || value.isNull()) {
      return null;
    }
    if (!value.isIntegralNumber()
        || !value.canConvertToInt()
        || value.intValue() < 1
        || value.intValue() > most) {
      throw Problem.invalid(name, Text.of("http.whole_number", "1", Integer.toString(most)));
    }
    return value.intValue();
  }
}
