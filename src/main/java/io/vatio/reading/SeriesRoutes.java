package io.vatio.reading;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.device.Device;
import io.vatio.device.DispositivoLimits;
import io.vatio.kernel.Micros;
import io.vatio.kernel.Permission;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.http.Access;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.http.Paging;
import io.vatio.platform.http.Reply;
import io.vatio.platform.http.Request;
import io.vatio.platform.json.Json;
import io.vatio.sensor.Series;
import io.vertx.core.http.HttpMethod;
import java.time.Clock;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// `/api/series/`: readings added up in any intervals, the list of series, and what today adds up
/// to for all of them.
final class SeriesRoutes {
  private static final int MOST_SERIES = 100;

  /// Cells of one answer: some ten megabytes of JSON.
  private static final long MOST_CELLS = 1_000_000;

  private static final int MOST_FUNCTIONS = 30;

  private final SeriesSelection selection;
  private final Buckets buckets;
  private final ReadingStore readings;
  private final ZoneId zone;
  private final Clock clock;

  SeriesRoutes(
      SeriesSelection selection, Buckets buckets, ReadingStore readings, ZoneId zone, Clock clock) {
    this.selection = selection;
    this.buckets = buckets;
    this.readings = readings;
    this.zone = zone;
    this.clock = clock;
  }

  void addTo(HttpApi api) {
    Access viewer = Access.holder(Permission.VIEW_READINGS);
    api.route(HttpMethod.GET, "/api/series", viewer, this::query);
    api.route(HttpMethod.GET, "/api/series/catalogo", viewer, this::catalogue);
    api.route(HttpMethod.GET, "/api/series/hoy", viewer, this::today);
  }

  private Reply query(Request request) {
    SeriesWindow window = SeriesWindow.of(request, zone, clock.instant());
    List<SeriesFunction> functions = functions(request);
    if (!selection.isNarrow(request)) {
      throw Problem.invalid("series", Text.of("series.selection_missing"));
    }
    List<Series> wanted = selection.of(request);
    if (wanted.size() > MOST_SERIES) {
      throw Problem.invalid("series", Text.of("series.too_many", Integer.toString(MOST_SERIES)));
    }
    return Reply.ok(
        window.interval() == null
            ? raw(wanted, window)
            : bucketed(wanted, functions, window, window.interval()));
  }

  static List<SeriesFunction> functions(Request request) {
    List<String> codes = SeriesSelection.names(request, "funciones");
    if (codes.size() > MOST_FUNCTIONS) {
      throw Problem.invalid(
          "funciones", Text.of("series.too_many", Integer.toString(MOST_FUNCTIONS)));
    }
    return (codes.isEmpty() ? SeriesFunction.USUAL : codes)
        .stream()
            .distinct()
            .map(
                code ->
                    SeriesFunction.findByCode(code)
                        .orElseThrow(
                            () ->
                                Problem.invalid(
                                    "funciones",
                                    Text.of(
                                        "series.function",
                                        DispositivoLimits.shown(code),
                                        String.join(", ", SeriesFunction.codes())))))
            .toList();
  }

  private ObjectNode bucketed(
      List<Series> wanted, List<SeriesFunction> functions, SeriesWindow window, Interval interval) {
    long[] bounds = window.bounds(zone);
    if ((long) wanted.size() * functions.size() * bounds.length > MOST_CELLS) {
      throw Problem.invalid("puntos", Text.of("series.too_large", Long.toString(MOST_CELLS)));
    }
    ObjectNode body = head(bounds[0], bounds[bounds.length - 1], interval.code());
    ArrayNode starts = body.putArray("inicio");
    for (int i = 0; i + 1 < bounds.length; i++) {
      starts.add(Micros.toInstant(bounds[i]).toString());
    }
    ArrayNode list = body.putArray("series");
    for (Series series : wanted) {
      Buckets.Answer answer = buckets.over(series.id(), bounds);
      ObjectNode one = name(list.addObject(), series);
      one.put("fuente", answer.source().code());
      ObjectNode values = one.putObject("valores");
      double[][] percentiles = percentiles(series, functions, bounds);
      int percentile = 0;
      for (SeriesFunction function : functions) {
        ArrayNode column = values.putArray(function.code());
        if (function.isPercentile()) {
          for (double value : percentiles[percentile++]) {
            add(column, value);
          }
        } else {
          fill(column, function, answer.cells(), bounds);
        }
      }
    }
    return body;
  }

