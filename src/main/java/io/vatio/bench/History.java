package io.vatio.bench;

import io.vatio.bench.LoadLoop.Result;
import io.vatio.protocol.simulator.Account;
import io.vatio.protocol.simulator.DeviceCredential;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Weeks of readings of a thousand sensors, taken in through the front door in minutes while the
/// server seals them and adds them up; then the questions that pages ask of them.
final class History {
  private static final int DEVICES = 50;
  private static final int SENSORS = 20;
  private static final int WINDOW = 20;

  /// Between two readings of a sensor.
  private static final Duration STEP = Duration.ofMinutes(1);

  private static final Duration SLICE = Duration.ofSeconds(20);
  private static final Duration WARM_UP = Duration.ofSeconds(10);
  private static final Duration LAST_SLICE = Duration.ofMillis(500);

  /// Steps that the last slice may go too far; nothing may come from the future.
  private static final int MARGIN = 150;

  private static final int SERIES = DEVICES * SENSORS;
  private static final Duration CATCH_UP = Duration.ofMinutes(5);
  private static final int ASKED = 200;

  private final ServerProcess server;
  private final Account account;
  private final Path data;
  private final Instant end;
  private final long readings;
  private final Consumer<String> progress;
  private final ToLongFunction<String> metric;

  /// @param data folder of the server
  /// @param end time of the newest reading, about
  /// @param readings how many to take in
  /// @param metric the sum of a metric of the server, -1 where it has none
  History(
      ServerProcess server,
      Account account,
      Path data,
      Instant end,
      long readings,
      Consumer<String> progress,
      ToLongFunction<String> metric) {
    this.server = server;
    this.account = account;
    this.data = data;
    this.end = end;
    this.readings = readings;
    this.progress = progress;
    this.metric = metric;
  }

  List<Row> rows(Function<String, DeviceCredential> device) {
    List<Row> rows = new ArrayList<>();
    takeIn(device, rows);
    catchUp(rows);
    ask(rows);
    return rows;
  }

  private Instant begin() {
    return end.minus(STEP.multipliedBy(readings / SERIES + MARGIN));
  }

  private void takeIn(Function<String, DeviceCredential> device, List<Row> rows) {
    long before = metric.applyAsLong(Bench.STORED_COUNTER);
    List<MqttLane> lanes =
        IntStream.range(0, DEVICES)
            .mapToObj(i -> lane(serial(i), device.apply(serial(i))))
            .toList();
    List<Result> slices = new ArrayList<>();
    List<Long> resident = new ArrayList<>();
    long acknowledged = 0;
    try (LoadLoop loop = LoadLoop.connect(server.mqtt(), lanes)) {
      // Until the server has compiled what it does most; it counts, but shows nothing.
      acknowledged = loop.run(Duration.ZERO, WARM_UP, server::cpuNanos).acceptedInAll();
      Duration next = SLICE;
      while (acknowledged * SENSORS < readings) {
        Result slice = loop.run(Duration.ZERO, next, server::cpuNanos);
        slices.add(slice);
        acknowledged = slice.acceptedInAll();
        double left = (readings - acknowledged * SENSORS) / (slice.perSecond() * SENSORS);
        next =
            Duration.ofMillis(
                (long) Math.clamp(left * 400, LAST_SLICE.toMillis(), SLICE.toMillis()));
        server.residentKib().ifPresent(resident::add);
        progress.accept(
            "history: %,d million of %,d"
                .formatted(acknowledged * SENSORS / 1_000_000, readings / 1_000_000));
      }
    }
    long stored = metric.applyAsLong(Bench.STORED_COUNTER) - before;
    rows.add(sustained(slices, acknowledged * SENSORS, stored));
    rows.add(residents(resident));
  }

  private MqttLane lane(String serial, DeviceCredential credential) {
    String sensors =
        IntStream.range(0, SENSORS)
            .mapToObj(i -> "\"s%02d_w\":1%s".formatted(i, TimedBytes.WALK_SLOT))
            .collect(Collectors.joining(","));
    return MqttLane.publishing(
        "history-" + serial,
        credential,
        "iot/sensors/" + serial + "/data",
        "{\"sensors\":{%s},\"timestamp\":\"%s\"}".formatted(sensors, TimedBytes.TIME_SLOT),
        begin(),
        STEP.toMillis(),
        WINDOW);
  }

  private static Row sustained(List<Result> slices, long acknowledged, long stored) {
    double seconds = slices.stream().mapToDouble(s -> s.measured().toNanos() / 1e9).sum();
    double perSecond = slices.stream().mapToLong(Result::accepted).sum() * SENSORS / seconds;
    double slowest =
        slices.stream()
            .filter(s -> s.measured().compareTo(SLICE.dividedBy(2)) > 0)
            .mapToDouble(s -> s.perSecond() * SENSORS)
            .min()
            .orElse(0);
    double firstP99 = p99(slices.getFirst());
    double worstP99 = slices.stream().mapToDouble(History::p99).max().orElse(0);
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("readings_per_s", Math.round(perSecond));
    values.put("seconds", Math.round(seconds));
    values.put("slowest_slice_per_s", Math.round(slowest));
    values.put("first_p99_ms", firstP99);
    values.put("worst_p99_ms", worstP99);
    values.put("acknowledged", acknowledged);
    values.put("readings_stored", stored);
    return new Row(
        "sustained: %d connections x %d readings a message".formatted(DEVICES, SENSORS),
        "%,d readings/s".formatted(Math.round(perSecond)).replace(',', ' '),
        slices.getLast().latencies(),
        slices.getLast().serverCpu(),
        slices.getLast().loadCpu(),
        String.format(
            Locale.ROOT,
            "%.0f s with sealing and roll-ups; slowest 20 s %,d/s; p99 of the first 20 s %.1f ms, of the worst %.1f; acknowledged %,d, stored %,d",
            seconds,
            Math.round(slowest),
            firstP99,
            worstP99,
            acknowledged,
            stored),
        values);
  }

