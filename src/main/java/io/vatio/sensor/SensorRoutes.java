package io.vatio.sensor;

import com.fasterxml.jackson.databind.node.ArrayNode;
import io.vatio.device.DispositivoLimits;
import io.vatio.kernel.Permission;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Reach;
import io.vatio.kernel.Text;
import io.vatio.platform.http.Access;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.http.Listing;
import io.vatio.platform.http.Paging;
import io.vatio.platform.http.Reply;
import io.vatio.platform.http.Request;
import io.vatio.platform.json.Json;
import io.vatio.platform.text.Messages;
import io.vertx.core.http.HttpMethod;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// `/api/sensors/`: the kinds of measurement.
final class SensorRoutes {
  private static final String PATH = "/api/sensors";
  private static final String ONE = PATH + "/:id";

  private static final Listing<Sensor> LISTING =
      new Listing<>(
          List.of(Sensor::name, Sensor::type, Sensor::description),
          Map.of(
              "nombre", Sensor::name,
              "tipo", Sensor::type,
              "created_at", Sensor::createdAt),
          "-created_at");

  private final SensorRegistry sensors;
  private final SensorVisibility visibility;
  private final SensorJson json;
  private final Messages messages;
  private final Clock clock;

  SensorRoutes(
      SensorRegistry sensors,
      SensorVisibility visibility,
      SensorJson json,
      Messages messages,
      Clock clock) {
    this.sensors = sensors;
    this.visibility = visibility;
    this.json = json;
    this.messages = messages;
    this.clock = clock;
  }

  void addTo(HttpApi api) {
    Access viewer = Access.holder(Permission.VIEW_SENSORS);
    Access keeper = Access.holder(Permission.MANAGE_SENSORS);
    api.route(HttpMethod.GET, PATH, viewer, this::list);
    api.route(HttpMethod.GET, PATH + "/available", viewer, this::available);
    api.route(HttpMethod.GET, PATH + "/tipos", viewer, this::types);
    api.route(HttpMethod.GET, ONE, viewer, this::show);
    api.route(HttpMethod.POST, PATH, keeper, this::create);
    api.route(HttpMethod.PUT, ONE, keeper, request -> update(request, false));
    api.route(HttpMethod.PATCH, ONE, keeper, request -> update(request, true));
    api.route(HttpMethod.DELETE, ONE, keeper, this::delete);
  }

  private Reply list(Request request) {
    Paging paging = Paging.of(request);
    Optional<String> type = request.query("tipo");
    Optional<String> state = choice(request, "estado", SensorTypes.SENSOR_STATES);
    List<Sensor> found =
        LISTING.apply(
            request,
            visibility.list(request.principal()).reversed().stream()
                .filter(sensor -> type.isEmpty() || type.get().equals(sensor.type()))
                .filter(sensor -> state.isEmpty() || state.get().equals(sensor.state()))
                .toList());
    return Reply.ok(
        paging.wrap(
            found.size(),
            paging.cut(found).stream().map(s -> json.of(s, request.language())).toList()));
  }

  /// A filter that knows only some words.
  static Optional<String> choice(Request request, String name, List<String> words) {
    Optional<String> word = request.query(name);
    if (word.isPresent() && !words.contains(word.get())) {
      throw Problem.invalid(
          name, Text.of("http.not_a_choice", DispositivoLimits.shown(word.get())));
    }
    return word;
  }

  private Reply available(Request request) {
    ArrayNode list = Json.array();
    visibility.list(request.principal()).reversed().stream()
        .filter(sensor -> sensor.state().equals(Sensor.ACTIVE))
        .forEach(sensor -> list.add(json.of(sensor, request.language())));
    return Reply.ok(list);
  }

  private Reply types(Request request) {
    return Reply.ok(
        SensorTypes.choices(
            SensorTypes.SENSORS, type -> SensorTypes.sensor(messages, request.language(), type)));
  }

  private Reply show(Request request) {
    Sensor sensor =
        sensors
            .findById(request.pathId("id"))
            .filter(found -> visibility.sees(request.principal(), found))
            .orElseThrow(SensorRoutes::unknown);
    return Reply.ok(json.of(sensor, request.language()));
  }

  private Reply create(Request request) {
    Principal who = request.principal();
    if (who.reach() == Reach.SHARED) {
      throw forbidden();
    }
    Long author = who.account().isPresent() ? (Long) who.account().getAsLong() : null;
    Sensor sensor =
        sensors.create(SensorForm.read(request.object(), false).create(author, clock.instant()));
    return Reply.created(json.of(sensor, request.language()));
  }

  private Reply update(Request request, boolean partial) {
    long id = requireChangeable(request);
    SensorForm form = SensorForm.read(request.object(), partial);
    Sensor sensor =
        sensors
            .update(id, present -> form.applyTo(present, clock.instant()))
            .orElseThrow(SensorRoutes::unknown);
    return Reply.ok(json.of(sensor, request.language()));
  }

  private Reply delete(Request request) {
    if (!sensors.delete(requireChangeable(request))) {
      throw unknown();
    }
    return Reply.noContent();
  }

  private long requireChangeable(Request request) {
    Sensor sensor = sensors.findById(request.pathId("id")).orElseThrow(SensorRoutes::unknown);
    if (!visibility.mayChange(request.principal(), sensor)) {
      throw forbidden();
    }
    return sensor.id();
  }

  private static Problem unknown() {
    return Problem.notFound(Text.of("http.not_found"));
  }

  private static Problem forbidden() {
    return Problem.forbidden(Text.of("sensor.forbidden"));
  }
}
