package io.vatio.dashboard;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.account.People;
import io.vatio.device.Device;
import io.vatio.device.Visibility;
import io.vatio.kernel.Permission;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Reach;
import io.vatio.platform.http.Access;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.http.Reply;
import io.vatio.platform.http.Request;
import io.vatio.platform.json.Json;
import io.vatio.sensor.Sensor;
import io.vatio.sensor.SensorVisibility;
import io.vatio.sensor.Series;
import io.vatio.sensor.SeriesCatalogue;
import io.vertx.core.http.HttpMethod;
import java.util.List;
import java.util.function.ToLongFunction;

/// `GET /api/dashboard/stats/`: how much there is of what one sees; an operator is told what is his
/// besides. All of it is known without looking at readings.
public final class StatsRoutes {
  private static final String ACTIVE = "activo";

  private final Visibility visibility;
  private final SensorVisibility sensors;
  private final SeriesCatalogue catalogue;
  private final People people;
  private final ToLongFunction<int[]> readings;

  /// @param readings how many some series have together
  public StatsRoutes(
      Visibility visibility,
      SensorVisibility sensors,
      SeriesCatalogue catalogue,
      People people,
      ToLongFunction<int[]> readings) {
    this.visibility = visibility;
    this.sensors = sensors;
    this.catalogue = catalogue;
    this.people = people;
    this.readings = readings;
  }

  public void addTo(HttpApi api) {
    api.route(
        HttpMethod.GET,
        "/api/dashboard/stats",
        Access.holder(Permission.VIEW_DASHBOARD),
        this::stats);
  }

  private Reply stats(Request request) {
    Principal who = request.principal();
    List<Device> devices = visibility.list(who);
    List<Sensor> kinds = sensors.list(who);
    ObjectNode body = Json.object();
    body.put("total_usuarios", people.count());
    body.put("total_sensores", kinds.size());
    body.put("sensores_activos", kinds.stream().filter(s -> s.state().equals(ACTIVE)).count());
    body.put("total_dispositivos", devices.size());
    body.put(
        "dispositivos_activos",
        devices.stream().filter(d -> d.lifecycleState().equals(ACTIVE)).count());
    body.put(
        "total_lecturas", Visibility.seesAll(who) ? count(catalogue.listAll()) : countOf(devices));
    if (who.reach() == Reach.OWN && who.account().isPresent()) {
      List<Device> own = devices.stream().filter(d -> visibility.mayChange(who, d)).toList();
      body.put("mis_dispositivos", own.size());
      body.put("mis_lecturas", countOf(own));
    }
    return Reply.ok(body);
  }

  private long countOf(List<Device> devices) {
    return count(
        devices.stream().flatMap(device -> catalogue.listOf(device.id()).stream()).toList());
  }

  private long count(List<Series> series) {
    return readings.applyAsLong(series.stream().mapToInt(Series::id).toArray());
  }
}
