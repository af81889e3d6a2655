package io.vatio.reading;

import io.vatio.device.Device;
import io.vatio.device.DeviceRegistry;
import io.vatio.device.DispositivoLimits;
import io.vatio.device.Visibility;
import io.vatio.kernel.Permission;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.http.Request;
import io.vatio.sensor.Series;
import io.vatio.sensor.SeriesCatalogue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// Which series a request means: `series` (ids), `dispositivo` (serial numbers or ids) and `sensor`
/// (keys or ids), each repeated or with commas; what is given must all fit. What somebody may not
/// see is not there for him. Thread safe.
final class SeriesSelection {
  /// Names in one parameter; more are a mistake.
  private static final int NAMES = 1_000;

  private final DeviceRegistry devices;
  private final Visibility visibility;
  private final SeriesCatalogue catalogue;

  SeriesSelection(DeviceRegistry devices, Visibility visibility, SeriesCatalogue catalogue) {
    this.devices = devices;
    this.visibility = visibility;
    this.catalogue = catalogue;
  }

  DeviceRegistry devices() {
    return devices;
  }

  SeriesCatalogue catalogue() {
    return catalogue;
  }

  /// The series in order of their ids; all that one sees when the request names none.
  List<Series> of(Request request) {
    Principal who = request.principal();
    List<String> ids = names(request, "series");
    Set<Long> owners = new HashSet<>();
    List<String> deviceNames = names(request, "dispositivo");
    deviceNames.forEach(name -> owners.add(device(who, name).id()));
    List<String> sensors = names(request, "sensor");
    Stream<Series> all =
        ids.isEmpty()
            ? owners.isEmpty()
                ? all(who)
                : owners.stream().flatMap(id -> catalogue.listOf(id).stream())
            : ids.stream().map(id -> series(who, id)).distinct();
    List<Series> found =
        all.filter(s -> owners.isEmpty() || owners.contains(s.deviceId()))
            .filter(s -> sensors.isEmpty() || sensors.stream().anyMatch(name -> is(s, name)))
            .sorted(Comparator.comparingInt(Series::id))
            .toList();
    if (found.isEmpty() && !sensors.isEmpty()) {
      throw Problem.invalid(
          "sensor",
          Text.of("series.sensor_unknown", DispositivoLimits.shown(String.join(",", sensors))));
    }
    return found;
  }

  private Stream<Series> all(Principal who) {
    return Visibility.seesAll(who)
        ? catalogue.listAll().stream()
        : visibility.list(who).stream().flatMap(device -> catalogue.listOf(device.id()).stream());
  }

  /// Whether a request names any.
  boolean isNarrow(Request request) {
    return Stream.of("series", "dispositivo", "sensor")
        .anyMatch(name -> !names(request, name).isEmpty());
  }

  /// The series of a number in the path, to look at.
  Series require(Request request) {
    long id = request.pathId("id");
    return find(id)
        .filter(series -> visibility.sees(request.principal(), series.deviceId()))
        .orElseThrow(() -> Problem.notFound(Text.of("series.unknown", Long.toString(id))));
  }

  /// The series of a number in the path, whose readings are to change.
  Series requireChangeable(Request request, Permission permission) {
    long id = request.pathId("id");
    Series series =
        find(id).orElseThrow(() -> Problem.notFound(Text.of("series.unknown", Long.toString(id))));
    visibility.change(request.principal(), series.deviceId(), permission);
    return series;
  }

  /// Lets pass whoever may change the readings of a series; one of a deleted device is nobody's.
  void requireChangeable(Request request, int seriesId, Permission permission) {
    Series series =
        catalogue.findById(seriesId).orElseThrow(() -> Problem.notFound(Text.of("http.not_found")));
    visibility.change(request.principal(), series.deviceId(), permission);
  }

  private static boolean is(Series series, String name) {
    return series.key().equals(name) || Long.toString(series.sensorId()).equals(name);
  }

  private Device device(Principal who, String name) {
    return devices
        .findBySerial(name)
        .or(() -> number(name).flatMap(devices::findById))
        .filter(visibility.of(who))
        .orElseThrow(
            () ->
                Problem.invalid(
                    "dispositivo", Text.of("live.device_unknown", DispositivoLimits.shown(name))));
  }

  private Series series(Principal who, String name) {
    return number(name)
        .flatMap(this::find)
        .filter(series -> visibility.sees(who, series.deviceId()))
        .orElseThrow(
            () ->
                Problem.invalid(
                    "series", Text.of("series.unknown", DispositivoLimits.shown(name))));
  }

  private Optional<Series> find(long id) {
    return id == (int) id ? catalogue.findById((int) id) : Optional.empty();
  }

  private static Optional<Long> number(String text) {
    try {
      return Optional.of(Long.parseLong(text));
    } catch (NumberFormatException _) {
      return Optional.empty();
    }
  }

  /// The values of a parameter that may be repeated and may have commas.
  static List<String> names(Request request, String parameter) {
    List<String> names = new ArrayList<>();
    for (String value : request.context().queryParam(parameter)) {
      Arrays.stream(value.split(",", NAMES + 1))
          .map(String::strip)
          .filter(name -> !name.isEmpty())
          .forEach(names::add);
    }
    if (names.size() > NAMES) {
      throw Problem.invalid(parameter, Text.of("series.too_many", Integer.toString(NAMES)));
    }
    return names;
  }
}