  private double[][] percentiles(Series series, List<SeriesFunction> functions, long[] bounds) {
    double[] wanted =
        functions.stream()
            .filter(SeriesFunction::isPercentile)
            .mapToDouble(SeriesFunction::percentile)
            .toArray();
    return wanted.length == 0
        ? new double[0][]
        : BucketsPercentiles.of(readings, series.id(), bounds, wanted);
  }

  private static void fill(
      ArrayNode column, SeriesFunction function, List<Aggregate> cells, long[] bounds) {
    boolean coverage = function.code().equals(SeriesFunction.COVERAGE);
    for (int i = 0; i < cells.size(); i++) {
      if (coverage) {
        column.add(coverage(cells.get(i), bounds[i], bounds[i + 1]));
      } else {
        add(column, function.figure().apply(cells.get(i)));
      }
    }
  }

  /// Part of a bucket for which a value was held, 0 to 1, to the sixth digit.
  static double coverage(Aggregate cell, long from, long to) {
    return Math.rint(1e6 * cell.covered() / (to - from)) / 1e6;
  }

  private static void add(ArrayNode column, @Nullable Number value) {
    switch (value) {
      case null -> column.addNull();
      case Long whole -> column.add(whole);
      // A sum may leave the range of numbers; JSON knows no infinity.
      case Double number when Double.isFinite(number) -> column.add(number);
      default -> column.addNull();
    }
  }

  private ObjectNode raw(List<Series> wanted, SeriesWindow window) {
    // A reading is three cells: time, value, quality.
    if (3L * wanted.size() * window.points() > MOST_CELLS) {
      throw Problem.invalid("puntos", Text.of("series.too_large", Long.toString(MOST_CELLS)));
    }
    ObjectNode body = head(window.from(), window.to(), SeriesWindow.RAW);
    ArrayNode list = body.putArray("series");
    for (Series series : wanted) {
      List<Reading> newest =
          readings.newest(series.id(), window.from(), window.to(), window.points() + 1);
      boolean more = newest.size() > window.points();
      List<Reading> page = more ? newest.subList(0, window.points()) : newest;
      ObjectNode one = name(list.addObject(), series);
      one.put("fuente", Buckets.Source.RAW.code());
      // The page before this one ends where this one begins.
      one.put("anterior", more ? Micros.toInstant(page.getLast().ts()).toString() : null);
      ArrayNode times = one.putArray("timestamp");
      ArrayNode values = one.putArray("valor");
      ArrayNode doubts = one.putArray("calidad");
      for (Reading reading : page.reversed()) {
        times.add(Micros.toInstant(reading.ts()).toString());
        values.add(reading.value());
        ArrayNode codes = doubts.addArray();
        Quality.codes(reading.quality()).forEach(codes::add);
      }
    }
    return body;
  }

  private ObjectNode head(long from, long to, String interval) {
    ObjectNode body = Json.object();
    body.put("desde", Micros.toInstant(from).toString());
    body.put("hasta", Micros.toInstant(to).toString());
    body.put("intervalo", interval);
    body.put("zona", zone.getId());
    return body;
  }

  private ObjectNode name(ObjectNode node, Series series) {
    node.put("id", series.id());
    node.put("dispositivo_id", series.deviceId());
    node.put("serial_number", serial(series));
    node.put("sensor", series.key());
    node.put("unidad", series.unit());
    return node;
  }

  private String serial(Series series) {
    return selection.devices().findById(series.deviceId()).map(Device::serial).orElse("");
  }

