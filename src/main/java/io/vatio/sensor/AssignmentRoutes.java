package io.vatio.sensor;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.account.People;
import io.vatio.device.Device;
import io.vatio.device.DeviceRegistry;
import io.vatio.device.DispositivoLimits;
import io.vatio.device.Visibility;
import io.vatio.kernel.Permission;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.http.Access;
import io.vatio.platform.http.Fields;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.http.Reply;
import io.vatio.platform.http.Request;
import io.vatio.platform.json.Json;
import io.vatio.platform.text.Messages;
import io.vertx.core.http.HttpMethod;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What is assigned to a device: its sensors and its operator.
final class AssignmentRoutes {
  private final DeviceRegistry devices;
  private final Visibility visibility;
  private final SensorRegistry sensors;
  private final SensorVisibility sensorVisibility;
  private final Assignments assignments;
  private final People people;
  private final DeviceJson json;
  private final Messages messages;

  AssignmentRoutes(
      ThingsModule.Needs needs,
      SensorVisibility sensorVisibility,
      Assignments assignments,
      DeviceJson json) {
    this.devices = needs.devices();
    this.visibility = needs.visibility();
    this.sensors = needs.catalogue().sensors();
    this.sensorVisibility = sensorVisibility;
    this.assignments = assignments;
    this.people = needs.people();
    this.json = json;
    this.messages = needs.messages();
  }

  void addTo(HttpApi api) {
    Access assigner = Access.holder(Permission.ASSIGN_SENSORS);
    api.route(HttpMethod.POST, DeviceRoutes.ONE + "/assign-sensor", assigner, this::assign);
    api.route(HttpMethod.DELETE, DeviceRoutes.ONE + "/remove-sensor", assigner, this::remove);
    api.route(HttpMethod.PATCH, DeviceRoutes.ONE + "/sensors/:sensor", assigner, this::configure);
    api.route(
        HttpMethod.POST,
        DeviceRoutes.ONE + "/assign-operator",
        Access.holder(Permission.ASSIGN_OPERATORS),
        this::assignOperator);
  }

  private Reply assign(Request request) {
    Device device = require(request);
    ObjectNode body = request.object();
    Fields fields = new Fields(body);
    long id = fields.id("sensor_id");
    String key = key(fields);
    fields.check();
    ObjectNode configuration = AssignmentForm.configuration(body);
    Sensor sensor =
        sensors
            .findById(id)
            .filter(found -> sensorVisibility.sees(request.principal(), found))
            .orElseThrow(() -> Problem.invalid("sensor_id", Text.of("sensor.unknown")));
    Optional<Series> series = assignments.assign(device, sensor, key, configuration);
    return series.isEmpty()
        ? error(request, 400, Text.of("sensor.assigned_already"))
        : Reply.created(
            said(request, "sensor.assigned")
                .set("asignacion", json.assignment(device, series.get())));
  }

  private static @Nullable String key(Fields fields) {
    if (!fields.has("clave") || fields.isNull("clave")) {
      return null;
    }
    String key = fields.text("clave", Assignments.KEY);
    if (fields.isFine("clave")
        && (!key.equals(key.strip())
            || DispositivoLimits.text("clave", key, Assignments.KEY) != null)) {
      fields.fault("clave", Text.of("sensor.key_wrong"));
    }
    return key;
  }

  private Reply remove(Request request) {
    Device device = require(request);
    Long sensor = DeviceRoutes.number(request, "sensor_id");
    if (sensor == null) {
      return error(request, 400, Text.of("sensor.id_missing"));
    }
    return assignments.remove(device, sensor)
        ? Reply.ok(said(request, "sensor.removed"))
        : error(request, 404, Text.of("sensor.not_assigned"));
  }

  private Reply configure(Request request) {
    Device device = require(request);
    ObjectNode body = request.object();
    Fields fields = new Fields(body);
    if (!fields.has("configuracion_json")) {
      fields.fault("configuracion_json", Text.of("http.field_required"));
    }
    fields.check();
    return assignments
        .configure(device, request.pathId("sensor"), AssignmentForm.configuration(body))
        .map(series -> Reply.ok(json.assignment(device, series)))
        .orElseGet(() -> error(request, 404, Text.of("sensor.not_assigned")));
  }

  private Device require(Request request) {
    return visibility.change(request.principal(), request.pathId("id"), Permission.ASSIGN_SENSORS);
  }

  private Reply assignOperator(Request request) {
    Device device =
        visibility.change(request.principal(), request.pathId("id"), Permission.ASSIGN_OPERATORS);
    Fields fields = new Fields(request.object());
    Long operator = fields.isNull("operador_id") ? null : (Long) fields.id("operador_id");
    fields.check();
    if (operator != null) {
      DeviceRoutes.requireOperator(people, "operador_id", operator);
    }
    Device done =
        devices
            .update(device.id(), present -> present.operatedBy(operator))
            .orElseThrow(() -> Problem.notFound(Text.of("http.not_found")));
    return Reply.ok(
        said(request, operator == null ? "device.operator_removed" : "device.operator_assigned")
            .set("dispositivo", json.of(done, request.language())));
  }

  private ObjectNode said(Request request, String key) {
    return Json.object().put("message", messages.in(request.language(), Text.of(key)));
  }

  private Reply error(Request request, int status, Text text) {
    return Reply.json(status, Map.of("error", messages.in(request.language(), text)));
  }
}