  private static double p99(Result slice) {
    return Math.round(slice.latencies().percentileNanos(0.99) / 1e5) / 10.0;
  }

  private static Row residents(List<Long> kib) {
    if (kib.isEmpty()) {
      return Row.of("sustained: RSS", "unknown", "this system does not tell", Map.of());
    }
    long most = kib.stream().mapToLong(Long::longValue).max().orElse(0) >> 10;
    return Row.of(
        "sustained: RSS",
        most + " MiB",
        "the most, looked at every 20 s: "
            + kib.stream().map(k -> Long.toString(k >> 10)).collect(Collectors.joining(" ")),
        Map.of("mib", most));
  }

  /// Waits until everything is added up, and says how large the files are.
  private void catchUp(List<Row> rows) {
    long from = System.nanoTime();
    long limit = from + CATCH_UP.toNanos();
    while (metric.applyAsLong("vatio_rollup_behind") > 2 * SERIES && System.nanoTime() < limit) {
      server.idle(Duration.ofSeconds(1));
    }
    double seconds = (System.nanoTime() - from) / 1e9;
    OptionalLong bytes = size();
    String behind = String.format(Locale.ROOT, "%.0f s", seconds);
    rows.add(
        Row.of(
            "sustained: roll-ups complete after",
            behind,
            "hours and days of everything taken in",
            Map.of("s", Math.round(seconds))));
    if (bytes.isPresent()) {
      double each = bytes.getAsLong() / (double) readings;
      rows.add(
          Row.of(
              "sustained: bytes on the disk per reading",
              String.format(Locale.ROOT, "%.1f", each),
              "all files of the data folder, with roll-ups, indexes, log and what is not sealed yet",
              Map.of("bytes", Math.round(each * 10) / 10.0)));
    }
  }

  /// Bytes of the data folder; empty where the readings are elsewhere.
  private OptionalLong size() {
    if (!Files.exists(data.resolve("vatio.db"))) {
      return OptionalLong.empty();
    }
    try (Stream<Path> files = Files.walk(data)) {
      long bytes = 0;
      for (Path file : files.toList()) {
        bytes += Files.isRegularFile(file) ? Files.size(file) : 0;
      }
      return OptionalLong.of(bytes);
    } catch (IOException _) {
      return OptionalLong.empty();
    }
  }

  private void ask(List<Row> rows) {
    long million = readings / 1_000_000;
    Instant begin = begin();
    ask(
        rows,
        "query: last 100 of one sensor",
        million,
        i -> "/api/series/?%s&intervalo=crudo&puntos=100&desde=%s".formatted(sensor(i), begin));
    ask(
        rows,
        "query: one day of one sensor, raw (1 440)",
        million,
        i ->
            "/api/series/?%s&intervalo=crudo&puntos=1500&desde=%s&hasta=%s"
                .formatted(sensor(i), day(begin, i), day(begin, i).plus(Duration.ofDays(1))));
    ask(
        rows,
        "query: 30 days of one sensor by hour",
        million,
        i ->
            "/api/series/?%s&intervalo=1h&desde=%s&hasta=%s"
                .formatted(sensor(i), end.minus(Duration.ofDays(30)), end));
    ask(
        rows,
        "query: 30 days of one sensor, p95 by day",
        million,
        i ->
            "/api/series/?%s&intervalo=1d&funciones=p95&desde=%s&hasta=%s"
                .formatted(sensor(i), end.minus(Duration.ofDays(30)), end));
    ask(rows, "query: today of all %d sensors".formatted(SERIES), million, _ -> "/api/series/hoy/");
    ask(
        rows,
        "query: a page of 50 sensors with count and last value",
        million,
        i -> "/api/series/catalogo/?contar=true&page=" + (1 + i % 20));
  }

  private Instant day(Instant begin, int i) {
    long days = Math.max(1, Duration.between(begin, end).toDays() - 1);
    return begin.plus(Duration.ofDays(i % days));
  }

  private static String sensor(int i) {
    return "dispositivo=%s&sensor=s%02d_w".formatted(serial(i * 7 % DEVICES), i * 3 % SENSORS);
  }

  private void ask(List<Row> rows, String name, long million, IntFunction<String> path) {
    LatencyHistogram latencies = new LatencyHistogram();
    @Nullable BenchFailure failure = null;
    try {
      for (int i = 0; i < ASKED / 10; i++) {
        account.read(path.apply(i));
      }
      for (int i = 0; i < ASKED; i++) {
        long from = System.nanoTime();
        account.read(path.apply(i));
        latencies.record(System.nanoTime() - from);
      }
    } catch (RuntimeException e) {
      failure = new BenchFailure(name + ": " + e.getMessage(), e);
    }
    if (failure != null) {
      rows.add(Row.failed(name, failure));
      return;
    }
    double p95 = Math.round(latencies.percentileNanos(0.95) / 1e4) / 100.0;
    rows.add(
        new Row(
            name,
            "p95 %.2f ms".formatted(p95),
            latencies,
            -1,
            -1,
            "%d questions over HTTP, one after the other, at %d million readings"
                .formatted(ASKED, million),
            Map.of("p95_ms", p95, "readings_million", million)));
  }

  private static String serial(int i) {
    return "HIST-%02d".formatted(i);
  }
}
