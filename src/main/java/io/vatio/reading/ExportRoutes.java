package io.vatio.reading;

import io.vatio.device.Device;
import io.vatio.device.DispositivoLimits;
import io.vatio.kernel.Micros;
import io.vatio.kernel.Permission;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.http.Access;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.http.Request;
import io.vatio.platform.http.StreamReply;
import io.vatio.sensor.Series;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/// `GET /api/exports/readings`: readings, or what they add up to, as one file of any length, series
/// after series. Nothing of it is held in memory but a piece, and nothing in the database waits for
/// a slow reader.
final class ExportRoutes {
  private static final int AT_ONCE = 4;

  /// Buckets that are added up at a time.
  private static final int BLOCK = 2_000;

  private final SeriesSelection selection;
  private final Buckets buckets;
  private final ReadingStore readings;
  private final ZoneId zone;
  private final Clock clock;
  private final Semaphore places = new Semaphore(AT_ONCE);

  ExportRoutes(
      SeriesSelection selection, Buckets buckets, ReadingStore readings, ZoneId zone, Clock clock) {
    this.selection = selection;
    this.buckets = buckets;
    this.readings = readings;
    this.zone = zone;
    this.clock = clock;
  }

  void addTo(HttpApi api) {
    api.routeStream(
        HttpMethod.GET,
        "/api/exports/readings",
        Access.holder(Permission.VIEW_READINGS),
        this::export);
  }

  private void export(Request request) {
    Export export = new Export(request);
    if (!places.tryAcquire()) {
      throw Problem.unavailable(Text.of("export.busy"), Duration.ofSeconds(10));
    }
    StreamReply.send(
        request, export.format.contentType(), export.fileName(), export::write, places::release);
  }

  /// What one request wants.
  private final class Export {
    private final ExportRows.Format format;
    private final char separator;
    private final boolean decimalComma;
    private final List<Series> series;
    private final long from;
    private final long to;
    private final @Nullable Interval interval;
    private final List<SeriesFunction> functions;

    Export(Request request) {
      this.format = format(request);
      this.separator = separator(request);
      this.decimalComma = choice(request, "decimal", "punto", "coma").equals("coma");
      if (decimalComma && separator == ',' && request.query("separador").isPresent()) {
        throw Problem.invalid("decimal", Text.of("export.comma_twice"));
      }
      this.series = selection.of(request);
      Instant now = clock.instant();
      Instant end = request.queryInstant("hasta", zone);
      Instant begin = request.queryInstant("desde", zone);
      this.to = Micros.of(end == null ? now : end);
      this.from = begin == null ? to - Interval.DAY.length() : Micros.of(begin);
      if (from >= to) {
        throw Problem.invalid("desde", Text.of("http.from_after_to"));
      }
      this.interval = interval(request);
      this.functions = SeriesRoutes.functions(request);
      if (functions.stream().anyMatch(SeriesFunction::isPercentile)) {
        throw Problem.invalid("funciones", Text.of("export.no_percentiles"));
      }
    }

    private static ExportRows.Format format(Request request) {
      String code = choice(request, "formato", ExportRows.Format.codes().toArray(String[]::new));
      return Arrays.stream(ExportRows.Format.values())
          .filter(f -> f.code().equals(code))
          .findFirst()
          .orElseThrow();
    }

    private static char separator(Request request) {
      return switch (choice(request, "separador", "coma", "punto_y_coma", "tabulador")) {
        case "punto_y_coma" -> ';';
        case "tabulador" -> '\t';
        default -> ',';
      };
    }

    private static @Nullable Interval interval(Request request) {
      String code = request.query("intervalo").orElse(SeriesWindow.RAW);
      return code.equals(SeriesWindow.RAW)
          ? null
          : Interval.parse(code)
              .orElseThrow(
                  () ->
                      Problem.invalid(
                          "intervalo", Text.of("series.interval", DispositivoLimits.shown(code))));
    }

    /// One of some words; the first when the request names none.
    private static String choice(Request request, String name, String... words) {
      String word = request.query(name).orElse(words[0]);
      if (!List.of(words).contains(word)) {
        throw Problem.invalid(name, Text.of("http.not_a_choice", DispositivoLimits.shown(word)));
      }
      return word;
    }

