package io.vatio.energy;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.device.DeviceRegistry;
import io.vatio.device.Visibility;
import io.vatio.kernel.Micros;
import io.vatio.kernel.Permission;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.http.Access;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.http.Reply;
import io.vatio.platform.http.Request;
import io.vatio.platform.json.Json;
import io.vatio.reading.Quality;
import io.vatio.reading.Reading;
import io.vatio.reading.ReadingStore;
import io.vatio.sensor.Series;
import io.vatio.sensor.SeriesCatalogue;
import io.vertx.core.http.HttpMethod;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;

/// `GET /api/energy`: the newest readings of the main meter, for those who see it.
public final class EnergyRoutes {
  private static final int DEFAULT_LIMIT = 100;
  private static final int MAX_LIMIT = 1_000;

  private final DeviceRegistry devices;
  private final Visibility visibility;
  private final SeriesCatalogue catalogue;
  private final ReadingStore readings;
  private final ZoneId zone;

  public EnergyRoutes(
      DeviceRegistry devices,
      Visibility visibility,
      SeriesCatalogue catalogue,
      ReadingStore readings,
      ZoneId zone) {
    this.devices = devices;
    this.visibility = visibility;
    this.catalogue = catalogue;
    this.readings = readings;
    this.zone = zone;
  }

  public void addTo(HttpApi api) {
    api.route(HttpMethod.GET, "/api/energy", Access.holder(Permission.VIEW_READINGS), this::newest);
  }

  private Reply newest(Request request) {
    int limit = request.queryInt("limit", DEFAULT_LIMIT, 1, MAX_LIMIT);
    Instant from = request.queryInstant("desde", zone);
    Instant to = request.queryInstant("hasta", zone);
    if (from != null && to != null && from.isAfter(to)) {
      throw Problem.invalid("desde", Text.of("http.from_after_to"));
    }
    boolean pairs = isPairs(request);
    ArrayNode result = Json.array();
    for (Reading reading :
        find(
            request.principal(),
            from == null ? Long.MIN_VALUE : Micros.of(from),
            to == null ? Long.MAX_VALUE : Micros.of(to),
            limit)) {
      String timestamp = Micros.toInstant(reading.ts()).toString();
      if (pairs) {
        result.addArray().add(timestamp).add(reading.value());
      } else {
        ObjectNode row = result.addObject();
        row.put("id", reading.seq());
        row.put("timestamp", timestamp);
        row.put("consumption", reading.value());
        if (reading.quality() != 0) {
          ArrayNode flags = row.putArray("calidad");
          Quality.codes(reading.quality()).forEach(flags::add);
        }
      }
    }
    return Reply.ok(result);
  }

  private static boolean isPairs(Request request) {
    Optional<String> format = request.query("format");
    if (format.isEmpty() || format.get().equals("objects")) {
      return false;
    }
    if (format.get().equals("pairs")) {
      return true;
    }
    throw Problem.invalid("format", Text.of("http.not_a_choice", format.get()));
  }

  private List<Reading> find(Principal who, long from, long to, int limit) {
    Optional<Series> power =
        devices
            .findBySerial(MainMeter.SERIAL)
            .filter(visibility.of(who))
            .flatMap(device -> catalogue.find(device.id(), MainMeter.POWER_KEY));
    return power.isEmpty() ? List.of() : readings.newest(power.get().id(), from, to, limit);
  }
}