  private Reply catalogue(Request request) {
    Paging paging = Paging.of(request);
    Optional<String> search = request.query("search").map(s -> s.toLowerCase(Locale.ROOT));
    boolean count = isCounting(request);
    List<Series> found =
        new ArrayList<>(
            selection.of(request).stream()
                .filter(s -> search.isEmpty() || matches(s, search.get()))
                .toList());
    order(request, found);
    return Reply.ok(
        paging.wrap(found.size(), paging.cut(found).stream().map(s -> entry(s, count)).toList()));
  }

  private static boolean isCounting(Request request) {
    String text = request.query("contar").orElse("false");
    if (!text.equals("true") && !text.equals("false")) {
      throw Problem.invalid("contar", Text.of("http.not_a_choice", DispositivoLimits.shown(text)));
    }
    return text.equals("true");
  }

  private boolean matches(Series series, String text) {
    return series.key().toLowerCase(Locale.ROOT).contains(text)
        || series.sensorName().toLowerCase(Locale.ROOT).contains(text)
        || serial(series).toLowerCase(Locale.ROOT).contains(text);
  }

  private void order(Request request, List<Series> found) {
    String ordering = request.query("ordering").orElse("id");
    boolean down = ordering.startsWith("-");
    Comparator<Series> order =
        switch (down ? ordering.substring(1) : ordering) {
          case "id" -> Comparator.comparingInt(Series::id);
          case "sensor" -> Comparator.comparing(Series::key).thenComparing(Series::id);
          case "unidad" -> Comparator.comparing(Series::unit).thenComparing(Series::id);
          case "dispositivo" -> Comparator.comparing(this::serial).thenComparing(Series::id);
          case "ultima" -> Comparator.comparingLong(this::latestTs).thenComparing(Series::id);
          default ->
              throw Problem.invalid(
                  "ordering", Text.of("http.not_a_choice", DispositivoLimits.shown(ordering)));
        };
    found.sort(down ? order.reversed() : order);
  }

  private long latestTs(Series series) {
    return readings.latest(series.id()).map(Reading::ts).orElse(Long.MIN_VALUE);
  }

  private ObjectNode entry(Series series, boolean count) {
    ObjectNode entry = name(Json.object(), series);
    entry.put("nombre", series.sensorName());
    entry.put("sensor_id", series.sensorId());
    entry.put("minimo", series.min());
    entry.put("maximo", series.max());
    var first = readings.firstTs(series.id());
    entry.put("primera", first.isEmpty() ? null : Micros.toInstant(first.getAsLong()).toString());
    Optional<Reading> latest = readings.latest(series.id());
    entry.put("ultima", latest.map(r -> Micros.toInstant(r.ts()).toString()).orElse(null));
    entry.put("valor", latest.map(Reading::value).orElse(null));
    if (count) {
      entry.put("lecturas", readings.count(series.id(), Long.MIN_VALUE, Long.MAX_VALUE));
    }
    return entry;
  }

  private Reply today(Request request) {
    List<Series> wanted = selection.of(request);
    long now = Micros.of(clock.instant());
    long from = Interval.DAY.floor(now, zone);
    Map<Integer, Aggregate> sums = buckets.today(wanted.stream().map(Series::id).toList());
    ObjectNode body = head(from, now, Interval.DAY.code());
    body.remove("intervalo");
    ArrayNode ids = body.putArray("id");
    ArrayNode serials = body.putArray("serial_number");
    ArrayNode sensors = body.putArray("sensor");
    ArrayNode units = body.putArray("unidad");
    for (Series series : wanted) {
      ids.add(series.id());
      serials.add(serial(series));
      sensors.add(series.key());
      units.add(series.unit());
    }
    ObjectNode values = body.putObject("valores");
    long[] bounds = {from, Math.max(now, from + 1)};
    for (SeriesFunction function : functions(request)) {
      if (function.isPercentile()) {
        throw Problem.invalid(
            "funciones",
            Text.of("series.function", function.code(), String.join(", ", SeriesFunction.codes())));
      }
      ArrayNode column = values.putArray(function.code());
      for (Series series : wanted) {
        fill(column, function, List.of(sums.getOrDefault(series.id(), new Aggregate())), bounds);
      }
    }
    return Reply.ok(body);
  }
}