    String fileName() {
      return "vatio_%s_%s.%s".formatted(day(from), day(to - 1), format.code());
    }

    private String day(long ts) {
      return Micros.toInstant(ts).atZone(zone).toLocalDate().toString().replace("-", "");
    }

    void write(OutputStream out) throws IOException {
      ExportRows rows = rows(out, columns());
      try {
        for (Series one : series) {
          if (interval == null) {
            readings(one, rows);
          } else {
            sums(one, interval, rows);
          }
        }
      } catch (UncheckedIOException e) {
        throw new IOException(e.getCause());
      }
      rows.finish();
    }

    private ExportRows rows(OutputStream out, List<ExportRows.Column> columns) throws IOException {
      return switch (format) {
        case CSV -> new ExportCsv(out, columns, separator, decimalComma);
        case NDJSON -> new ExportNdjson(out, columns);
        case PARQUET -> new ExportParquet(out, columns);
      };
    }

    private List<ExportRows.Column> columns() {
      List<ExportRows.Column> columns = new ArrayList<>();
      boolean raw = interval == null;
      columns.add(new ExportRows.Column(raw ? "timestamp" : "inicio", ExportRows.Kind.TIME));
      if (!raw) {
        columns.add(new ExportRows.Column("fin", ExportRows.Kind.TIME));
      }
      for (String name : List.of("dispositivo", "sensor", "unidad")) {
        columns.add(new ExportRows.Column(name, ExportRows.Kind.TEXT));
      }
      if (raw) {
        columns.add(new ExportRows.Column("valor", ExportRows.Kind.NUMBER));
        columns.add(new ExportRows.Column("calidad", ExportRows.Kind.TEXT));
      } else {
        functions.forEach(
            f ->
                columns.add(
                    new ExportRows.Column(
                        f.code(),
                        f.code().equals("count") || f.code().equals("flagged")
                            ? ExportRows.Kind.WHOLE
                            : ExportRows.Kind.NUMBER)));
      }
      return columns;
    }

    private void readings(Series one, ExportRows rows) {
      String serial = serial(one);
      readings.scan(
          one.id(),
          from,
          to,
          reading -> {
            try {
              rows.row(
                  new @Nullable Object[] {
                    reading.ts(),
                    serial,
                    one.key(),
                    one.unit(),
                    reading.value(),
                    String.join(" ", Quality.codes(reading.quality()))
                  });
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
    }

    private String serial(Series one) {
      return selection.devices().findById(one.deviceId()).map(Device::serial).orElse("");
    }

    private void sums(Series one, Interval step, ExportRows rows) throws IOException {
      String serial = serial(one);
      long at = step.floor(from, zone);
      while (at < to) {
        long[] bounds = block(step, at);
        List<Aggregate> cells = buckets.over(one.id(), bounds).cells();
        for (int i = 0; i < cells.size(); i++) {
          rows.row(cells(one, serial, bounds[i], bounds[i + 1], cells.get(i)));
        }
        at = bounds[bounds.length - 1];
      }
    }

    /// The bounds of the next buckets.
    private long[] block(Interval step, long start) {
      long[] bounds = new long[BLOCK + 1];
      bounds[0] = start;
      int n = 0;
      while (n < BLOCK && bounds[n] < to) {
        bounds[n + 1] = step.next(bounds[n], zone);
        n++;
      }
      return Arrays.copyOf(bounds, n + 1);
    }

    private @Nullable Object[] cells(
        Series one, String serial, long begin, long end, Aggregate sums) {
      @Nullable Object[] row = new @Nullable Object[5 + functions.size()];
      row[0] = begin;
      row[1] = end;
      row[2] = serial;
      row[3] = one.key();
      row[4] = one.unit();
      for (int i = 0; i < functions.size(); i++) {
        SeriesFunction function = functions.get(i);
        row[5 + i] =
            function.code().equals(SeriesFunction.COVERAGE)
                ? (Object) SeriesRoutes.coverage(sums, begin, end)
                : finite(function.figure().apply(sums));
      }
      return row;
    }

    private static @Nullable Object finite(@Nullable Number number) {
      return number instanceof Double d && !Double.isFinite(d) ? null : number;
    }
  }
}
